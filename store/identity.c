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
	free(in->filter);
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

/* Where to begin. Devices of one serial number are few, those without one may be many. */
static size_t
home_of(const struct identity_key *key)
{
	return key->serial.len ? (size_t)key->print.serial : (size_t)key->print.rest;
}

/* The next place of the same serial number from *at on, or the free one behind those. */
static struct identity_fresh *
next_place(const struct identity *in, uint64_t serial, size_t *at)
{
	struct identity_fresh *f;

	do
		f = &in->fresh[(*at)++ % IDENTITY_PLACES];
	while (f->used && f->serial != serial);
	return f;
}

/* Its place, or the free one where it belongs. */
static struct identity_fresh *
place_of(const struct identity *in, const struct identity_key *key)
{
	size_t at = home_of(key);
	struct identity_fresh *f;

	do
		f = next_place(in, key->print.serial, &at);
	while (f->used && f->rest != key->print.rest);
	return f;
}

static void
remember(struct identity *in, const struct identity_key *key, int64_t device)
{
	*place_of(in, key) =
	    (struct identity_fresh){ key->print.serial, key->print.rest, true, device };
	in->nfresh++;
}

/* --- what the index may have --- */

static uint64_t *
filter_word(const struct identity *in, uint64_t serial, uint64_t *bit)
{
	*bit = UINT64_C(1) << serial % 64;
	return &in->filter[serial / 64 % (IDENTITY_FILTER_BITS / 64)];
}

static void
filter_add(struct identity *in, uint64_t serial)
{
	uint64_t bit;
	uint64_t *word = filter_word(in, serial, &bit);

	*word |= bit;
}

static bool
filter_has(const struct identity *in, uint64_t serial)
{
	uint64_t bit;

	return *filter_word(in, serial, &bit) & bit;
}

/* --- into the index --- */

/* In the order of the index, whose numbers have a sign. */
static int
compare(const void *a, const void *b)
{
	int64_t x = (int64_t)((const struct identity_fresh *)a)->serial;
	int64_t y = (int64_t)((const struct identity_fresh *)b)->serial;

	return (x > y) - (x < y);
}

/* Those that are there still, in front. */
static size_t
gather(struct identity *in)
{
	size_t n = 0;

	for (size_t i = 0; i < IDENTITY_PLACES; i++) {
		if (in->fresh[i].device)
			in->fresh[n++] = in->fresh[i];
	}
	return n;
}

static enum err_code
write_all(struct identity *in, struct sql_db *db, struct err *err)
{
	size_t n = gather(in);

	qsort(in->fresh, n, sizeof in->fresh[0], compare);
	for (size_t i = 0; i < n; i++) {
		const struct identity_fresh *f = &in->fresh[i];

		filter_add(in, f->serial);
		if (sql_run(db,
		        "INSERT INTO identity (serial_print, print, device) VALUES (?, ?, ?)",
		        SQL_VALUES(SQL_INT(f->serial), SQL_INT(f->rest), SQL_INT(f->device)), err))
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

/* --- back from the file --- */

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
			remember(in, &key, sql_int(&q, 0));
	}
	sql_end(&q);
	return rc;
}

static enum err_code
fill_filter(struct identity *in, struct sql_db *db, struct err *err)
{
	bool row = true;
	struct sql q;
	enum err_code rc;

	rc = sql_start(&q, db, "SELECT serial_print FROM identity", SQL_NOTHING, err);
	while (rc == ERR_OK && (rc = sql_next(&q, &row, err)) == ERR_OK && row)
		filter_add(in, (uint64_t)sql_int(&q, 0));
	sql_end(&q);
	return rc;
}

static enum err_code
read_filter_back(struct identity *in, struct sql_db *db, struct err *err)
{
	if (in->filter)
		return ERR_OK;
	in->filter = calloc(IDENTITY_FILTER_BITS / 64, sizeof in->filter[0]);
	if (!in->filter)
		return err_set(err, ERR_NOMEM, "%s: out of memory", db->path);
	if (fill_filter(in, db, err)) {
		free(in->filter);
		in->filter = NULL;
		return err->code;
	}
	return ERR_OK;
}

static enum err_code
read_back(struct identity *in, struct sql_db *db, struct err *err)
{
	if (in->fresh)
		return ERR_OK;
	if (read_filter_back(in, db, err))
		return err->code;
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

static void
note(struct identity_match *m, bool is_same, int64_t device)
{
	if (is_same)
		m->device = device;
	else if (m->n < IDENTITY_NAMESAKES_MAX)
		m->namesake[m->n++] = device;
}

static void
look_among_fresh(const struct identity *in, const struct identity_key *key,
    struct identity_match *m)
{
	size_t at = home_of(key);
	const struct identity_fresh *f;

	while ((f = next_place(in, key->print.serial, &at))->used) {
		if (f->device)
			note(m, f->rest == key->print.rest, f->device);
	}
}

/* The few entries of a serial number stand side by side. */
static enum err_code
look_into_index(struct sql_db *db, const struct identity_key *key, struct identity_match *m,
    struct err *err)
{
	const struct sql_value print[] = { SQL_INT(key->print.serial), SQL_INT(key->print.rest) };
	bool row = true;
	struct sql q;
	enum err_code rc;

	rc = sql_start(&q, db,
	    key->serial.len
	        ? "SELECT print, device FROM identity WHERE serial_print = ?"
	        : "SELECT print, device FROM identity WHERE serial_print = ? AND print = ?",
	    (struct sql_values){ print, key->serial.len ? 1 : 2 }, err);
	while (rc == ERR_OK && (rc = sql_next(&q, &row, err)) == ERR_OK && row)
		note(m, sql_int(&q, 0) == key->print.rest, sql_int(&q, 1));
	sql_end(&q);
	return rc;
}

enum err_code
identity_find(struct identity *in, struct sql_db *db, struct identity_key *key,
    struct identity_match *out, struct err *err)
{
	struct identity_match m = { .device = 0 };

	if (key->kind != IDENTITY_NONE) {
		if (read_back(in, db, err) || take_print(in, db, key, err))
			return err->code;
		look_among_fresh(in, key, &m);
		if (m.device == 0 && filter_has(in, key->print.serial) &&
		    look_into_index(db, key, &m, err))
			return err->code;
	}
	*out = m;
	return ERR_OK;
}

enum err_code
identity_add(struct identity *in, struct sql_db *db, const struct identity_key *key, int64_t device,
    struct err *err)
{
	if (key->kind == IDENTITY_NONE)
		return ERR_OK;
	remember(in, key, device);
	return in->nfresh < IDENTITY_FRESH_MAX ? ERR_OK : merge(in, db, err);
}

/* --- for those who delete them --- */

static enum err_code
remove_key(struct identity *in, struct sql_db *db, struct identity_key *key, struct err *err)
{
	struct identity_fresh *f;

	if (read_back(in, db, err) || take_print(in, db, key, err))
		return err->code;
	f = place_of(in, key);
	if (f->device) {
		f->device = 0;
		return ERR_OK;
	}
	return sql_run(db, "DELETE FROM identity WHERE serial_print = ? AND print = ?",
	    SQL_VALUES(SQL_INT(key->print.serial), SQL_INT(key->print.rest)), err);
}

/* A device without a key is not in the index. */
static enum err_code
remove_key_of(struct identity *in, struct sql_db *db, int64_t device, struct err *err)
{
	bool row = false;
	struct sql q;
	enum err_code rc;

	if ((rc = sql_start(&q, db,
	         "SELECT " KEY_COLUMNS " FROM device WHERE id = ? AND other IS NOT NULL",
	         SQL_VALUES(SQL_INT(device)), err)) == ERR_OK &&
	    (rc = sql_next(&q, &row, err)) == ERR_OK && row) {
		struct identity_key key = key_of_row(&q);

		rc = remove_key(in, db, &key, err);
	}
	sql_end(&q);
	return rc;
}

enum err_code
identity_remove(struct identity *in, struct sql_db *db, int64_t device, struct err *err)
{
	if (remove_key_of(in, db, device, err))
		return err->code;
	/* The highest ids are given out again: who has them then is not in the index. */
	return sql_run(db,
	    "UPDATE meta SET value = min(value, (SELECT ifnull(max(id), 0) FROM device"
	    " WHERE id <> ?1)) WHERE name = 'merged' AND value >= ?1",
	    SQL_VALUES(SQL_INT(device)), err);
}
