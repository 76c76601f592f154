/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/hooks/hook_queue.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "agent/hooks/hook_call.h"
#include "agent/meter/meter.h"
#include "agent/records/records_json.h"
#include "agent/sending/batch_policy.h"
#include "agent/sending/roster.h"
#include "agent/tools/json_out.h"
#include "agent/tools/log_event.h"
#include "base/buf.h"
#include "base/log.h"
#include "store/store.h"
#include "store/store_async.h"

enum {
	LOOK_AT = 64,   /* events of one question */
	LOOKS_MAX = 64, /* questions before others have their turn */
	AGAIN_MS = 5000,
	EVENT_MAX = 64 * 1024,
	KIND_SIZE = 32,
};

static const char cursor[] = "hooks";
static const char own_kind[] = "hook_failed";

/*
 *	  +-------------- there is none ---------------+
 *	  v                                            |
 *	IDLE --the trail has grown--> READ --one--> CALL --told, given up--> MARK
 *	                              ^  |           | ^                       |
 *	                              |  +--error--+ v |                       |
 *	                              |            WAIT                        |
 *	                              +----------------------------------------+
 *
 * All states may also end in DONE, once the queue is closing.
 */
enum state { ST_IDLE, ST_READ, ST_CALL, ST_WAIT, ST_MARK, ST_DONE, NSTATE };
enum what { EV_GROWN, EV_READ, EV_CALLED, EV_TIME, EV_MARKED, EV_NONE };

struct hook_queue {
	/* Fixed at creation. */
	struct hook_queue_options opt;
	uv_timer_t timer; /* in WAIT */
	uv_timer_t grace;
	unsigned open; /* of these */

	enum state state;
	int64_t position; /* all events up to here are over */
	bool grown;       /* since the last look */

	/* What the last look has found. In READ the store's thread has it. */
	int64_t seen; /* up to here it has looked */
	bool more;    /* behind that there are others */
	int64_t id;   /* of the event at hand; 0: none */
	char kind[KIND_SIZE];
	char customer[ENTITY_NAME_SIZE];
	struct buf json;

	struct hook_call *call; /* in CALL */
	unsigned attempts;      /* that have failed */
	struct err failed;      /* given up: why; else ERR_OK */

	bool cut;                  /* the grace is over */
	void (*closed)(void *arg); /* NULL: not closing */
	void *closed_arg;
};

/* err: NULL, or why what the state waited for has failed. */
typedef enum state step_fn(struct hook_queue *q, const struct err *err);
static step_fn step_idle, step_read, step_call, step_wait, step_mark;

#define TO(s) (1u << (s))
static const struct {
	const char *name;
	enum what waits;
	unsigned to;
	step_fn *step;
} def[NSTATE] = {
	[ST_IDLE] = { "idle", EV_GROWN, TO(ST_READ) | TO(ST_WAIT) | TO(ST_DONE), step_idle },
	[ST_READ] = { "read", EV_READ,
	    TO(ST_IDLE) | TO(ST_READ) | TO(ST_CALL) | TO(ST_WAIT) | TO(ST_MARK) | TO(ST_DONE),
	    step_read },
	[ST_CALL] = { "call", EV_CALLED, TO(ST_WAIT) | TO(ST_MARK) | TO(ST_READ) | TO(ST_DONE),
	    step_call },
	[ST_WAIT] = { "wait", EV_TIME,
	    TO(ST_WAIT) | TO(ST_CALL) | TO(ST_MARK) | TO(ST_READ) | TO(ST_DONE), step_wait },
	[ST_MARK] = { "mark", EV_MARKED, TO(ST_READ) | TO(ST_WAIT) | TO(ST_DONE), step_mark },
	[ST_DONE] = { "done", EV_NONE, 0, NULL },
};

/* --- on the stores' threads --- */

static bool
is_wanted(const struct hook_settings *settings, struct slice kind)
{
	for (size_t i = 0; i < settings->on.n; i++) {
		if (slice_eq(kind, slice_of(settings->on.item[i])))
			return !slice_eq(kind, slice_of(own_kind));
	}
	return false;
}

struct look {
	struct hook_queue *q;
	size_t n; /* events of this question */
};

static enum err_code
note_event(void *arg, const struct store_event *e, struct err *err)
{
	struct look *look = arg;
	struct hook_queue *q = look->q;

	look->n++;
	if (q->id)
		return ERR_OK; /* it has its turn at the next look */
	q->seen = e->id;
	if (!is_wanted(q->opt.settings, e->kind))
		return ERR_OK;
	buf_reset(&q->json);
	if (json_out_add(&q->json, records_json_event(e), err))
		return err->code;
	(void)snprintf(q->kind, sizeof q->kind, SLICE_FMT, SLICE_ARG(e->kind));
	(void)snprintf(q->customer, sizeof q->customer, SLICE_FMT, SLICE_ARG(e->customer));
	q->id = e->id;
	return ERR_OK;
}

static enum err_code
look(struct store *s, void *arg, struct err *err)
{
	struct hook_queue *q = arg;

	q->more = true;
	for (int i = 0; i < LOOKS_MAX && q->more && !q->id; i++) {
		const struct store_event_query query = { .after = q->seen, .limit = LOOK_AT };
		struct look at = { q, 0 };

		if (store_events(s, &query, note_event, &at, err))
			return err->code;
		q->more = at.n == LOOK_AT;
	}
	return ERR_OK;
}

static enum err_code
note_failure(struct store *s, const struct hook_queue *q, struct err *err)
{
	char message[512];

	(void)snprintf(message, sizeof message,
	    "event %" PRId64 " (%s) was told to nobody, given up after %u attempts: %s", q->id,
	    q->kind, q->attempts, q->failed.msg);
	return store_event_add(s,
	    &(struct store_event){
	        .kind = slice_of(own_kind),
	        .actor = slice_of("agent"),
	        .customer = slice_of(q->customer),
	        .message = slice_of(message),
	    },
	    err);
}

static enum err_code
mark_place(struct store *s, void *arg, struct err *err)
{
	const struct hook_queue *q = arg;

	if (store_cursor_save(s, slice_of(cursor), q->position, err))
		return err->code;
	return q->failed.code ? note_failure(s, q, err) : ERR_OK;
}

/* --- callbacks --- */

static void run(struct hook_queue *q, enum what what, const struct err *err);

static void
on_read(void *arg, const struct err *err)
{
	run(arg, EV_READ, err);
}

static void
on_called(void *arg, const struct err *err)
{
	run(arg, EV_CALLED, err);
}

static void
on_marked(void *arg, const struct err *err)
{
	run(arg, EV_MARKED, err);
}

static void
on_time(uv_timer_t *timer)
{
	run(timer->data, EV_TIME, NULL);
}

/* --- the states --- */

static enum state
wait_a_while(struct hook_queue *q, uint64_t ms)
{
	if (q->closed)
		return ST_DONE;
	(void)uv_timer_start(&q->timer, on_time, ms, 0);
	return ST_WAIT;
}

static enum state
cannot_read(struct hook_queue *q, const struct err *err)
{
	log_event(LOG_TRAIL_UNREADABLE, LOG_TEXT(ERROR, err->msg));
	q->id = 0;
	return wait_a_while(q, AGAIN_MS);
}

static enum state
read_on(struct hook_queue *q)
{
	struct err err;

	if (q->cut)
		return ST_DONE;
	q->grown = false;
	q->seen = q->position;
	q->id = 0;
	if (store_async_start(q->opt.reader, look, on_read, q, &err))
		return cannot_read(q, &err);
	return ST_READ;
}

/*
 * If this fails the store is behind, and after the next start an event is told twice, which was
 * promised not to matter.
 */
static enum state
cannot_mark(struct hook_queue *q, const struct err *err)
{
	log_event(LOG_HOOK_PLACE_LOST, LOG_TEXT(ERROR, err->msg));
	return read_on(q);
}

static enum state
move_on(struct hook_queue *q)
{
	struct err err;

	q->position = q->seen;
	if (store_async_start(q->opt.writer, mark_place, on_marked, q, &err))
		return cannot_mark(q, &err);
	return ST_MARK;
}

static enum state
not_told(struct hook_queue *q, const struct err *err)
{
	q->attempts++;
	meter_hook(q->opt.meter, METER_FAILED);
	if (q->attempts < q->opt.settings->attempts) {
		log_event(LOG_HOOK_NOT_TOLD, LOG_NUMBER(TRAIL_ID, q->id), LOG_TEXT(KIND, q->kind),
		    LOG_NUMBER(ATTEMPT, q->attempts), LOG_TEXT(ERROR, err->msg));
		return wait_a_while(q,
		    batch_policy_backoff_ms(q->opt.retry, q->attempts - 1, q->opt.random));
	}
	log_event(LOG_HOOK_GIVEN_UP, LOG_NUMBER(TRAIL_ID, q->id), LOG_TEXT(KIND, q->kind),
	    LOG_NUMBER(ATTEMPT, q->attempts), LOG_TEXT(ERROR, err->msg));
	meter_hook(q->opt.meter, METER_GIVEN_UP);
	q->failed = *err;
	return move_on(q);
}

static enum state
tell(struct hook_queue *q)
{
	const struct hook_call_options opt = {
		.loop = q->opt.loop,
		.http = q->opt.http,
		.settings = q->opt.settings,
		.secret = q->opt.secret,
	};
	const struct hook_event e = {
		.id = q->id,
		.kind = q->kind,
		.json = buf_slice(&q->json),
	};
	struct err err;

	if (q->cut)
		return ST_DONE;
	if (hook_call_start(&opt, &e, on_called, q, &q->call, &err))
		return not_told(q, &err);
	return ST_CALL;
}

static enum state
step_idle(struct hook_queue *q, const struct err *err)
{
	(void)err;
	return read_on(q);
}

static enum state
step_read(struct hook_queue *q, const struct err *err)
{
	q->attempts = 0;
	q->failed.code = ERR_OK;
	if (err)
		return cannot_read(q, err);
	if (q->id)
		return tell(q);
	if (q->more)
		return move_on(q); /* nobody has to look at so many again */
	q->position = q->seen;
	if (q->grown)
		return read_on(q);
	return q->closed ? ST_DONE : ST_IDLE;
}

static enum state
step_call(struct hook_queue *q, const struct err *err)
{
	q->call = NULL;
	if (!err) {
		meter_hook(q->opt.meter, METER_TOLD);
		return move_on(q);
	}
	if (q->cut)
		return ST_DONE;
	return not_told(q, err);
}

static enum state
step_wait(struct hook_queue *q, const struct err *err)
{
	(void)err;
	return q->id ? tell(q) : read_on(q);
}

static enum state
step_mark(struct hook_queue *q, const struct err *err)
{
	return err ? cannot_mark(q, err) : read_on(q);
}

/* --- from one to the other --- */

static void
on_closed(uv_handle_t *handle)
{
	struct hook_queue *q = handle->data;
	void (*closed)(void *arg) = q->closed;
	void *arg = q->closed_arg;

	if (--q->open > 0)
		return;
	buf_done(&q->json);
	free(q);
	closed(arg);
}

/* The only place that changes the state. What was found may belong to the store's thread already. */
static void
move(struct hook_queue *q, enum state next)
{
	assert(def[q->state].to & TO(next));
	log_trace("hooks %s -> %s after=%" PRId64, def[q->state].name, def[next].name, q->position);
	q->state = next;
	if (next == ST_DONE) {
		uv_close((uv_handle_t *)&q->timer, on_closed);
		uv_close((uv_handle_t *)&q->grace, on_closed);
	}
}

static void
run(struct hook_queue *q, enum what what, const struct err *err)
{
	assert(what == def[q->state].waits);
	move(q, def[q->state].step(q, err));
}

enum err_code
hook_queue_begin(struct store *s, const struct hook_settings *settings, int64_t *position,
    struct err *err)
{
	int64_t last, at;

	if (store_cursor_load(s, slice_of(cursor), &last, err))
		return err->code;
	at = last;
	if (settings->on.n == 0)
		at = 0;
	else if (at == 0 && store_event_newest(s, &at, err))
		return err->code;
	if (at != last && store_cursor_save(s, slice_of(cursor), at, err))
		return err->code;
	*position = at;
	return ERR_OK;
}

enum err_code
hook_queue_open(const struct hook_queue_options *opt, struct hook_queue **out, struct err *err)
{
	struct hook_queue *q = calloc(1, sizeof *q);

	if (!q)
		return err_set(err, ERR_NOMEM, "hooks");
	q->opt = *opt;
	q->position = opt->position;
	buf_init(&q->json, EVENT_MAX);
	(void)uv_timer_init(opt->loop, &q->timer);
	(void)uv_timer_init(opt->loop, &q->grace);
	q->timer.data = q->grace.data = q;
	q->open = 2;
	*out = q;
	run(q, EV_GROWN, NULL); /* perhaps it has, while nobody was there to see */
	return ERR_OK;
}

void
hook_queue_wake(struct hook_queue *q)
{
	q->grown = true;
	if (q->state == ST_IDLE)
		run(q, EV_GROWN, NULL);
}

static void
cut(struct hook_queue *q)
{
	q->cut = true;
	if (q->state == ST_CALL)
		hook_call_cancel(q->call);
}

static void
on_grace_over(uv_timer_t *timer)
{
	cut(timer->data);
}

void
hook_queue_close(struct hook_queue *q, uint64_t grace_ms, void (*closed)(void *arg), void *arg)
{
	if (q->closed) {
		cut(q);
		return;
	}
	q->closed = closed;
	q->closed_arg = arg;
	(void)uv_timer_start(&q->grace, on_grace_over, grace_ms, 0);
	if (q->state == ST_IDLE || q->state == ST_WAIT)
		move(q, ST_DONE);
}
