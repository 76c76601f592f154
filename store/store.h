/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/slice.h"
#include "store/device_state.h"
#include "store/store_claim.h"
#include "store/store_event.h"
#include "store/store_token.h"
#include "store/store_unit.h"

/*
 * Everything that must survive: lists, their rows, devices, batches on their way, holds, pauses,
 * sealed tokens, consent, claims, acknowledged images, and what happened. What a function changes is
 * durable when it returns, or when store_group_end() returns inside a group; a crash before that
 * leaves all as it was.
 *
 * The store knows nothing of time but what it is told, and decides nothing: when something is due,
 * and what comes next, is the agent's.
 *
 * Threads: one at a time. All functions block on the disk: never on the loop's thread
 * (store/store_async.h). Instants are unix milliseconds. Errors of every function: ERR_NOMEM,
 * ERR_IO (the disk; the text says what to do), ERR_BUSY (another process holds the file),
 * ERR_FORMAT (the file is damaged), ERR_LIMIT (a value of more than 16 MiB); of those that take a
 * list or a batch also ERR_NOT_FOUND (there is none of that number in such a state). Outputs are
 * untouched then.
 */
struct store;
struct buf;

enum store_mode {
	STORE_WRITE, /* the one writer; makes folder and file */
	STORE_READ,  /* any number beside it; only the queries below */
};

/*
 * folder: made if it is not there (0700; the files in it 0600, whatever the umask). One writer at a
 * time, held by a lock on a file in the folder. clock must outlive the store.
 * Errors: ERR_BUSY (another agent holds it: the text has its process id), ERR_FORMAT (not a store,
 * or of a newer version), ERR_IO (also a file system that cannot hold a store: NFS, CIFS),
 * ERR_NOT_FOUND (STORE_READ: there is none yet).
 */
MUST_USE enum err_code store_open(const char *folder, enum store_mode mode,
    const struct clock *clock, struct store **out, struct err *err);

/*
 * The same for somebody whom it may take too long: a file of an older version is brought up to date
 * first. gets_on (may be NULL) is called by this thread, many times a second, for as long as it does.
 */
struct store_patience {
	void (*gets_on)(void *arg);
	void *arg;
};
MUST_USE enum err_code store_open_patiently(const char *folder, enum store_mode mode,
    const struct clock *clock, const struct store_patience *patience, struct store **out,
    struct err *err);

/* Empties the write-ahead log, if nobody reads. Accepts NULL. */
void store_close(struct store *s);

/*
 * Between begin and end all changes become durable together. A function that fails inside a group
 * leaves no trace of its own; the group goes on. If end fails, nothing of the group has happened.
 */
MUST_USE enum err_code store_group_begin(struct store *s, struct err *err);
MUST_USE enum err_code store_group_end(struct store *s, struct err *err);

/* Moves the write-ahead log into the file when it has grown, or always. Not inside a group. */
MUST_USE enum err_code store_checkpoint(struct store *s, bool always, struct err *err);

/* ---- Lists coming in ------------------------------------------------------------------------ */

enum list_source { LIST_FROM_COMMAND, LIST_FROM_SPOOL, LIST_FROM_SOCKET, LIST_OF_UNITS };

/*
 * Begins a list. Until store_list_end() none of its new devices is handed out. One list at a time
 * is between begin and end (ERR_BUSY: one is). file: the name as people know it; tag: given to rows
 * without one, for the record.
 */
MUST_USE enum err_code store_list_begin(struct store *s, struct slice customer, struct slice file,
    struct slice tag, enum list_source source, int64_t *id, struct err *err);

/* A row that is a device. Slices may be empty. */
struct store_row {
	uint64_t line;
	struct slice serial;
	struct slice product_id;
	struct slice manufacturer;
	struct slice model;
	struct slice family; /* as the hash has it ("ThinkPad T14 Gen 1"); empty: not known */
	struct slice tag;
	struct slice order; /* purchase order; devices of two orders are never in one batch */
	struct slice hash;  /* decoded, without the zero bytes at its end: those take no space */
	uint32_t hash_len;  /* bytes with them; 0: no hash */
};

/*
 * Appends rows. A device that the customer has already (the same serial number and maker, in any case
 * of ASCII letters; without a serial number the same product id; without that the same hash) is not
 * made again: the row follows it. If this list has made it, it becomes what the later row says. If
 * it is failed, held, claimed or refused, it is queued again with what the row says when the list
 * ends. A line that is there already is replaced.
 */
MUST_USE enum err_code store_list_add(struct store *s, int64_t list, const struct store_row *row,
    size_t n, struct err *err);

/* A row that is no device (any more): why. */
struct store_refusal {
	uint64_t line;
	struct slice serial;
	struct slice code; /* "hash-truncated" */
	struct slice message;
	struct slice advice;
	bool duplicate; /* the device is another row's */
};

/*
 * Appends rows that are refused or duplicates. The line may have been added before: a conflict can
 * show late. A device that this list made is forgotten with the last of its rows.
 */
MUST_USE enum err_code store_list_refuse(struct store *s, int64_t list,
    const struct store_refusal *refusal, size_t n, struct err *err);

/*
 * All its rows are in: its devices may go. rows: as counted by the reader.
 *
 * A new device that another customer has as well (the same serial number and maker, there queued,
 * held, submitted, registered or ready) does not go: it is held for "conflict", and so is the other
 * if nothing was sent for it yet. Each such pair leaves an event, "device_contested", for either
 * customer. store_retry() lets a device go all the same. *contested: pairs.
 */
MUST_USE enum err_code store_list_end(struct store *s, int64_t list, uint64_t rows,
    uint64_t *contested, struct err *err);

/*
 * Forgets the list and the devices that it made, some hundred rows with each call, the last ones
 * first, until *more is false: so that the write-ahead log does not become as long as the list. In
 * between the list is open, as if those rows had not come. Only before store_list_end().
 */
MUST_USE enum err_code store_list_abort(struct store *s, int64_t list, bool *more, struct err *err);

/*
 * Whether the list's report tells how its devices stand now. Whatever changes the state of a device
 * takes it back for all lists that have the device.
 */
MUST_USE enum err_code store_list_reported(struct store *s, int64_t list, bool reported,
    struct err *err);

struct store_list {
	int64_t id;
	struct slice customer;
	struct slice file;
	struct slice tag;
	enum list_source source;
	int64_t received_unix_ms;
	uint64_t rows;
	bool open; /* between begin and end */
	bool done; /* ended, and no device of it is queued or submitted */
	bool reported;
	uint64_t states[NDEVICE_STATE]; /* its devices, and refused rows; duplicates do not count */
};

/* Slices hold during the call. An error from it ends the query. */
typedef enum err_code store_list_fn(void *arg, const struct store_list *l, struct err *err);

/* Which lists; zero means any. */
struct store_list_query {
	int64_t id;
	struct slice customer;
	bool open_only;
	bool unreported_only; /* ended, not yet reported */
	bool without_states;  /* counting takes time: leave states and done at 0 */
};

/* Newest first. */
MUST_USE enum err_code store_lists(struct store *s, const struct store_list_query *q,
    store_list_fn *fn, void *arg, struct err *err);

/*
 * Has it ended, and is none of its devices queued or submitted any more? Cheap however often it is
 * asked, because devices are counted as they move. Held ones count as settled here: the report says
 * for what they wait.
 */
MUST_USE enum err_code store_list_settled(struct store *s, int64_t list, bool *out,
    struct err *err);

/* ---- Sending ---------------------------------------------------------------------------------- */

/*
 * Customer, exact group tag and purchase order: what a batch is made of. Those of an order in which no
 * device waits and no batch is on its way are not told.
 */
struct store_lane {
	int64_t id;
	struct slice customer;
	struct slice tag;
	struct slice order;
	uint64_t queued; /* devices that wait for a batch */
};
typedef enum err_code store_lane_fn(void *arg, const struct store_lane *l, struct err *err);
MUST_USE enum err_code store_lanes(struct store *s, store_lane_fn *fn, void *arg, struct err *err);

/* Where a batch stands. The numbers are those in the file. */
enum batch_state {
	BATCH_SENDING = 0,  /* the request is about to leave, or has left; after a crash: unknown */
	BATCH_UNKNOWN = 1,  /* the request may have taken effect: look before anything else */
	BATCH_RESEND = 2,   /* known not to be there: to be sent again when due */
	BATCH_ACCEPTED = 3, /* the service works on it: poll when due */
	BATCH_MISSING = 4,  /* the job is over and said nothing of these devices: look when due */
	BATCH_CLOSED = 5,   /* no device is in it any more */
};

/* What the dispatcher has to know of a batch without its devices. */
struct store_batch {
	int64_t id;
	int64_t lane;
	enum batch_state state;
	int64_t due_unix_ms;
	int64_t since_unix_ms;  /* when it came into this state */
	uint32_t attempts;      /* requests sent */
	uint32_t server_errors; /* 5xx in a row */
	uint32_t looks;         /* in this state */
	uint32_t ndevice;       /* still in it */
	int64_t begun_unix_ms;  /* when it was made, or what it was split off */
};
typedef enum err_code store_batch_fn(void *arg, const struct store_batch *b, struct err *err);

/* id 0: all that are not closed, by id; else that one, if there is one, closed or not. */
MUST_USE enum err_code store_batches(struct store *s, int64_t id, store_batch_fn *fn, void *arg,
    struct err *err);

/* A batch with its devices, told in two steps. Slices hold during the call. */
struct store_batch_head {
	int64_t id;
	struct slice customer;
	struct slice tag;
	struct slice order;
	struct slice request_id;
	struct slice correlation_id;
	struct slice tracking; /* of the accepted job; empty before that */
	uint32_t attempts;     /* requests, with the one that is about to leave */
};

struct store_batch_device {
	int64_t id;
	struct slice serial;
	struct slice product_id;
	struct slice manufacturer;
	struct slice model;
	struct slice hash; /* as in struct store_row; empty if not asked for */
	uint32_t hash_len;
	uint32_t attempts; /* before this batch */
	uint32_t claims;   /* how often it was said to be somebody else's; 0: it is not claimed */
	bool lost;         /* see struct store_settlement */
	/* When its list came; a unit of the line, whose list is older: when its batch was made. */
	int64_t received_unix_ms;
};

struct store_batch_reader {
	void *arg;
	enum err_code (*head)(void *arg, const struct store_batch_head *h, struct err *err);
	enum err_code (*device)(void *arg, const struct store_batch_device *d, struct err *err);
};

/*
 * Takes the next devices of a lane, at most max of them and about max_bytes of base64 text, into a
 * new batch in BATCH_SENDING: the intent is durable, the devices are submitted. They are told to
 * the reader with their hashes. *id: 0 if none is queued, and the reader hears nothing then.
 */
MUST_USE enum err_code store_batch_claim(struct store *s, int64_t lane, uint64_t max,
    uint64_t max_bytes, struct slice request_id, struct slice correlation_id,
    const struct store_batch_reader *reader, int64_t *id, struct err *err);

/* The batch as it stands. ERR_NOT_FOUND: no such batch. */
MUST_USE enum err_code store_batch_load(struct store *s, int64_t id, bool hashes,
    const struct store_batch_reader *reader, struct err *err);

/* BATCH_RESEND -> BATCH_SENDING; attempts + 1. */
MUST_USE enum err_code store_batch_resend(struct store *s, int64_t id, struct err *err);

/*
 * Its next request is another one than its last: what became of that is known, or its body is not
 * the same. Nothing happens to a batch that is closed.
 */
MUST_USE enum err_code store_batch_renew(struct store *s, int64_t id, struct slice request_id,
    struct err *err);

/* BATCH_SENDING, BATCH_UNKNOWN -> BATCH_ACCEPTED. The ids are those to show to support. */
MUST_USE enum err_code store_batch_accepted(struct store *s, int64_t id, struct slice tracking,
    struct slice request_id, struct slice correlation_id, int64_t due_unix_ms, struct err *err);

/*
 * Any state but closed -> state, due; looks counts on if the state stays. server_error: one more in
 * a row, else they are forgotten when the batch leaves BATCH_UNKNOWN for BATCH_ACCEPTED. From
 * BATCH_SENDING to BATCH_RESEND the service only asked to wait: that was no attempt.
 */
MUST_USE enum err_code store_batch_move(struct store *s, int64_t id, enum batch_state state,
    int64_t due_unix_ms, bool server_error, struct err *err);

/* What the service, or the agent, said of a device. */
struct store_verdict {
	struct slice class; /* "claimed_elsewhere"; empty: nothing was said yet */
	int32_t code;
	struct slice name;
	struct slice message;
};

/* What settles, or moves, one device of a batch. */
struct store_settlement {
	int64_t device;
	enum device_state state;      /* DEVICE_SUBMITTED: stays in the batch */
	struct store_verdict verdict; /* class empty: none (queued again) */
	struct slice held_for;        /* DEVICE_HELD: "directory" */
	bool lost;                    /* DEVICE_QUEUED: the service has lost it once */
	int64_t ask_unix_ms;          /* DEVICE_CLAIMED: when to ask again; 0: not by itself */
};

/*
 * Settles devices of a batch, each by a change guarded by its old state; registered ones lose their
 * hash. A claimed device gets a record of its claim, or its record counts on; one that had a claim
 * and is registered has been released. Each of these leaves an event ("device_claimed",
 * "claim_asked", "claim_released"). A batch without devices is closed. Devices that leave the
 * batch have had the attempts that it took.
 * request_id and correlation_id: under which the service said so; empty: those of the batch.
 */
MUST_USE enum err_code store_batch_settle(struct store *s, int64_t id,
    const struct store_settlement *settlement, size_t n, struct slice request_id,
    struct slice correlation_id, struct err *err);

/* All its devices go back to the queue; that was no attempt. */
MUST_USE enum err_code store_batch_dissolve(struct store *s, int64_t id, struct err *err);

/*
 * The second half of its devices (at least one of two or more) becomes *other; both BATCH_RESEND, as
 * if nothing had been sent yet.
 */
MUST_USE enum err_code store_batch_split(struct store *s, int64_t id, int64_t due_unix_ms,
    int64_t *other, struct err *err);

/* The lists that have a row of these devices' batch: who to look at after it was settled. */
MUST_USE enum err_code store_batch_lists(struct store *s, int64_t id,
    enum err_code (*fn)(void *arg, int64_t list, struct err *err), void *arg, struct err *err);

/* No due time may lie further ahead than this: the clock has been set back. */
MUST_USE enum err_code store_clamp_due(struct store *s, int64_t latest_unix_ms, struct err *err);

/* ---- Holds and pauses -------------------------------------------------------------------------- */

/*
 * A scope is "partner/northwind", "customer/contoso" or "lane/7". While a scope is held, queued
 * devices in it count and show as held, for the oldest of its holds. reason: "consent",
 * "credentials", "tag", "paused". One hold for each scope and reason.
 */
struct store_hold {
	struct slice scope;
	struct slice reason;
	struct slice message; /* what happened and what to do */
	int64_t since_unix_ms;
};
typedef enum err_code store_hold_fn(void *arg, const struct store_hold *h, struct err *err);
MUST_USE enum err_code store_hold(struct store *s, struct slice scope, struct slice reason,
    struct slice message, struct err *err);

/* reason empty: all of the scope. No hold is no error. */
MUST_USE enum err_code store_unhold(struct store *s, struct slice scope, struct slice reason,
    struct err *err);
MUST_USE enum err_code store_holds(struct store *s, store_hold_fn *fn, void *arg, struct err *err);

/*
 * Whose customers hang on which partner, so that a hold on the partner holds them: replaced as a
 * whole whenever the configuration is read.
 */
struct store_route {
	struct slice customer;
	struct slice via; /* "partner/northwind" */
};
MUST_USE enum err_code store_routes_set(struct store *s, const struct store_route *route, size_t n,
    struct err *err);

/* Until when nothing is sent in a scope (Retry-After); the later of two counts. 0 ends it. */
typedef enum err_code store_pause_fn(void *arg, struct slice scope, int64_t until_unix_ms,
    struct err *err);
MUST_USE enum err_code store_pause_set(struct store *s, struct slice scope, int64_t until_unix_ms,
    struct err *err);
MUST_USE enum err_code store_pauses(struct store *s, store_pause_fn *fn, void *arg,
    struct err *err);

/* Failed, held and claimed devices that match go back to the queue with their attempts forgotten. */
struct store_device_query {
	struct slice serial;
	struct slice customer;
	int64_t list; /* 0: any */
	bool by_state;
	enum device_state state;
	uint64_t limit; /* 0: no limit */
};
MUST_USE enum err_code store_retry(struct store *s, const struct store_device_query *q,
    uint64_t *requeued, struct err *err);

/* ---- Consent --------------------------------------------------------------------------------------- */

/* What is known of a customer's consent. */
struct store_consent {
	struct slice customer;
	struct slice state; /* "unknown", "requested", "granted", "denied", "withdrawn" */
	struct slice evidence;
	int64_t since_unix_ms;
	int64_t checked_unix_ms;
};
typedef enum err_code store_consent_fn(void *arg, const struct store_consent *c, struct err *err);

/* since stays as it is while the state stays. */
MUST_USE enum err_code store_consent_save(struct store *s, struct slice customer,
    struct slice state, struct slice evidence, int64_t checked_unix_ms, struct err *err);
MUST_USE enum err_code store_consents(struct store *s, store_consent_fn *fn, void *arg,
    struct err *err);

/* ---- Delivery ------------------------------------------------------------------------------------- */

/* What decides whether a device may be delivered. */
struct store_gate_device {
	int64_t id;
	struct slice serial;
	struct slice customer;
	struct slice manufacturer;
	struct slice model;
	struct slice family;
	struct slice tag;
	enum device_state state;
	struct store_verdict verdict; /* class empty: none */
	struct slice held_for;
	struct slice held_message;
	bool claimed;          /* there is a claim that is not released, whatever the state */
	bool sent;             /* the service has accepted it, or has said what it is */
	int64_t image_unix_ms; /* when its image was acknowledged; 0: it was not */
};
typedef enum err_code store_gate_fn(void *arg, const struct store_gate_device *d, struct err *err);

/*
 * All devices of a serial number (in any case of ASCII letters), whoever their customer is. The one
 * question that has to be fast with a million devices in the store.
 */
MUST_USE enum err_code store_gate(struct store *s, struct slice serial, store_gate_fn *fn,
    void *arg, struct err *err);

/*
 * The image of these devices was looked at and is right. q: serial, customer and list count.
 * *n: how many devices, those that had it before included.
 */
MUST_USE enum err_code store_image_ack(struct store *s, const struct store_device_query *q,
    int64_t at_unix_ms, uint64_t *n, struct err *err);

/* ---- Itself ----------------------------------------------------------------------------------------- */

struct store_facts {
	int64_t schema;
	int64_t bytes;       /* of the file, without the log */
	int64_t free_bytes;  /* in it */
	char integrity[256]; /* "ok", or the first thing that is wrong */
};

/* Reads the whole file: seconds for each gigabyte. */
MUST_USE enum err_code store_inspect(struct store *s, struct store_facts *out, struct err *err);

/* ---- Questions ------------------------------------------------------------------------------------ */

struct store_device {
	int64_t id;
	struct slice serial;
	struct slice product_id;
	struct slice manufacturer;
	struct slice model;
	struct slice customer;
	struct slice tag;
	struct slice order;
	int64_t list;      /* the newest list that has it */
	struct slice file; /* of that list */
	uint64_t line;
	enum device_state state;
	struct store_verdict verdict;
	struct slice held_for; /* DEVICE_HELD; else empty */
	struct slice held_message;
	uint32_t attempts; /* requests, since it was last queued anew */
	struct slice request_id;
	struct slice correlation_id;
	int64_t updated_unix_ms;
};
typedef enum err_code store_device_fn(void *arg, const struct store_device *d, struct err *err);

/* In the order in which they came. */
MUST_USE enum err_code store_devices(struct store *s, const struct store_device_query *q,
    store_device_fn *fn, void *arg, struct err *err);

/*
 * Appends the hash of a device, whole with its zero bytes; nothing if there is none (any more). For
 * people who need it again: a claimed device keeps it.
 */
MUST_USE enum err_code store_device_hash(struct store *s, int64_t device, struct buf *out,
    struct err *err);

/* A row of a list. device: NULL for one that was refused or is a duplicate. */
struct store_row_record {
	uint64_t line;
	const struct store_device *device;
	struct slice serial;
	struct slice code;
	struct slice message;
	struct slice advice;
	bool duplicate;
};
typedef enum err_code store_row_fn(void *arg, const struct store_row_record *r, struct err *err);

/* By line. */
MUST_USE enum err_code store_list_rows(struct store *s, int64_t list, store_row_fn *fn, void *arg,
    struct err *err);

/* How many devices of each customer are in which state; without counting them one by one. */
typedef enum err_code store_tally_fn(void *arg, struct slice customer, enum device_state state,
    uint64_t n, struct err *err);
MUST_USE enum err_code store_tally(struct store *s, store_tally_fn *fn, void *arg, struct err *err);

struct store_stats {
	uint64_t file_bytes;
	uint64_t wal_bytes;
	/* When the list of the oldest queued device came, or since when a unit waits; 0: none. */
	int64_t oldest_queued_unix_ms;
};
MUST_USE enum err_code store_stats(struct store *s, struct store_stats *out, struct err *err);
