/* SPDX-License-Identifier: Apache-2.0 */
#include "store/serial_tail.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "store/identity.h"
#include "store/sql.h"

/* Half of them stay free. */
enum { PLACES = 2 * IDENTITY_FRESH_MAX };

void
serial_tail_forget(struct serial_tail *t)
{
	free(t->place);
	*t = (struct serial_tail){ 0 };
}

static size_t
home_of(int64_t print)
{
	return (size_t)((uint64_t)print % PLACES);
}

/* Those with the same print stand in the order in which they came. */
static enum err_code
remember(struct serial_tail *t, const struct sql_db *db, int64_t print, int64_t device,
    struct err *err)
{
	size_t at = home_of(print);

	if (t->n == IDENTITY_FRESH_MAX) /* the one that filled it has merged it */
		return err_set(err, ERR_FORMAT, "%s is damaged: it has devices out of its index",
		    db->path);
	while (t->place[at].device)
		at = (at + 1) % PLACES;
	t->place[at] = (struct serial_tail_place){ print, device };
	t->n++;
	return ERR_OK;
}

static enum err_code
read_since(struct serial_tail *t, struct identity *in, struct sql_db *db, struct err *err)
{
	bool row = true;
	struct sql q;
	enum err_code rc;

	rc = sql_start(&q, db,
	    "SELECT id, serial FROM device WHERE id > ? AND serial <> '' ORDER BY id",
	    SQL_VALUES(SQL_INT(t->last)), err);
	while (rc == ERR_OK && (rc = sql_next(&q, &row, err)) == ERR_OK && row) {
		int64_t print;

		rc = identity_serial_print(in, db, sql_bytes(&q, 1), &print, err);
		if (rc == ERR_OK)
			rc = remember(t, db, print, sql_int(&q, 0), err);
	}
	sql_end(&q);
	return rc;
}

/* Where the file stands: what is not remembered of it, or wrongly, is to be read. */
static enum err_code
look(struct sql_db *db, struct serial_tail *out, struct err *err)
{
	bool row = false;
	struct sql q;
	enum err_code rc;

	rc = sql_start(&q, db,
	    "SELECT (SELECT value FROM meta WHERE name = 'merged'),"
	    " (SELECT value FROM meta WHERE name = 'gone'),"
	    " (SELECT max(id) FROM device)",
	    SQL_NOTHING, err);
	if (rc == ERR_OK)
		rc = sql_next(&q, &row, err);
	if (rc == ERR_OK)
		*out = (struct serial_tail){
			.merged = sql_int(&q, 0),
			.gone = sql_int(&q, 1),
			.last = sql_int(&q, 2),
		};
	sql_end(&q);
	return rc;
}

static enum err_code
begin_anew(struct serial_tail *t, const struct serial_tail *now, const struct sql_db *db,
    struct err *err)
{
	if (!t->place)
		t->place = malloc(PLACES * sizeof t->place[0]);
	if (!t->place)
		return err_set(err, ERR_NOMEM, "%s: out of memory", db->path);
	memset(t->place, 0, PLACES * sizeof t->place[0]);
	t->n = 0;
	t->merged = t->last = now->merged;
	t->gone = now->gone;
	return ERR_OK;
}

enum err_code
serial_tail_refresh(struct serial_tail *t, struct identity *in, struct sql_db *db, struct err *err)
{
	struct serial_tail now;

	if (look(db, &now, err))
		return err->code;
	if ((!t->place || t->merged != now.merged || t->gone != now.gone) &&
	    begin_anew(t, &now, db, err))
		return err->code;
	if (t->last == now.last)
		return ERR_OK;
	if (read_since(t, in, db, err)) {
		serial_tail_forget(t);
		return err->code;
	}
	t->last = now.last;
	return ERR_OK;
}

int64_t
serial_tail_next(const struct serial_tail *t, int64_t print, size_t *at)
{
	size_t i = *at == SERIAL_TAIL_START ? home_of(print) : (*at + 1) % PLACES;

	while (t->place[i].device && t->place[i].print != print)
		i = (i + 1) % PLACES;
	*at = i;
	return t->place[i].device;
}
