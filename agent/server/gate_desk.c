/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server/gate_desk.h"

#include <assert.h>
#include <stdlib.h>
#include <uv.h>

#include "agent/engine/agent.h"
#include "agent/gate/gate_inquiry.h"
#include "store/store_async.h"

enum { HTTP_OK = 200, HTTP_NOT_FOUND = 404, HTTP_CONFLICT = 409, PERIOD_MS = 20 };

/* Somebody who asks. */
struct asking {
	struct gate_desk *desk;
	struct http_exchange *x;
	const char *serial; /* borrowed from x, which stays until it is answered */
	bool by_status;
	uint64_t until_ms; /* of the loop; when it gets an answer whatever that is */
	struct gate_inquiry inquiry;
	struct err failure;
	struct asking *next; /* who waits as well */
};

/*
 *   asked --> read --> answered
 *              |  ^
 *              v  |
 *            waiting        all who wait are read in one turn, every PERIOD_MS
 */
struct gate_desk {
	struct agent *agent;
	uv_timer_t timer;       /* runs while somebody waits and nobody is read */
	struct asking *waiting; /* for their turn */
	struct asking *turn;    /* the store's thread has them; NULL: it has nothing */
	size_t nwaiting;        /* of both */
	bool hurry;
	void (*closed)(void *arg);
	void *closed_arg;
};

/* --- answering ------------------------------------------------------------------------------------- */

static unsigned
status_of(enum gate_cause cause)
{
	if (cause == GATE_UNKNOWN)
		return HTTP_NOT_FOUND;
	return gate_cause_may_ship(cause) ? HTTP_OK : HTTP_CONFLICT;
}

static void
asking_free(struct asking *a)
{
	gate_inquiry_done(&a->inquiry);
	free(a);
}

static bool
is_due(const struct asking *a)
{
	return a->desk->hurry || uv_now(a->desk->timer.loop) >= a->until_ms;
}

/* True: it has its answer, and is gone. */
static bool
answer(struct asking *a)
{
	enum gate_cause cause;
	json_t *doc;

	if (a->failure.code) {
		http_exchange_fail(a->x, &a->failure);
		asking_free(a);
		return true;
	}
	doc = gate_inquiry_json(&a->inquiry, agent_config(a->desk->agent), &cause);
	if (cause == GATE_WAITS && !is_due(a)) {
		json_decref(doc);
		return false;
	}
	http_exchange_json(a->x, a->by_status ? status_of(cause) : HTTP_OK, doc);
	asking_free(a);
	return true;
}

/* --- reading ---------------------------------------------------------------------------------------- */

static void
read_one(struct store *s, struct asking *a)
{
	if (!a->failure.code)
		a->failure.code = gate_inquiry_read(&a->inquiry, s, &a->failure);
}

static enum err_code
read_turn(struct store *s, void *arg, struct err *err)
{
	const struct gate_desk *d = arg;

	(void)err;
	for (struct asking *a = d->turn; a; a = a->next)
		read_one(s, a);
	return ERR_OK;
}

static void on_timer(uv_timer_t *timer);

static void
go_on(struct gate_desk *d)
{
	if (d->waiting && !d->turn)
		(void)uv_timer_start(&d->timer, on_timer, d->hurry ? 0 : PERIOD_MS, 0);
}

static void
wait(struct gate_desk *d, struct asking *a)
{
	a->next = d->waiting;
	d->waiting = a;
}

static void
on_turn_read(void *arg, const struct err *err)
{
	struct gate_desk *d = arg;
	struct asking *a = d->turn, *next;

	d->turn = NULL;
	for (; a; a = next) {
		next = a->next;
		if (err)
			a->failure = *err;
		if (answer(a))
			d->nwaiting--;
		else
			wait(d, a);
	}
	go_on(d);
}

static void
on_timer(uv_timer_t *timer)
{
	struct gate_desk *d = timer->data;
	struct err err;

	d->turn = d->waiting;
	d->waiting = NULL;
	for (struct asking *a = d->turn; a; a = a->next) {
		gate_inquiry_done(&a->inquiry);
		a->failure.code = gate_inquiry_init(&a->inquiry, a->serial, &a->failure);
	}
	if (store_async_start(agent_reader(d->agent), read_turn, on_turn_read, d, &err))
		on_turn_read(d, &err);
}

/* --- the first look ---------------------------------------------------------------------------------- */

static enum err_code
read_first(struct store *s, void *arg, struct err *err)
{
	(void)err;
	read_one(s, arg);
	return ERR_OK;
}

static void
on_first_read(void *arg, const struct err *err)
{
	struct asking *a = arg;
	struct gate_desk *d = a->desk;

	if (err)
		a->failure = *err;
	if (answer(a)) {
		/* It needed not wait. */
	} else if (d->nwaiting == GATE_WAITERS_MAX) {
		(void)err_set(&a->failure, ERR_BUSY, "%d others wait already; ask without wait",
		    GATE_WAITERS_MAX);
		(void)answer(a);
	} else {
		d->nwaiting++;
		wait(d, a);
		go_on(d);
	}
}

void
gate_desk_ask(struct gate_desk *d, struct http_exchange *x, const char *serial, bool by_status,
    uint64_t wait_ms)
{
	struct asking *a = calloc(1, sizeof *a);
	struct err err;

	if (!a) {
		http_exchange_fail(x, &(struct err){ ERR_NOMEM, "out of memory" });
		return;
	}
	*a = (struct asking){
		.desk = d,
		.x = x,
		.serial = serial,
		.by_status = by_status,
		.until_ms = uv_now(d->timer.loop) + wait_ms,
	};
	if (gate_inquiry_init(&a->inquiry, serial, &err) ||
	    store_async_start(agent_reader(d->agent), read_first, on_first_read, a, &err))
		on_first_read(a, &err);
}

/* --- life --------------------------------------------------------------------------------------------- */

enum err_code
gate_desk_new(struct uv_loop_s *loop, struct agent *agent, struct gate_desk **out, struct err *err)
{
	struct gate_desk *d = calloc(1, sizeof *d);

	if (!d)
		return err_set(err, ERR_NOMEM, "gate");
	d->agent = agent;
	d->timer.data = d;
	(void)uv_timer_init(loop, &d->timer);
	*out = d;
	return ERR_OK;
}

void
gate_desk_hurry(struct gate_desk *d)
{
	d->hurry = true;
	go_on(d);
}

static void
on_closed(uv_handle_t *timer)
{
	struct gate_desk *d = timer->data;
	void (*closed)(void *arg) = d->closed;
	void *arg = d->closed_arg;

	free(d);
	if (closed)
		closed(arg);
}

void
gate_desk_close(struct gate_desk *d, void (*closed)(void *arg), void *arg)
{
	assert(!d->waiting && !d->turn);
	d->closed = closed;
	d->closed_arg = arg;
	uv_close((uv_handle_t *)&d->timer, on_closed);
}
