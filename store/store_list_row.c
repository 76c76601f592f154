/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/siphash.h"
#include "store/contest.h"
#include "store/device_record.h"
#include "store/list_line.h"
#include "store/store.h"
#include "store/store_change.h"

enum { DIGEST_BYTES = 16 };

/* Rows on their way into the open list. */
struct adding {
	struct store *s;
	struct open_list list;
	uint64_t last_line; /* the highest that is there: whatever comes behind it is new */
};

/* What a row comes down to. */
struct meant {
	int64_t lane;
	int64_t make;
	struct identity_key key;
	struct identity_match match; /* as of find_device() */
	char digest[DIGEST_BYTES];   /* of the hash, if the key needs it */
};

/* The device as it was before the row. */
struct found {
	int64_t id;    /* 0: it was not there */
	int64_t batch; /* 0: none */
	uint64_t line; /* of the row that made it */
	struct tally_place at;
};

static enum err_code
adding_begin(struct adding *a, struct store *s, int64_t list, struct err *err)
{
	struct list_line last;

	a->s = s;
	if (open_list_find(s, list, &a->list, err) || list_line_last(s, &a->list, &last, err))
		return err->code;
	a->last_line = last.number;
	return ERR_OK;
}

/* --- rows that are devices --- */

/* The hash itself goes when the device is registered; who it was must still be known then. */
static void
digest(const uint8_t key[16], struct slice hash, char out[DIGEST_BYTES])
{
	uint8_t half_key[16];
	uint64_t half;

	memcpy(half_key, key, sizeof half_key);
	for (size_t at = 0; at < DIGEST_BYTES; at += sizeof half) {
		half_key[0] ^= (uint8_t)at;
		half = siphash(half_key, hash.ptr, hash.len);
		memcpy(out + at, &half, sizeof half);
	}
}

static enum err_code
identify(struct adding *a, const struct store_row *r, struct meant *out, struct err *err)
{
	struct store *s = a->s;
	struct intern_make make;

	if (intern_lane(&s->intern, &s->db, a->list.customer, r->tag.len ? r->tag : a->list.tag,
	        &out->lane, err) ||
	    intern_make(&s->intern, &s->db, r->manufacturer, r->model, r->family, &make, err))
		return err->code;
	out->make = make.id;
	out->key = (struct identity_key){ .customer = a->list.customer, .kind = IDENTITY_NONE };
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

static enum err_code
make_device(struct adding *a, const struct store_row *r, const struct meant *who, int64_t *id,
    struct err *err)
{
	struct sql_db *db = &a->s->db;

	if (sql_run(db,
	        "INSERT INTO device (customer, lane, maker, make, state, list, line, updated, serial,"
	        " product_id, other) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	        SQL_VALUES(SQL_INT(a->list.customer), SQL_INT(who->lane), SQL_INT(who->key.maker),
	            SQL_INT(who->make), SQL_INT(DEVICE_QUEUED), SQL_INT(a->list.id),
	            SQL_INT(r->line), SQL_INT(store_now(a->s)), SQL_TEXT(r->serial),
	            SQL_TEXT(r->product_id), identity_other(&who->key)),
	        err))
		return err->code;
	*id = sql_inserted_id(db);
	if (r->hash_len && device_record_set_hash(a->s, *id, r->hash, r->hash_len, err))
		return err->code;
	if (contest_note(a->s, &who->key, &who->match, *id, err))
		return err->code;
	return identity_add(&a->s->identity, db, &who->key, *id, err);
}

static enum err_code
find_device(struct adding *a, struct meant *who, struct found *out, struct err *err)
{
	struct identity_match *m = &who->match;
	bool row = false;
	struct sql q = { 0 };
	enum err_code rc;

	*out = (struct found){ 0 };
	if ((rc = identity_find(&a->s->identity, &a->s->db, &who->key, m, err)) || m->device == 0 ||
	    (rc = sql_start(&q, &a->s->db,
	         "SELECT batch, line, lane, state FROM device WHERE id = ?",
	         SQL_VALUES(SQL_INT(m->device)), err)) ||
	    (rc = sql_next(&q, &row, err)) || !row)
		goto out;
	*out = (struct found){ m->device, sql_int(&q, 0), (uint64_t)sql_int(&q, 1),
		{ sql_int(&q, 2), (enum device_state)sql_int(&q, 3) } };
out:
	sql_end(&q);
	return rc;
}

static enum err_code
has_hash(struct store *s, int64_t device, const struct store_row *r, bool *out, struct err *err)
{
	int64_t one;

	return sql_find_int(&s->db,
	    "SELECT 1 FROM payload WHERE device = ? AND length = ? AND hash = ?",
	    SQL_VALUES(SQL_INT(device), SQL_INT(r->hash_len), SQL_BLOB(r->hash)), out, &one, err);
}

/* Nobody has sent it yet: it becomes what the later row says. */
static enum err_code
correct_own(struct adding *a, const struct store_row *r, const struct meant *who,
    const struct found *f, struct err *err)
{
	const struct tally_place to = { who->lane, f->at.state };
	struct sql_db *db = &a->s->db;
	struct tally *t = &a->s->tally;
	bool same_hash;

	if (has_hash(a->s, f->id, r, &same_hash, err) ||
	    sql_run(db, "UPDATE device SET lane = ?, make = ?, product_id = ? WHERE id = ?",
	        SQL_VALUES(SQL_INT(who->lane), SQL_INT(who->make), SQL_TEXT(r->product_id),
	            SQL_INT(f->id)),
	        err) ||
	    (!same_hash && device_record_set_hash(a->s, f->id, r->hash, r->hash_len, err)) ||
	    tally_add(t, db, TALLY_OPEN, f->at, -1, err) ||
	    tally_add(t, db, TALLY_OPEN, to, 1, err))
		return err->code;
	return tally_move_device(t, db, f->id, a->list.id, f->at, to, err);
}

/*
 * A device that will be queued again, unless it gets through before the list ends. A hash that it
 * has already is not written again: a list that is given once more would be the size of its hashes.
 */
static enum err_code
keep_for_later(struct adding *a, const struct store_row *r, const struct meant *who,
    const struct found *f, struct err *err)
{
	bool same_hash;

	if (has_hash(a->s, f->id, r, &same_hash, err))
		return err->code;
	return sql_run(&a->s->db,
	    "REPLACE INTO again (device, line, lane, make, product_id, length, hash)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?)",
	    SQL_VALUES(SQL_INT(f->id), SQL_INT(r->line), SQL_INT(who->lane), SQL_INT(who->make),
	        SQL_TEXT(r->product_id), SQL_INT(r->hash_len),
	        same_hash ? SQL_NULL : SQL_BLOB(r->hash)),
	    err);
}

static enum err_code
meet_earlier(struct adding *a, const struct store_row *r, const struct meant *who,
    const struct found *f, struct err *err)
{
	if (f->batch &&
	    sql_run(&a->s->db, "INSERT OR IGNORE INTO batch_list (batch, list) VALUES (?, ?)",
	        SQL_VALUES(SQL_INT(f->batch), SQL_INT(a->list.id)), err))
		return err->code;
	if (f->at.state == DEVICE_REGISTERED || f->at.state == DEVICE_READY)
		return ERR_OK;
	return keep_for_later(a, r, who, f, err);
}

static enum err_code
append(struct adding *a, uint64_t line, int64_t device, bool follows, struct tally_place at,
    struct err *err)
{
	if (sql_run(&a->s->db,
	        "INSERT INTO list_row (list, line, device, follows) VALUES (?, ?, ?, ?)",
	        SQL_VALUES(SQL_INT(a->list.id), SQL_INT(line), SQL_INT(device), SQL_INT(follows)),
	        err))
		return err->code;
	return tally_add(&a->s->tally, &a->s->db, a->list.id, at, 1, err);
}

/* The device is there: *at is where it counts from now on. */
static enum err_code
meet(struct adding *a, const struct store_row *r, const struct meant *who, const struct found *f,
    struct tally_place *at, struct err *err)
{
	if (f->id >= a->list.first_device) {
		*at = (struct tally_place){ who->lane, f->at.state };
		return correct_own(a, r, who, f, err);
	}
	*at = f->at;
	return meet_earlier(a, r, who, f, err);
}

/* behind: all lines that are there, so that a device needs no record of its row. */
static enum err_code
add_new_line(struct adding *a, const struct store_row *r, const struct meant *who,
    const struct found *f, bool behind, struct err *err)
{
	struct tally_place at = { who->lane, DEVICE_QUEUED };
	struct tally *t = &a->s->tally;
	struct sql_db *db = &a->s->db;
	int64_t made = 0;

	if (f->id) {
		if (meet(a, r, who, f, &at, err))
			return err->code;
		return append(a, r->line, f->id, true, at, err);
	}
	if (make_device(a, r, who, &made, err) || tally_add(t, db, TALLY_ALL, at, 1, err) ||
	    tally_add(t, db, TALLY_OPEN, at, 1, err))
		return err->code;
	return behind ? tally_add(t, db, a->list.id, at, 1, err)
	              : append(a, r->line, made, false, at, err);
}

/*
 * A list that a crash has cut off is given again from its beginning: most lines then name the
 * device that they have.
 */
static enum err_code
add_known_line(struct adding *a, const struct store_row *r, struct meant *who, struct found *f,
    struct err *err)
{
	bool made = f->id >= a->list.first_device && f->line == r->line;
	struct list_line there;
	struct tally_place at;

	if (!made && list_line_find(a->s, &a->list, r->line, &there, err))
		return err->code;
	if (made || (f->id && f->id == there.device))
		return meet(a, r, who, f, &at, err);
	if (list_line_take_back(a->s, &a->list, &there, err) || find_device(a, who, f, err))
		return err->code;
	return add_new_line(a, r, who, f, false, err);
}

static enum err_code
add_row(struct adding *a, const struct store_row *r, struct err *err)
{
	struct meant who;
	struct found f;

	if (identify(a, r, &who, err) || find_device(a, &who, &f, err))
		return err->code;
	if (r->line <= a->last_line)
		return add_known_line(a, r, &who, &f, err);
	a->last_line = r->line;
	return add_new_line(a, r, &who, &f, true, err);
}

static enum err_code
add_rows(struct store *s, int64_t list, const struct store_row *row, size_t n, struct err *err)
{
	struct adding a;
	enum err_code rc;

	rc = adding_begin(&a, s, list, err);
	for (size_t i = 0; rc == ERR_OK && i < n; i++)
		rc = add_row(&a, &row[i], err);
	open_list_done(&a.list);
	return rc;
}

enum err_code
store_list_add(struct store *s, int64_t list, const struct store_row *row, size_t n,
    struct err *err)
{
	if (store_change_begin(s, err))
		return err->code;
	return store_change_end(s, add_rows(s, list, row, n, err), err);
}

/* --- rows that are none --- */

static enum err_code
refuse_row(struct adding *a, const struct store_refusal *r, struct err *err)
{
	const struct tally_place refused = { 0, DEVICE_REFUSED };
	struct sql_db *db = &a->s->db;
	struct list_line there;

	if (r->line > a->last_line)
		a->last_line = r->line;
	else if (list_line_find(a->s, &a->list, r->line, &there, err) ||
	    list_line_take_back(a->s, &a->list, &there, err))
		return err->code;
	if (sql_run(db,
	        "INSERT INTO list_row (list, line, duplicate, serial, code, message, advice)"
	        " VALUES (?, ?, ?, ?, ?, ?, ?)",
	        SQL_VALUES(SQL_INT(a->list.id), SQL_INT(r->line), SQL_INT(r->duplicate),
	            SQL_TEXT(r->serial), SQL_TEXT(r->code), SQL_TEXT(r->message),
	            SQL_TEXT(r->advice)),
	        err))
		return err->code;
	if (r->duplicate)
		return ERR_OK;
	return tally_add(&a->s->tally, db, a->list.id, refused, 1, err);
}

static enum err_code
refuse_rows(struct store *s, int64_t list, const struct store_refusal *refusal, size_t n,
    struct err *err)
{
	struct adding a;
	enum err_code rc;

	rc = adding_begin(&a, s, list, err);
	for (size_t i = 0; rc == ERR_OK && i < n; i++)
		rc = refuse_row(&a, &refusal[i], err);
	open_list_done(&a.list);
	return rc;
}

enum err_code
store_list_refuse(struct store *s, int64_t list, const struct store_refusal *refusal, size_t n,
    struct err *err)
{
	if (store_change_begin(s, err))
		return err->code;
	return store_change_end(s, refuse_rows(s, list, refusal, n, err), err);
}
