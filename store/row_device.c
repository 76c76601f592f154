/* SPDX-License-Identifier: Apache-2.0 */
#include "store/row_device.h"

#include <string.h>

#include "base/siphash.h"
#include "store/contest.h"
#include "store/device_record.h"
#include "store/store_change.h"

/* The hash itself goes when the device is registered; who it was must still be known then. */
static void
digest(const uint8_t key[16], struct slice hash, char out[ROW_DIGEST_BYTES])
{
	uint8_t half_key[16];
	uint64_t half;

	memcpy(half_key, key, sizeof half_key);
	for (size_t at = 0; at < ROW_DIGEST_BYTES; at += sizeof half) {
		half_key[0] ^= (uint8_t)at;
		half = siphash(half_key, hash.ptr, hash.len);
		memcpy(out + at, &half, sizeof half);
	}
}

enum err_code
row_device_identify(struct store *s, int64_t customer, struct slice tag, const struct store_row *r,
    struct row_device *out, struct err *err)
{
	struct intern_make make;

	if (intern_lane(&s->intern, &s->db, customer, r->tag.len ? r->tag : tag, r->order,
	        &out->lane, err) ||
	    intern_make(&s->intern, &s->db, r->manufacturer, r->model, r->family, &make, err))
		return err->code;
	out->make = make.id;
	out->key = (struct identity_key){ .customer = customer, .kind = IDENTITY_NONE };
	if (r->serial.len) {
		out->key.kind = IDENTITY_SERIAL;
		out->key.serial = r->serial;
		out->key.maker = make.maker;
	} else if (r->product_id.len) {
		out->key.kind = IDENTITY_PRODUCT_ID;
		out->key.other = r->product_id;
	} else if (r->hash_len) {
		digest(s->digest_key, r->hash, out->digest);
		out->key.kind = IDENTITY_HASH;
		out->key.other = (struct slice){ out->digest, sizeof out->digest };
	}
	return ERR_OK;
}

enum err_code
row_device_find(struct store *s, struct row_device *who, struct row_found *out, struct err *err)
{
	struct identity_match *m = &who->match;
	bool row = false;
	struct sql q = { 0 };
	enum err_code rc;

	*out = (struct row_found){ 0 };
	if ((rc = identity_find(&s->identity, &s->db, &who->key, m, err)) || m->device == 0 ||
	    (rc = sql_start(&q, &s->db,
	         "SELECT batch, list, line, lane, state FROM device WHERE id = ?",
	         SQL_VALUES(SQL_INT(m->device)), err)) ||
	    (rc = sql_next(&q, &row, err)) || !row)
		goto out;
	*out = (struct row_found){
		.id = m->device,
		.batch = sql_int(&q, 0),
		.list = sql_int(&q, 1),
		.line = (uint64_t)sql_int(&q, 2),
		.at = { sql_int(&q, 3), (enum device_state)sql_int(&q, 4) },
	};
out:
	sql_end(&q);
	return rc;
}

enum err_code
row_device_make(struct store *s, int64_t list, const struct row_device *who,
    const struct store_row *r, int64_t *id, struct err *err)
{
	const struct identity_key *key = &who->key;
	struct sql_db *db = &s->db;

	if (sql_run(db,
	        "INSERT INTO device (customer, lane, maker, make, state, list, line, updated, serial,"
	        " product_id, other) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	        SQL_VALUES(SQL_INT(key->customer), SQL_INT(who->lane), SQL_INT(key->maker),
	            SQL_INT(who->make), SQL_INT(DEVICE_QUEUED), SQL_INT(list), SQL_INT(r->line),
	            SQL_INT(store_now(s)), SQL_TEXT(r->serial), SQL_TEXT(r->product_id),
	            identity_other(key)),
	        err))
		return err->code;
	*id = sql_inserted_id(db);
	if (r->hash_len && device_record_set_hash(s, *id, r->hash, r->hash_len, err))
		return err->code;
	if (contest_note(s, key, &who->match, *id, err))
		return err->code;
	return identity_add(&s->identity, db, key, *id, err);
}

enum err_code
row_device_has_hash(struct store *s, int64_t device, const struct store_row *r, bool *out,
    struct err *err)
{
	int64_t one;

	return sql_find_int(&s->db,
	    "SELECT 1 FROM payload WHERE device = ? AND length = ? AND hash = ?",
	    SQL_VALUES(SQL_INT(device), SQL_INT(r->hash_len), SQL_BLOB(r->hash)), out, &one, err);
}

enum err_code
row_device_overwrite(struct store *s, const struct row_device *who, const struct store_row *r,
    int64_t device, struct err *err)
{
	bool same_hash;

	if (row_device_has_hash(s, device, r, &same_hash, err) ||
	    sql_run(&s->db, "UPDATE device SET lane = ?, make = ?, product_id = ? WHERE id = ?",
	        SQL_VALUES(SQL_INT(who->lane), SQL_INT(who->make), SQL_TEXT(r->product_id),
	            SQL_INT(device)),
	        err))
		return err->code;
	if (same_hash)
		return ERR_OK;
	return device_record_set_hash(s, device, r->hash, r->hash_len, err);
}
