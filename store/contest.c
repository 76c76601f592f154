/* SPDX-License-Identifier: Apache-2.0 */
#include "store/contest.h"

#include <inttypes.h>
#include <stdio.h>

#include "store/device_record.h"
#include "store/event_record.h"
#include "store/store_change.h"

_Static_assert(DEVICE_HELD == 1 && DEVICE_QUEUED == 2 && DEVICE_SUBMITTED == 3 &&
        DEVICE_REGISTERED == 4 && DEVICE_READY == 5,
    "the statements below name these states by number");

enum { CONTEST_MESSAGE_MAX = 1024 };

enum err_code
contest_note(struct store *s, const struct identity_key *key, const struct identity_match *match,
    int64_t device, struct err *err)
{
	for (size_t i = 0; i < match->n; i++) {
		if (sql_run(&s->db,
		        "INSERT INTO contest (device, other)"
		        " SELECT CASE WHEN is_open THEN id ELSE ?1 END,"
		        "  CASE WHEN is_open THEN ?1 ELSE id END FROM (SELECT *,"
		        "   list IN (SELECT id FROM list WHERE open = 1) AS is_open FROM device)"
		        " WHERE id = ?2 AND customer <> ?3 AND maker = ?4 AND serial = ?5",
		        SQL_VALUES(SQL_INT(device), SQL_INT(match->namesake[i]),
		            SQL_INT(key->customer), SQL_INT(key->maker), SQL_TEXT(key->serial)),
		        err))
			return err->code;
	}
	return ERR_OK;
}

/* --- holding --- */

/* One side of a pair. Slices are of the row that tells it. */
struct side {
	struct device_place device;
	struct slice serial;
	struct slice customer;
	struct slice file;
	int64_t line;
	bool unsent; /* waits, and was never sent since it was queued */
};

#define SIDE(d, c, i) \
	d ".id, " d ".serial, " c ".name, " d ".list, " i ".file, " d ".line, " d ".lane, " d \
	  ".state, " d ".state IN (1, 2) AND " d ".attempts = 0 AND " d ".said IS NULL"

enum { SIDE_COLUMNS = 9 };

static struct side
side_of(const struct sql *q, int column)
{
	return (struct side){
		.device = { sql_int(q, column), sql_int(q, column + 3),
		    { sql_int(q, column + 6), (enum device_state)sql_int(q, column + 7) } },
		.serial = sql_bytes(q, column + 1),
		.customer = sql_bytes(q, column + 2),
		.file = sql_bytes(q, column + 4),
		.line = sql_int(q, column + 5),
		.unsent = sql_int(q, column + 8) != 0,
	};
}

/* What a side is told of the other one, as a line for people and as an event. */
static enum err_code
tell(struct store *s, const struct side *d, const struct side *other, struct err *err)
{
	static const char *const where[NDEVICE_STATE] = {
		[DEVICE_SUBMITTED] = " and is sending it",
		[DEVICE_REGISTERED] = " and has registered it",
		[DEVICE_READY] = " and has registered it",
	};
	const char *already = where[other->device.at.state] ? where[other->device.at.state] : "";
	char text[CONTEST_MESSAGE_MAX];

	(void)snprintf(text, sizeof text,
	    SLICE_FMT " has this device as well (line %" PRId64 " of " SLICE_FMT
	              ")%s. Find out whose it is, then: autoreg retry --serial " SLICE_FMT
	              " --customer " SLICE_FMT,
	    SLICE_ARG(slice_head(other->customer, 64)), other->line,
	    SLICE_ARG(slice_head(other->file, 256)), already, SLICE_ARG(slice_head(d->serial, 128)),
	    SLICE_ARG(slice_head(d->customer, 64)));
	if (d->unsent && device_record_hold(s, &d->device, "conflict", slice_of(text), err))
		return err->code;
	return event_record_add(s,
	    &(struct store_event){
	        .kind = slice_of("device_contested"),
	        .actor = slice_of("agent"),
	        .customer = d->customer,
	        .list = d->device.list,
	        .serial = d->serial,
	        .message = slice_of(text),
	    },
	    err);
}

/* Of the devices between two ids. */
static enum err_code
hold_between(struct store *s, int64_t first, int64_t last, uint64_t *n, struct err *err)
{
	const struct sql_values range = SQL_VALUES(SQL_INT(first), SQL_INT(last));
	uint64_t pairs = 0;
	bool row = true;
	struct sql q;
	enum err_code rc;

	rc = sql_start(&q, &s->db,
	    "SELECT " SIDE("d", "dc", "di") ", " SIDE("o", "oc",
	        "oi") " FROM contest x"
	              " CROSS JOIN device d ON d.id = x.device CROSS JOIN customer dc ON dc.id = d.customer"
	              " CROSS JOIN list di ON di.id = d.list CROSS JOIN device o ON o.id = x.other"
	              " CROSS JOIN customer oc ON oc.id = o.customer CROSS JOIN list oi ON oi.id = o.list"
	              " WHERE x.device BETWEEN ? AND ? AND o.state IN (1, 2, 3, 4, 5)",
	    range, err);
	while (rc == ERR_OK && (rc = sql_next(&q, &row, err)) == ERR_OK && row) {
		const struct side mine = side_of(&q, 0), other = side_of(&q, SIDE_COLUMNS);

		pairs++;
		if ((rc = tell(s, &mine, &other, err)) == ERR_OK)
			rc = tell(s, &other, &mine, err);
	}
	sql_end(&q);
	if (rc || sql_run(&s->db, "DELETE FROM contest WHERE device BETWEEN ? AND ?", range, err))
		return err->code;
	*n = pairs;
	return ERR_OK;
}

enum err_code
contest_hold_all(struct store *s, uint64_t *n, struct err *err)
{
	return hold_between(s, 0, INT64_MAX, n, err);
}

enum err_code
contest_hold_one(struct store *s, int64_t device, struct err *err)
{
	uint64_t ignored;

	return hold_between(s, device, device, &ignored, err);
}
