/* SPDX-License-Identifier: Apache-2.0 */
#include "store/intern.h"

#include <string.h>

#include "base/siphash.h"
#include "store/sql.h"

/* What a word is remembered by: two texts, whose border the first byte tells. */
struct key {
	size_t len; /* 0: too long to be remembered */
	char text[INTERN_KEY_MAX];
};

static struct key
key_of(struct slice a, struct slice b)
{
	struct key k = { 0 };

	if (a.len >= INTERN_KEY_MAX - 1 || b.len >= INTERN_KEY_MAX - 1 - a.len)
		return k;
	k.text[0] = (char)a.len;
	if (a.len)
		memcpy(k.text + 1, a.ptr, a.len);
	if (b.len)
		memcpy(k.text + 1 + a.len, b.ptr, b.len);
	k.len = 1 + a.len + b.len;
	return k;
}

/* Nobody gains from words that fall on each other here: the key may be known. */
static struct intern_word *
slot_of(struct intern_word table[INTERN_SLOTS], const struct key *k)
{
	static const uint8_t fixed[16] = { 0 };

	return &table[siphash(fixed, k->text, k->len) % INTERN_SLOTS];
}

static bool
is_known(const struct intern_word *w, const struct key *k)
{
	return w->id && k->len && w->len == k->len && memcmp(w->key, k->text, k->len) == 0;
}

static void
remember(struct intern_word *w, const struct key *k, int64_t group, int64_t id)
{
	if (!k->len)
		return;
	w->id = id;
	w->group = group;
	w->len = k->len;
	w->has_family = false;
	memcpy(w->key, k->text, k->len);
}

/* find and make take the same values; the first column of find is the id. */
static enum err_code
find_or_make(struct sql_db *db, const char *find, const char *make, struct sql_values values,
    int64_t *id, struct err *err)
{
	bool found;

	if (sql_find_int(db, find, values, &found, id, err))
		return err->code;
	if (found)
		return ERR_OK;
	if (sql_run(db, make, values, err))
		return err->code;
	*id = sql_inserted_id(db);
	return ERR_OK;
}

enum err_code
intern_customer(struct sql_db *db, struct slice name, int64_t *id, struct err *err)
{
	return find_or_make(db, "SELECT id FROM customer WHERE name = ?",
	    "INSERT INTO customer (name) VALUES (?)", SQL_VALUES(SQL_TEXT(name)), id, err);
}

enum err_code
intern_lane(struct intern *in, struct sql_db *db, int64_t customer, struct slice tag,
    struct slice order, int64_t *id, struct err *err)
{
	struct key k = key_of(tag, order);
	struct intern_word *w = slot_of(in->lane, &k);

	if (!is_known(w, &k) || w->group != customer) {
		if (find_or_make(db,
		        "SELECT id FROM lane WHERE (customer, tag, purchase_order) = (?, ?, ?)",
		        "INSERT INTO lane (customer, tag, purchase_order) VALUES (?, ?, ?)",
		        SQL_VALUES(SQL_INT(customer), SQL_TEXT(tag), SQL_TEXT(order)), id, err))
			return err->code;
		remember(w, &k, customer, *id);
		return ERR_OK;
	}
	*id = w->id;
	return ERR_OK;
}

static enum err_code
look_up_make(struct sql_db *db, struct slice manufacturer, struct slice model,
    struct intern_make *out, struct err *err)
{
	if (find_or_make(db, "SELECT id FROM maker WHERE name = ?",
	        "INSERT INTO maker (name) VALUES (?)", SQL_VALUES(SQL_TEXT(manufacturer)),
	        &out->maker, err))
		return err->code;
	return find_or_make(db,
	    "SELECT id FROM make WHERE (maker, manufacturer, model) = (?, ?, ?)",
	    "INSERT INTO make (maker, manufacturer, model) VALUES (?, ?, ?)",
	    SQL_VALUES(SQL_INT(out->maker), SQL_TEXT(manufacturer), SQL_TEXT(model)), &out->id,
	    err);
}

static enum err_code
fill_in_family(struct sql_db *db, int64_t make, struct slice family, struct err *err)
{
	return sql_run(db, "UPDATE make SET family = ? WHERE id = ? AND family = ''",
	    SQL_VALUES(SQL_TEXT(family), SQL_INT(make)), err);
}

enum err_code
intern_make(struct intern *in, struct sql_db *db, struct slice manufacturer, struct slice model,
    struct slice family, struct intern_make *out, struct err *err)
{
	struct key k = key_of(manufacturer, model);
	struct intern_word *w = slot_of(in->make, &k);

	if (is_known(w, &k)) {
		*out = (struct intern_make){ w->id, w->group };
		if (w->has_family || family.len == 0)
			return ERR_OK;
	} else {
		if (look_up_make(db, manufacturer, model, out, err))
			return err->code;
		remember(w, &k, out->maker, out->id);
	}
	if (family.len && fill_in_family(db, out->id, family, err))
		return err->code;
	if (is_known(w, &k))
		w->has_family = family.len > 0;
	return ERR_OK;
}

void
intern_forget(struct intern *in)
{
	for (size_t i = 0; i < INTERN_SLOTS; i++)
		in->lane[i].id = in->make[i].id = 0;
}
