/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/sending/batch_step.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/sending/consent_record.h"
#include "base/fault_point.h"
#include "base/guid.h"
#include "base/log.h"
#include "store/store_async.h"

/*
 *	             +-- told to wait --+
 *	             |                  v
 *	LOAD --------+----> ASK ----> SAVE ----> DONE
 *	  |                                       ^
 *	  +--------- nothing queued, error -------+
 */
enum state { ST_LOAD, ST_ASK, ST_SAVE, ST_DONE, NSTATE };
enum what { EV_LOADED, EV_ANSWER, EV_SAVED, EV_NONE };

struct event {
	enum what what;
	const struct err *err;               /* EV_LOADED, EV_SAVED: NULL on success */
	const struct channel_answer *answer; /* EV_ANSWER, as the next three */
	const char *tracking;
	const struct verdict *said;
	const bool *there;
};

enum { LISTS_FIRST = 8 };

struct batch_step {
	/* fixed at creation */
	struct batch_step_request req;
	batch_step_fn *done;
	void *arg;
	char request_id[GUID_SIZE];
	char correlation_id[GUID_SIZE];
	char next_request_id[2][GUID_SIZE]; /* of what is sent next, for each half */

	/* changes */
	enum state state;
	bool stepping;
	bool cancelled;
	int64_t pause_ms; /* 0: others were not told to wait */
	int64_t id;
	struct batch *batch; /* NULL: nothing was queued */
	struct channel_op *op;
	struct channel_answer answer;
	char tracking[BATCH_TRACKING_SIZE];
	struct batch_outcome outcome;
	struct batch_step_result result;
	int64_t *list;
	size_t list_room;
	struct err err;
};

typedef enum state step_fn(struct batch_step *st, const struct event *ev);
static step_fn step_load, step_ask, step_save;

#define TO(s) (1u << (s))
static const struct {
	const char *name;
	enum what waits;
	unsigned to;
	step_fn *step;
} def[NSTATE] = {
	[ST_LOAD] = { "load", EV_LOADED, TO(ST_ASK) | TO(ST_SAVE) | TO(ST_DONE), step_load },
	[ST_ASK] = { "ask", EV_ANSWER, TO(ST_SAVE) | TO(ST_DONE), step_ask },
	[ST_SAVE] = { "save", EV_SAVED, TO(ST_DONE), step_save },
	[ST_DONE] = { "done", EV_NONE, 0, NULL },
};

static void
step_free(struct batch_step *st)
{
	batch_free(st->batch);
	free(st->outcome.settlement);
	free(st->outcome.verdict);
	free(st->list);
	free(st);
}

/* The only place that changes the state. */
static void
run(struct batch_step *st, const struct event *ev)
{
	enum state next;

	assert(!st->stepping);
	assert(ev->what == def[st->state].waits);
	st->stepping = true;
	next = def[st->state].step(st, ev);
	st->stepping = false;
	assert(def[st->state].to & TO(next));
	log_trace("step batch=%" PRId64 " %s -> %s", st->id, def[st->state].name, def[next].name);
	st->state = next;
	if (next == ST_DONE) {
		st->done(st->arg, &st->result, st->err.code ? &st->err : NULL);
		step_free(st);
	}
}

/* --- on the store's thread: the batch out of the store ---------------------------------------------- */

static enum err_code
read_head(void *arg, const struct store_batch_head *h, struct err *err)
{
	struct batch_step *st = arg;
	const struct customer *c = st->req.customer;
	const struct batch_head head = {
		.id = h->id,
		.customer = h->customer,
		.tenant = slice_of(c->tenant),
		.domain = slice_of(c->domain ? c->domain : ""),
		.tag = h->tag,
		.order = h->order,
	};
	struct batch *b;

	if (h->tracking.len >= sizeof b->tracking || h->request_id.len >= sizeof b->request_id ||
	    h->correlation_id.len >= sizeof b->correlation_id)
		return err_set(err, ERR_FORMAT,
		    "the store's batch %" PRId64 " has an impossible id", h->id);
	if (batch_new(&head, &b, err))
		return err->code;
	memcpy(b->request_id, h->request_id.ptr, h->request_id.len);
	memcpy(b->correlation_id, h->correlation_id.ptr, h->correlation_id.len);
	if (h->tracking.len)
		memcpy(b->tracking, h->tracking.ptr, h->tracking.len);
	b->attempts = h->attempts;
	st->batch = b;
	return ERR_OK;
}

static enum err_code
read_device(void *arg, const struct store_batch_device *d, struct err *err)
{
	struct batch_step *st = arg;
	const struct batch_device device = {
		.id = d->id,
		.serial = d->serial,
		.product_id = d->product_id,
		.manufacturer = d->manufacturer,
		.model = d->model,
		.hash = d->hash,
		.hash_len = d->hash_len,
		.attempts = d->attempts,
		.claims = d->claims,
		.lost = d->lost,
		.received_unix_ms = d->received_unix_ms,
	};

	return batch_add(st->batch, &device, err);
}

static enum err_code
note_before(void *arg, const struct store_batch *b, struct err *err)
{
	struct batch_step *st = arg;

	(void)err;
	st->result.before = *b;
	return ERR_OK;
}

static enum err_code
load(struct store *s, void *arg, struct err *err)
{
	struct batch_step *st = arg;
	const struct batch_step_request *req = &st->req;
	const struct store_batch_reader reader = { st, read_head, read_device };

	batch_free(st->batch); /* of a try whose commit failed */
	st->batch = NULL;
	st->id = req->batch;
	switch (req->kind) {
	case STEP_CLAIM:
		if (store_batch_claim(s, req->lane, req->max_devices, req->max_bytes,
		        slice_of(st->request_id), slice_of(st->correlation_id), &reader, &st->id,
		        err))
			return err->code;
		break;
	case STEP_RESEND:
		if (store_batch_resend(s, req->batch, err) ||
		    store_batch_load(s, req->batch, true, &reader, err))
			return err->code;
		break;
	case STEP_POLL:
	case STEP_LOOK:
		if (store_batch_load(s, req->batch, false, &reader, err))
			return err->code;
		break;
	}
	return st->id ? store_batches(s, st->id, note_before, st, err) : ERR_OK;
}

/* --- on the store's thread: what follows from the answer --------------------------------------------- */

static enum err_code
note_after(void *arg, const struct store_batch *b, struct err *err)
{
	struct batch_step *st = arg;

	(void)err;
	st->result.after[st->result.nafter++] = *b;
	return ERR_OK;
}

static enum err_code
note_list(void *arg, int64_t list, struct err *err)
{
	struct batch_step *st = arg;
	size_t n = st->result.nlist;

	if (n == st->list_room) {
		size_t room = n ? n * 2 : LISTS_FIRST;
		int64_t *more = realloc(st->list, room * sizeof *more);

		if (!more)
			return err_set(err, ERR_NOMEM, "lists of a batch");
		st->list = more;
		st->list_room = room;
	}
	st->list[n] = list;
	st->result.nlist++;
	return ERR_OK;
}

/* What the answer means for the lane, the customer or the service as a whole. */
static enum err_code
save_scope(struct store *s, struct batch_step *st, struct err *err)
{
	const struct batch_decision *d = &st->outcome.decision;
	const struct batch_step_request *req = &st->req;
	char lane[SCOPE_NAME_SIZE], message[HOLD_MESSAGE_SIZE];
	const char *name[] = {
		[SCOPE_LANE] = lane,
		[SCOPE_CUSTOMER] = req->customer_scope,
		[SCOPE_SERVICE] = req->service_scope,
	};

	(void)snprintf(lane, sizeof lane, "lane/%" PRId64, req->lane);
	hold_message(&st->answer, "", message);
	if (d->hold == SCOPE_CUSTOMER) {
		if (consent_record_answer(s, req->customer, req->service_scope, &st->answer,
		        clock_unix_ms(req->clock), &st->result.consent, err))
			return err->code;
	} else if (d->hold) {
		if (store_hold(s, slice_of(name[d->hold]), slice_of(d->reason), slice_of(message),
		        err))
			return err->code;
	}
	if (d->pause)
		return store_pause_set(s, slice_of(name[d->pause]), d->pause_until_unix_ms, err);
	return ERR_OK;
}

static enum err_code
settle(struct store *s, struct batch_step *st, struct err *err)
{
	const struct batch_decision *d = &st->outcome.decision;

	/* Before the devices leave the batch, because nobody knows its lists afterwards. */
	if (store_batch_lists(s, st->id, note_list, st, err) ||
	    store_batch_settle(s, st->id, st->outcome.settlement, st->batch->ndevice,
	        slice_of(st->answer.request_id), slice_of(st->answer.correlation_id), err))
		return err->code;
	if (d->state == BATCH_CLOSED)
		return ERR_OK;
	return store_batch_move(s, st->id, d->state, d->due_unix_ms, false, err);
}

/* other: the second half; 0: it is whole. */
static enum err_code
renew(struct store *s, const struct batch_step *st, int64_t other, struct err *err)
{
	if (store_batch_renew(s, st->id, slice_of(st->next_request_id[0]), err))
		return err->code;
	return other ? store_batch_renew(s, other, slice_of(st->next_request_id[1]), err) : ERR_OK;
}

static enum err_code
save(struct store *s, void *arg, struct err *err)
{
	struct batch_step *st = arg;
	const struct batch_decision *d = &st->outcome.decision;
	int64_t other = 0;
	enum err_code rc;

	st->result.nafter = 0;
	st->result.nlist = 0;
	if ((rc = save_scope(s, st, err)))
		return rc;
	switch (d->action) {
	case BATCH_ACCEPT:
		rc = store_batch_accepted(s, st->id, slice_of(st->tracking),
		    slice_of(st->answer.request_id), slice_of(st->answer.correlation_id),
		    d->due_unix_ms, err);
		break;
	case BATCH_MOVE:
		rc = store_batch_move(s, st->id, d->state, d->due_unix_ms, d->server_error, err);
		break;
	case BATCH_SETTLE:
		rc = settle(s, st, err);
		break;
	case BATCH_SPLIT:
		rc = store_batch_split(s, st->id, d->due_unix_ms, &other, err);
		break;
	case BATCH_DISSOLVE:
		rc = store_batch_dissolve(s, st->id, err);
		break;
	case BATCH_LEAVE:
		break;
	}
	if (rc == ERR_OK && d->new_request)
		rc = renew(s, st, other, err);
	if (rc == ERR_OK)
		rc = store_batches(s, st->id, note_after, st, err);
	if (rc == ERR_OK && other)
		rc = store_batches(s, other, note_after, st, err);
	return rc;
}

/* --- callbacks ----------------------------------------------------------------------------------------- */

static void
on_loaded(void *arg, const struct err *err)
{
	run(arg, &(struct event){ .what = EV_LOADED, .err = err });
}

static void
on_saved(void *arg, const struct err *err)
{
	run(arg, &(struct event){ .what = EV_SAVED, .err = err });
}

static void
on_submitted(void *arg, const struct channel_answer *answer, const char *tracking)
{
	run(arg, &(struct event){ .what = EV_ANSWER, .answer = answer, .tracking = tracking });
}

static void
on_polled(void *arg, const struct channel_answer *answer, const struct verdict *said)
{
	run(arg, &(struct event){ .what = EV_ANSWER, .answer = answer, .said = said });
}

static void
on_looked(void *arg, const struct channel_answer *answer, const bool *there)
{
	run(arg, &(struct event){ .what = EV_ANSWER, .answer = answer, .there = there });
}

/* --- steps --------------------------------------------------------------------------------------------- */

static enum err_code
ask(struct batch_step *st)
{
	struct channel *c = st->req.channel;

	switch (st->req.kind) {
	case STEP_CLAIM:
	case STEP_RESEND:
		fault_point("batch.send");
		return c->ops->submit(c, st->batch, on_submitted, st, &st->op, &st->err);
	case STEP_POLL:
		return c->ops->poll(c, st->batch, on_polled, st, &st->op, &st->err);
	case STEP_LOOK:
		return c->ops->look(c, st->batch, on_looked, st, &st->op, &st->err);
	}
	return ERR_OK;
}

static enum err_code
make_room(struct batch_step *st)
{
	size_t n = st->batch->ndevice;

	st->outcome.settlement = calloc(n + 1, sizeof *st->outcome.settlement);
	st->outcome.verdict = calloc(n + 1, sizeof *st->outcome.verdict);
	if (!st->outcome.settlement || !st->outcome.verdict)
		return err_set(&st->err, ERR_NOMEM, "verdicts");
	return ERR_OK;
}

static void
decide(struct batch_step *st, const struct event *ev)
{
	const struct batch_rules rules = {
		.config = st->req.config,
		.poll = st->req.poll,
		.random = st->req.random,
		.now_unix_ms = clock_unix_ms(st->req.clock),
		.typical_ms = st->req.typical_ms,
		.strikes = st->req.strikes,
		.oem = st->req.oem,
	};
	const struct store_batch *before = &st->result.before;

	st->result.lead_ms = rules.now_unix_ms - (int64_t)clock_mono_ms(st->req.clock);
	switch (st->req.kind) {
	case STEP_CLAIM:
	case STEP_RESEND:
		batch_policy_submitted(&rules, before, st->batch, ev->answer, &st->outcome);
		break;
	case STEP_POLL:
		batch_policy_polled(&rules, before, st->batch, ev->answer, ev->said, &st->outcome);
		break;
	case STEP_LOOK:
		batch_policy_looked(&rules, before, st->batch, ev->answer, ev->there, &st->outcome);
		break;
	}
}

static size_t
count_settled(const struct batch_step *st)
{
	size_t n = 0;

	if (st->outcome.decision.action != BATCH_SETTLE)
		return 0;
	for (size_t i = 0; i < st->batch->ndevice; i++)
		n += st->outcome.settlement[i].state != DEVICE_SUBMITTED;
	return n;
}

/* What is asked for has its answer. */
static enum state
conclude(struct batch_step *st, const struct event *ev)
{
	st->answer = *ev->answer;
	if (ev->tracking) {
		size_t n = strlen(ev->tracking);

		assert(n < sizeof st->tracking);
		memcpy(st->tracking, ev->tracking, n + 1);
	}
	decide(st, ev);
	st->result.answer = &st->answer;
	st->result.decision = &st->outcome.decision;
	st->result.batch = st->batch;
	st->result.settlement = st->outcome.settlement;
	st->result.settled = count_settled(st);
	if (store_async_start(st->req.writer, save, on_saved, st, &st->err))
		return ST_DONE;
	return ST_SAVE;
}

/* Nothing has left, and nothing will before the wait is over. */
static enum state
conclude_unsent(struct batch_step *st)
{
	struct channel_answer answer = {
		.outcome = CHANNEL_THROTTLED,
		.call = "",
		.retry_after_ms = st->pause_ms,
		.message = "the service has just asked to wait",
		.advice = "",
	};

	return conclude(st, &(struct event){ .what = EV_ANSWER, .answer = &answer });
}

static enum state
step_load(struct batch_step *st, const struct event *ev)
{
	if (ev->err) {
		st->err = *ev->err;
		/* Perhaps it was read, but nothing of it has happened: there may be no such batch. */
		memset(&st->result.before, 0, sizeof st->result.before);
		return ST_DONE;
	}
	if (!st->batch) {
		st->result.nothing = true;
		return ST_DONE;
	}
	if (make_room(st))
		return ST_DONE;
	if (st->pause_ms)
		return conclude_unsent(st);
	if (ask(st))
		return ST_DONE;
	if (st->cancelled)
		st->req.channel->ops->cancel(st->op);
	return ST_ASK;
}

static enum state
step_ask(struct batch_step *st, const struct event *ev)
{
	fault_point("batch.answered");
	st->op = NULL;
	if (batch_policy_waits(ev->answer))
		st->req.on_wait(st->arg, ev->answer);
	return conclude(st, ev);
}

static enum state
step_save(struct batch_step *st, const struct event *ev)
{
	if (ev->err)
		st->err = *ev->err;
	st->result.list = st->list;
	return ST_DONE;
}

enum err_code
batch_step_start(const struct batch_step_request *req, batch_step_fn *done, void *arg,
    struct batch_step **out, struct err *err)
{
	struct batch_step *st = calloc(1, sizeof *st);

	if (!st)
		return err_set(err, ERR_NOMEM, "step of a batch");
	st->req = *req;
	st->done = done;
	st->arg = arg;
	if (guid_new(req->random, st->request_id, err) ||
	    guid_new(req->random, st->correlation_id, err) ||
	    guid_new(req->random, st->next_request_id[0], err) ||
	    guid_new(req->random, st->next_request_id[1], err) ||
	    store_async_start(req->writer, load, on_loaded, st, err)) {
		free(st);
		return err->code;
	}
	*out = st;
	return ERR_OK;
}

void
batch_step_cancel(struct batch_step *st)
{
	if (st->cancelled)
		return;
	st->cancelled = true;
	switch (st->state) {
	case ST_LOAD: /* a commit is short; the channel is cancelled as soon as it has started */
	case ST_SAVE:
	case ST_DONE:
	case NSTATE:
		break;
	case ST_ASK:
		st->req.channel->ops->cancel(st->op);
		break;
	}
}

void
batch_step_pause(struct batch_step *st, int64_t for_ms)
{
	st->pause_ms = for_ms;
	if (st->state == ST_ASK && st->op)
		st->req.channel->ops->pause(st->op, for_ms);
}
