/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store_schema.h"

#include <inttypes.h>
#include <stdint.h>

#include "store/device_state.h"
#include "store/sql.h"
#include "store/store.h"

/* The texts below have these numbers in them. */
_Static_assert(STORE_APPLICATION_ID == 1098207845, "the number of the file");
_Static_assert(DEVICE_HELD == 1 && DEVICE_QUEUED == 2 && DEVICE_CLAIMED == 6 && NDEVICE_STATE == 8,
    "states of devices");
_Static_assert(BATCH_CLOSED == 5, "states of batches");
_Static_assert(LIST_OF_UNITS == 3, "sources of lists");

/* clang-format off */
/*
 * The lanes that a hold reaches, each with its oldest one: beside an aggregate min() the other
 * columns are those of the row with the minimum. Source: sources.md#sqlite-bare-columns
 */
#define BLOCKED \
    "CREATE VIEW blocked AS SELECT lane, reason, message, min(since) AS since FROM (" \
    "    SELECT l.id AS lane, h.* FROM hold h JOIN lane l ON h.scope = 'lane/' || l.id" \
    "    UNION ALL" \
    "    SELECT l.id, h.* FROM hold h JOIN customer c ON h.scope = 'customer/' || c.name" \
    "        JOIN lane l ON l.customer = c.id" \
    "    UNION ALL" \
    "    SELECT l.id, h.* FROM hold h JOIN route r ON r.via = h.scope" \
    "        JOIN customer c ON c.name = r.customer JOIN lane l ON l.customer = c.id" \
    ") GROUP BY lane;"
/* clang-format on */

/*
 * A device is narrow, because its row is written again with every change of state: what repeats
 * stands in tables of its own (customer, lane, maker, make), and so does its hash (payload). It has
 * a verdict only if there is more to say than a plain "ok".
 *
 * A device belongs to one customer, and is the same if serial number and maker are, in any case of
 * letters. Without a serial number "other" tells it apart: the product id, or a digest of the hash
 * (a blob); NULL, which equals nothing, if there is neither. The index over this is "identity", see
 * store/identity.h; "merged" is the last device that it has.
 *
 * Ids are handed out in order, and one list at a time is open: so its new devices are all from
 * first_device on, and nobody has to look for them among the others.
 *
 * A row of a list has a device or a code. The row that made a device stands in the device, and in
 * list_row only if it came out of order (see store/list_line.h); rows of the same or of later lists
 * follow it. "again" holds what rows of the open list say of devices that
 * were there before, until the list ends.
 *
 * "tally" counts the devices of a lane by state: for each list by rows (lane 0: refused rows), over
 * all (list 0), and those that the open list has made (list -1).
 *
 * References between tables are not checked by SQLite: at intake this would cost a look-up for each
 * of them, and nothing outside this folder writes here.
 */
/* clang-format off */
static const char version_1[] =
    "PRAGMA application_id = 1098207845;"
    "PRAGMA user_version = 1;"

    "CREATE TABLE meta ("
    "    name TEXT PRIMARY KEY,"
    "    value ANY NOT NULL"
    ") STRICT, WITHOUT ROWID;"
    "INSERT INTO meta VALUES ('digest-key', randomblob(16)), ('merged', 0);"

    "CREATE TABLE customer ("
    "    id INTEGER PRIMARY KEY,"
    "    name TEXT NOT NULL UNIQUE"
    ") STRICT;"

    "CREATE TABLE lane ("
    "    id INTEGER PRIMARY KEY,"
    "    customer INTEGER NOT NULL,"
    "    tag TEXT NOT NULL,"
    "    UNIQUE (customer, tag)"
    ") STRICT;"

    "CREATE TABLE maker ("
    "    id INTEGER PRIMARY KEY,"
    "    name TEXT NOT NULL UNIQUE COLLATE NOCASE"
    ") STRICT;"

    "CREATE TABLE make ("
    "    id INTEGER PRIMARY KEY,"
    "    maker INTEGER NOT NULL,"
    "    manufacturer TEXT NOT NULL,"
    "    model TEXT NOT NULL,"
    "    UNIQUE (manufacturer, model)"
    ") STRICT;"

    "CREATE TABLE list ("
    "    id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "    customer INTEGER NOT NULL,"
    "    file TEXT NOT NULL,"
    "    tag TEXT NOT NULL,"
    "    source INTEGER NOT NULL,"
    "    received INTEGER NOT NULL,"
    "    rows INTEGER NOT NULL DEFAULT 0,"
    "    open INTEGER NOT NULL DEFAULT 1,"
    "    reported INTEGER NOT NULL DEFAULT 0,"
    "    first_device INTEGER NOT NULL"
    ") STRICT;"
    "CREATE UNIQUE INDEX list_open ON list (open) WHERE open = 1;"

    "CREATE TABLE device ("
    "    id INTEGER PRIMARY KEY,"
    "    customer INTEGER NOT NULL,"
    "    lane INTEGER NOT NULL,"
    "    maker INTEGER NOT NULL,"
    "    make INTEGER NOT NULL,"
    "    state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 7),"
    "    batch INTEGER,"
    "    attempts INTEGER NOT NULL DEFAULT 0,"
    "    lost INTEGER NOT NULL DEFAULT 0,"
    "    said INTEGER,"
    "    list INTEGER NOT NULL,"
    "    line INTEGER NOT NULL,"
    "    updated INTEGER NOT NULL,"
    "    serial TEXT NOT NULL COLLATE NOCASE,"
    "    product_id TEXT NOT NULL,"
    "    other ANY"
    ") STRICT;"
    "CREATE INDEX device_queued ON device (lane) WHERE state = 2;"
    "CREATE INDEX device_batch ON device (batch) WHERE batch IS NOT NULL;"

    "CREATE TABLE identity ("
    "    serial_print INTEGER NOT NULL,"
    "    print INTEGER NOT NULL,"
    "    device INTEGER NOT NULL,"
    "    PRIMARY KEY (serial_print, print)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE payload ("
    "    device INTEGER PRIMARY KEY,"
    "    length INTEGER NOT NULL,"
    "    hash BLOB NOT NULL"
    ") STRICT;"

    "CREATE TABLE list_row ("
    "    list INTEGER NOT NULL,"
    "    line INTEGER NOT NULL,"
    "    device INTEGER,"
    "    follows INTEGER NOT NULL DEFAULT 0,"
    "    duplicate INTEGER NOT NULL DEFAULT 0,"
    "    serial TEXT,"
    "    code TEXT,"
    "    message TEXT,"
    "    advice TEXT,"
    "    PRIMARY KEY (list, line)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX list_row_follows ON list_row (device, list, line) WHERE follows = 1;"

    "CREATE TABLE again ("
    "    device INTEGER PRIMARY KEY,"
    "    line INTEGER NOT NULL,"
    "    lane INTEGER NOT NULL,"
    "    make INTEGER NOT NULL,"
    "    product_id TEXT NOT NULL,"
    "    length INTEGER NOT NULL,"
    "    hash BLOB"
    ") STRICT;"

    "CREATE TABLE answer ("
    "    id INTEGER PRIMARY KEY,"
    "    request_id TEXT NOT NULL,"
    "    correlation_id TEXT NOT NULL"
    ") STRICT;"

    "CREATE TABLE verdict ("
    "    device INTEGER PRIMARY KEY,"
    "    class TEXT NOT NULL,"
    "    code INTEGER NOT NULL,"
    "    name TEXT NOT NULL,"
    "    message TEXT NOT NULL,"
    "    held_for TEXT NOT NULL"
    ") STRICT;"

    "CREATE TABLE batch ("
    "    id INTEGER PRIMARY KEY,"
    "    lane INTEGER NOT NULL,"
    "    state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 5),"
    "    due INTEGER NOT NULL,"
    "    since INTEGER NOT NULL,"
    "    attempts INTEGER NOT NULL,"
    "    server_errors INTEGER NOT NULL DEFAULT 0,"
    "    looks INTEGER NOT NULL DEFAULT 0,"
    "    ndevice INTEGER NOT NULL,"
    "    request_id TEXT NOT NULL,"
    "    correlation_id TEXT NOT NULL,"
    "    tracking TEXT NOT NULL DEFAULT ''"
    ") STRICT;"
    "CREATE INDEX batch_alive ON batch (id) WHERE state <> 5;"

    "CREATE TABLE batch_list ("
    "    batch INTEGER NOT NULL,"
    "    list INTEGER NOT NULL,"
    "    PRIMARY KEY (batch, list)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE tally ("
    "    list INTEGER NOT NULL,"
    "    lane INTEGER NOT NULL,"
    "    state INTEGER NOT NULL,"
    "    n INTEGER NOT NULL CHECK (n >= 0),"
    "    PRIMARY KEY (list, lane, state)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE hold ("
    "    scope TEXT NOT NULL,"
    "    reason TEXT NOT NULL,"
    "    message TEXT NOT NULL,"
    "    since INTEGER NOT NULL,"
    "    PRIMARY KEY (scope, reason)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE route ("
    "    customer TEXT PRIMARY KEY,"
    "    via TEXT NOT NULL"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE pause ("
    "    scope TEXT PRIMARY KEY,"
    "    until INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE token ("
    "    name TEXT PRIMARY KEY,"
    "    sealed BLOB NOT NULL"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE consent ("
    "    customer TEXT PRIMARY KEY,"
    "    state TEXT NOT NULL,"
    "    evidence TEXT NOT NULL,"
    "    since INTEGER NOT NULL,"
    "    checked INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;"

    BLOCKED;

/*
 * A claim stays when its device is released; the next one takes its place. "ask" is 0 once it is
 * released or stopped, so that its index has only what is still to be asked about. Devices that are
 * claimed already when the table is made are to be asked about at once.
 *
 * "contest" pairs devices of the open list with those that another customer has.
 *
 * When a list is given up the ids of its devices are handed out again: hence the trigger, and the
 * count of devices that are gone (see store/serial_tail.h).
 *
 * Events are only ever added, so that their ids ascend for good.
 */
static const char version_2[] =
    "PRAGMA user_version = 2;"

    "ALTER TABLE make ADD COLUMN family TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE token ADD COLUMN saved INTEGER NOT NULL DEFAULT 0;"
    "UPDATE token SET saved = 1000 * unixepoch();"
    "INSERT INTO meta VALUES ('gone', 0);"

    "CREATE TABLE claim ("
    "    device INTEGER PRIMARY KEY,"
    "    since INTEGER NOT NULL,"
    "    asked INTEGER NOT NULL,"
    "    ask INTEGER NOT NULL,"
    "    released INTEGER NOT NULL DEFAULT 0,"
    "    stopped INTEGER NOT NULL DEFAULT 0,"
    "    attempts INTEGER NOT NULL DEFAULT 1,"
    "    code INTEGER NOT NULL,"
    "    name TEXT NOT NULL,"
    "    request_id TEXT NOT NULL,"
    "    correlation_id TEXT NOT NULL,"
    "    case_number TEXT NOT NULL DEFAULT '',"
    "    note TEXT NOT NULL DEFAULT ''"
    ") STRICT;"
    "CREATE INDEX claim_ask ON claim (ask) WHERE ask > 0;"
    "INSERT INTO claim (device, since, asked, ask, code, name, request_id, correlation_id)"
    "    SELECT d.id, d.updated, d.updated, d.updated, ifnull(v.code, 0), ifnull(v.name, ''),"
    "        ifnull(a.request_id, ''), ifnull(a.correlation_id, '')"
    "    FROM device d LEFT JOIN verdict v ON v.device = d.id LEFT JOIN answer a ON a.id = d.said"
    "    WHERE d.state = 6;"

    "CREATE TABLE contest ("
    "    device INTEGER NOT NULL,"
    "    other INTEGER NOT NULL,"
    "    PRIMARY KEY (device, other)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE image ("
    "    device INTEGER PRIMARY KEY,"
    "    at INTEGER NOT NULL"
    ") STRICT;"

    "CREATE TRIGGER device_gone AFTER DELETE ON device BEGIN"
    "    DELETE FROM claim WHERE device = old.id;"
    "    DELETE FROM contest WHERE device = old.id;"
    "    DELETE FROM image WHERE device = old.id;"
    "    UPDATE meta SET value = value + 1 WHERE name = 'gone';"
    "END;"

    "CREATE TABLE login ("
    "    partner TEXT PRIMARY KEY,"
    "    account TEXT NOT NULL DEFAULT '',"
    "    roles TEXT NOT NULL DEFAULT '',"
    "    since INTEGER NOT NULL DEFAULT 0,"
    "    warned INTEGER NOT NULL DEFAULT 0"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE link ("
    "    service TEXT PRIMARY KEY,"
    "    url TEXT NOT NULL"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE event ("
    "    id INTEGER PRIMARY KEY,"
    "    at INTEGER NOT NULL,"
    "    kind TEXT NOT NULL,"
    "    actor TEXT NOT NULL,"
    "    customer TEXT NOT NULL,"
    "    partner TEXT NOT NULL,"
    "    list INTEGER NOT NULL,"
    "    serial TEXT NOT NULL COLLATE NOCASE,"
    "    request_id TEXT NOT NULL,"
    "    correlation_id TEXT NOT NULL,"
    "    message TEXT NOT NULL"
    ") STRICT;"
    "CREATE INDEX event_serial ON event (serial) WHERE serial <> '';"

    "CREATE TABLE cursor ("
    "    reader TEXT PRIMARY KEY,"
    "    event INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;";

/*
 * Devices of two purchase orders go in different batches: so a lane is of one order.
 *
 * Units come in while a list is open, so that the devices of a list are those between two ids that
 * are its own; last_device is set when it ends. The list of units is never open, and all its rows
 * stand in list_row: none of its devices is between first_device and last_device.
 *
 * "supersede" pairs a unit with the one that it has become, until it is taken back.
 *
 * A batch knows when it was made, because a service may not know its devices for days.
 */
static const char version_3[] =
    "PRAGMA user_version = 3;"

    "DROP VIEW blocked;"
    "CREATE TABLE lane_by_order ("
    "    id INTEGER PRIMARY KEY,"
    "    customer INTEGER NOT NULL,"
    "    tag TEXT NOT NULL,"
    "    purchase_order TEXT NOT NULL DEFAULT '',"
    "    UNIQUE (customer, tag, purchase_order)"
    ") STRICT;"
    "INSERT INTO lane_by_order (id, customer, tag) SELECT id, customer, tag FROM lane;"
    "DROP TABLE lane;"
    "ALTER TABLE lane_by_order RENAME TO lane;"
    BLOCKED

    "ALTER TABLE list ADD COLUMN last_device INTEGER NOT NULL DEFAULT 9223372036854775807;"
    "UPDATE list SET last_device = ifnull("
    "    (SELECT n.first_device FROM list n WHERE n.id > list.id ORDER BY n.id LIMIT 1) - 1,"
    "    (SELECT ifnull(max(id), 0) FROM device)) WHERE open = 0;"
    "CREATE UNIQUE INDEX list_of_units ON list (customer, file) WHERE source = 3;"

    "CREATE TABLE supersede ("
    "    old INTEGER NOT NULL,"
    "    new INTEGER NOT NULL,"
    "    PRIMARY KEY (old, new)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX supersede_new ON supersede (new);"

    "ALTER TABLE batch ADD COLUMN begun INTEGER NOT NULL DEFAULT 0;"
    "UPDATE batch SET begun = since;";
/* clang-format on */

/* From each version to the next: a file of version n needs those from step[n] on, an empty one all. */
static const char *const step[] = { version_1, version_2, version_3 };

_Static_assert(sizeof step / sizeof step[0] == STORE_VERSION, "a step for each version");

static enum err_code
make_tables(struct sql_db *db, int64_t version, struct err *err)
{
	if (sql_script(db, "BEGIN IMMEDIATE", err))
		return err->code;
	for (size_t i = (size_t)version; i < STORE_VERSION; i++) {
		if (sql_script(db, step[i], err)) {
			sql_rollback(db);
			return err->code;
		}
	}
	return sql_commit(db, err);
}

enum err_code
store_schema_check(struct sql_db *db, bool make, struct err *err)
{
	int64_t application = 0, version = 0, objects = 0;
	bool found;
	enum err_code rc;

	if ((rc = sql_find_int(db, "PRAGMA application_id", SQL_NOTHING, &found, &application,
	         err)) ||
	    (rc = sql_find_int(db, "PRAGMA user_version", SQL_NOTHING, &found, &version, err)) ||
	    (rc = sql_find_int(db, "SELECT count(*) FROM sqlite_schema", SQL_NOTHING, &found,
	         &objects, err)))
		return rc;
	if (objects == 0 && application == 0 && version == 0) {
		if (make)
			return make_tables(db, 0, err);
		return err_set(err, ERR_NOT_FOUND, "%s is empty: no agent has run yet", db->path);
	}
	if (application != STORE_APPLICATION_ID)
		return err_set(err, ERR_FORMAT, "%s is not a store of autoreg", db->path);
	if (version < 1 || version > STORE_VERSION)
		return err_set(err, ERR_FORMAT,
		    "%s is of version %" PRId64 " and this autoreg knows version %d. Install the "
		    "autoreg that made it, or a newer one",
		    db->path, version, STORE_VERSION);
	if (version == STORE_VERSION)
		return ERR_OK;
	if (make)
		return make_tables(db, version, err);
	return err_set(err, ERR_FORMAT,
	    "%s is of version %" PRId64
	    ", and only the agent brings it to version %d. Start the agent "
	    "of this autoreg, then ask again",
	    db->path, version, STORE_VERSION);
}
