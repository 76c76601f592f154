/* SPDX-License-Identifier: Apache-2.0 */
#include "store/identity.h"

#include <stdlib.h>
#include <string.h>

#include "base/siphash.h"
#include "store/sql.h"

enum { IDENTITY_TEXT_MAX = 2 * SQL_VALUE_MAX + 64 };

void
identity_init(struct identity *in, const uint8_t seed[16])
{
	memcpy(in->seed, seed, sizeof in->seed);
	buf_init(&in->text, IDENTITY_TEXT_MAX);
}

void
identity_forget(struct identity *in)
{
	free(in->fresh);
	in->fresh = NULL;
	in->nfresh = 0;
}

void
identity_done(struct identity *in)
{
	identity_forget(in);
	buf_done(&in->text);
}

/* --- fingerprints --- */

static void
add_folded(struct buf *out, struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		buf_add_char(out, c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c);
	}
}

static uint64_t
print_of(const struct identity *in, uint8_t which)
{
	uint8_t seed[sizeof in->seed];

	memcpy(seed, in->seed, sizeof seed);
	seed[0] ^= which;
	return siphash(seed, in->text.ptr, in->text.len);
}

static enum err_code
take_print(struct identity *in, const struct sql_db *db, struct identity_key *key, struct err *err)
{
	uint64_t rest[] = { (uint64_t)key->customer, (uint64_t)key->maker, key->kind,
		key->serial.len };

	buf_reset(&in->text);
	add_folded(&in->text, key->serial);
	key->print.serial = print_of(in, 1);
	buf_add_slice(&in->text, key->other);
	buf_add(&in->text, rest, sizeof rest);
	key->print.rest = (uint32_t)(print_of(in, 2) >> 33);
	if (in->text.failed)
		return err_set(err, in->text.failed, "%s: no room for a serial number", db->path);
	return ERR_OK;
}

enum err_code
identity_serial_print(struct identity *in, const struct sql_db *db, struct slice serial,
    int64_t *print, struct err *err)
{
	struct identity_key key = { .serial = serial };

	if (take_print(in, db, &key, err))
		return err->code;
	*print = (int64_t)key.print.serial;
	return ERR_OK;
}

static bool
is_same(struct identity_print a, struct identity_print b)
{
	return a.serial == b.serial && a.rest == b.rest;
}

/* Its place, or the free one where it belongs. */
static struct identity_fresh *
place_of(const struct identity *in, struct identity_print print)
{
	size_t at = (print.serial ^ print.rest) % IDENTITY_PLACES;

	while (in->fresh[at].used && !is_same(in->fresh[at].print, print))
		at = (at + 1) % IDENTITY_PLACES;
	return &in->fresh[at];
}

static void
remember(struct identity *in, struct identity_print print, int64_t device)
{
	*place_of(in, print) = (struct identity_fresh){ print, true, device };
	in->nfresh++;
}

/* --- into the index --- */

/* In the order of the index, whose numbers have a sign; those that are gone at the end. */
static int
compare(const void *a, const void *b)
{
	const struct identity_fresh *x = a;
	const struct identity_fresh *y = b;
	int64_t xs = (int64_t)x->print.serial;
	int64_t ys = (int64_t)y->print.serial;

	if (!x->device || !y->device)
		return !x->device - !y->device;
	return (xs > ys) - (xs < ys);
}

static enum err_code
write_all(struct identity *in, struct sql_db *db, struct err *err)
{
	qsort(in->fresh, IDENTITY_PLACES, sizeof in->fresh[0], compare);
	for (size_t i = 0; in->fresh[i].device; i++) {
		const struct identity_fresh *f = &in->fresh[i];

		if (sql_run(db,
		        "INSERT INTO identity (serial_print, print, device) VALUES (?, ?, ?)",
		        SQL_VALUES(SQL_INT(f->print.serial), SQL_INT(f->print.rest),
		            SQL_INT(f->device)),
		        err))
			return err->code;
	}
	return sql_run(db,
	    "UPDATE meta SET value = (SELECT max(id) FROM device) WHERE name = 'merged'",
	    SQL_NOTHING, err);
}

static enum err_code
merge(struct identity *in, struct sql_db *db, struct err *err)
{
	if (write_all(in, db, err)) {
		identity_forget(in);
		return err->code;
	}
	memset(in->fresh, 0, IDENTITY_PLACES * sizeof in->fresh[0]);
	in->nfresh = 0;
	return ERR_OK;
}

/* --- back from the devices --- */

#define KEY_COLUMNS "id, serial, customer, maker, other, typeof(other)"

static struct identity_key
key_of_row(const struct sql *q)
{
	struct identity_key key = {
		.serial = sql_bytes(q, 1),
		.customer = sql_int(q, 2),
		.maker = sql_int(q, 3),
		.kind = IDENTITY_SERIAL,
	};

	if (slice_eq(sql_bytes(q, 5), slice_of("text")))
		key.kind = IDENTITY_PRODUCT_ID;
	else if (slice_eq(sql_bytes(q, 5), slice_of("blob")))
		key.kind = IDENTITY_HASH;
	if (key.kind != IDENTITY_SERIAL)
		key.other = sql_bytes(q, 4);
	return key;
}

static enum err_code
remember_all(struct identity *in, struct sql_db *db, struct err *err)
{
	bool row = true;
	struct sql q;
	enum err_code rc;

	rc = sql_start(&q, db,
	    "SELECT " KEY_COLUMNS " FROM device WHERE other IS NOT NULL"
	    " AND id > (SELECT value FROM meta WHERE name = 'merged') ORDER BY id",
	    SQL_NOTHING, err);
	while (rc == ERR_OK && (rc = sql_next(&q, &row, err)) == ERR_OK && row) {
		struct identity_key key = key_of_row(&q);

		if (in->nfresh == IDENTITY_FRESH_MAX) /* the one that filled it has merged it */
			rc = err_set(err, ERR_FORMAT,
			    "%s is damaged: it has devices out of its index", db->path);
		else if ((rc = take_print(in, db, &key, err)) == ERR_OK)
			remember(in, key.print, sql_int(&q, 0));
	}
	sql_end(&q);
	return rc;
}

static enum err_code
read_back(struct identity *in, struct sql_db *db, struct err *err)
{
	if (in->fresh)
		return ERR_OK;
	in->fresh = calloc(IDENTITY_PLACES, sizeof in->fresh[0]);
	if (!in->fresh)
		return err_set(err, ERR_NOMEM, "%s: out of memory", db->path);
	if (remember_all(in, db, err)) {
		identity_forget(in);
		return err->code;
	}
	return ERR_OK;
}

/* --- for those who make devices --- */

struct sql_value
identity_other(const struct identity_key *key)
{
	switch (key->kind) {
	case IDENTITY_SERIAL:
		return SQL_INT(0);
	case IDENTITY_PRODUCT_ID:
		return SQL_TEXT(key->other);
	case IDENTITY_HASH:
		return SQL_BLOB(key->other);
	case IDENTITY_NONE:
		break;
	}
	return SQL_NULL;
}

static enum err_code
look_up(struct identity *in, struct sql_db *db, struct identity_print print, int64_t *device,
    struct err *err)
{
	bool found;

	*device = place_of(in, print)->device;
	if (*device)
		return ERR_OK;
	return sql_find_int(db, "SELECT device FROM identity WHERE serial_print = ? AND print = ?",
	    SQL_VALUES(SQL_INT(print.serial), SQL_INT(print.rest)), &found, device, err);
}

enum err_code
identity_find(struct identity *in, struct sql_db *db, struct identity_key *key, int64_t *device,
    struct err *err)
{
	int64_t known = 0;

	if (key->kind != IDENTITY_NONE &&
	    (read_back(in, db, err) || take_print(in, db, key, err) ||
	        look_up(in, db, key->print, &known, err)))
		return err->code;
	*device = known;
	return ERR_OK;
}

enum err_code
identity_add(struct identity *in, struct sql_db *db, const struct identity_key *key, int64_t device,
    struct err *err)
{
	if (key->kind == IDENTITY_NONE)
		return ERR_OK;
	remember(in, key->print, device);
	return in->nfresh < IDENTITY_FRESH_MAX ? ERR_OK : merge(in, db, err);
}

/* --- for those who delete them --- */

static enum err_code
remove_key(struct identity *in, struct sql_db *db, struct identity_key *key, struct err *err)
{
	struct identity_fresh *f;

	if (read_back(in, db, err) || take_print(in, db, key, err))
		return err->code;
	f = place_of(in, key->print);
	if (f->device) {
		f->device = 0;
		return ERR_OK;
	}
	return sql_run(db, "DELETE FROM identity WHERE serial_print = ? AND print = ?",
	    SQL_VALUES(SQL_INT(key->print.serial), SQL_INT(key->print.rest)), err);
}

static enum err_code
remove_keys(struct identity *in, struct sql_db *db, int64_t first, int64_t last, struct err *err)
{
	bool row = true;
	struct sql q;
	enum err_code rc;

	rc = sql_start(&q, db,
	    "SELECT " KEY_COLUMNS " FROM device WHERE id BETWEEN ? AND ? AND other IS NOT NULL",
	    SQL_VALUES(SQL_INT(first), SQL_INT(last)), err);
	while (rc == ERR_OK && (rc = sql_next(&q, &row, err)) == ERR_OK && row) {
		struct identity_key key = key_of_row(&q);

		rc = remove_key(in, db, &key, err);
	}
	sql_end(&q);
	return rc;
}

enum err_code
identity_remove(struct identity *in, struct sql_db *db, int64_t first, int64_t last,
    struct err *err)
{
	if (remove_keys(in, db, first, last, err))
		return err->code;
	/* The highest ids are given out again: who has them then is not in the index. */
	return sql_run(db,
	    "UPDATE meta SET value = min(value, (SELECT ifnull(max(id), 0) FROM device"
	    " WHERE id NOT BETWEEN ?1 AND ?2)) WHERE name = 'merged' AND value >= ?1",
	    SQL_VALUES(SQL_INT(first), SQL_INT(last)), err);
}
