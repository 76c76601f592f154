/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/order.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/sending/release.h"
#include "agent/sending/roster.h"
#include "store/store_async.h"

enum { SERIAL_SIZE = 256, ACTOR_SIZE = 64, TEXT_SIZE = 2048 + 1, MESSAGE_SIZE = TEXT_SIZE + 64 };

struct order {
	struct order_place place;
	struct order_request req; /* its texts are those below */
	agent_done_fn *done;
	void *arg;
	uint64_t n;
	char serial[SERIAL_SIZE];
	char customer[ENTITY_NAME_SIZE];
	char actor[ACTOR_SIZE];
	char text[TEXT_SIZE];
};

typedef enum err_code run_fn(struct store *s, struct order *o, struct err *err);

/* about: a template; whom it concerns is filled in where it is not said. */
static enum err_code
add_event(struct store *s, const struct order *o, struct store_event about, const char *message,
    struct err *err)
{
	about.actor = slice_of(o->actor);
	if (!about.customer.len)
		about.customer = slice_of(o->customer);
	about.message = slice_of(message);
	return store_event_add(s, &about, err);
}

/* --- devices --- */

static enum err_code
run_retry(struct store *s, struct order *o, struct err *err)
{
	char message[64];

	if (release_holds(s, o->place.config, o->customer[0] ? o->customer : NULL, err) ||
	    store_retry(s, &o->req.query, &o->n, err))
		return err->code;
	(void)snprintf(message, sizeof message, "%" PRIu64 " device%s queued again", o->n,
	    o->n == 1 ? " is" : "s are");
	return add_event(s, o,
	    (struct store_event){
	        .kind = slice_of(o->req.kind == ORDER_RELEASE ? "released" : "retried"),
	        .serial = o->req.query.serial,
	        .list = o->req.query.list,
	    },
	    message, err);
}

static enum err_code
run_image(struct store *s, struct order *o, struct err *err)
{
	char message[64];

	if (store_image_ack(s, &o->req.query, clock_unix_ms(o->place.clock), &o->n, err))
		return err->code;
	if (o->n == 0 && o->req.query.list > 0)
		return err_set(err, ERR_NOT_FOUND, "there is no device of a list %" PRId64,
		    o->req.query.list);
	if (o->n == 0)
		return err_set(err, ERR_NOT_FOUND, "no device has the serial number %s", o->serial);
	(void)snprintf(message, sizeof message, "the image of %" PRIu64 " device%s is right", o->n,
	    o->n == 1 ? "" : "s");
	return add_event(s, o,
	    (struct store_event){
	        .kind = slice_of("image_acknowledged"),
	        .serial = o->req.query.serial,
	        .list = o->req.query.list,
	    },
	    message, err);
}

/* --- customers --- */

static enum err_code
pause_one(struct store *s, const struct customer *c, bool pause, struct err *err)
{
	struct slice reason = slice_of(hold_reason_name(HOLD_PAUSED));
	char scope[SCOPE_NAME_SIZE];

	(void)snprintf(scope, sizeof scope, "customer/%s", c->name);
	if (!pause)
		return store_unhold(s, slice_of(scope), reason, err);
	return store_hold(s, slice_of(scope), reason,
	    slice_of("paused by an operator; \"autoreg resume\" lets it go on"), err);
}

static enum err_code
run_pause(struct store *s, struct order *o, struct err *err)
{
	const struct customer_list *c = &o->place.config->customers;
	bool pause = o->req.kind == ORDER_PAUSE;

	for (size_t i = 0; i < c->n; i++) {
		if (o->customer[0] && strcmp(c->item[i].name, o->customer) != 0)
			continue;
		if (pause_one(s, &c->item[i], pause, err))
			return err->code;
		o->n++;
	}
	if (o->n == 0 && o->customer[0])
		return err_set(err, ERR_NOT_FOUND, "there is no customer %s", o->customer);
	return add_event(s, o,
	    (struct store_event){ .kind = slice_of(pause ? "paused" : "resumed") },
	    pause ? "nothing is sent any more" : "sending goes on", err);
}

/* --- claims --- */

struct claim_news {
	struct store *store;
	const struct order *order;
};

static enum err_code
tell_claim(void *arg, const struct store_claim *c, struct err *err)
{
	static const struct {
		const char *kind;
		const char *message;
	} news[] = {
		[CLAIM_CASE] = { "claim_case", "case of support: " },
		[CLAIM_NOTE] = { "claim_note", "" },
		[CLAIM_STOP] = { "claim_stopped", "it is not asked about any more" },
		[CLAIM_RESUME] = { "claim_resumed", "it is asked about at once" },
	};
	const struct claim_news *n = arg;
	enum store_claim_part part = n->order->req.part;
	char message[MESSAGE_SIZE];

	(void)snprintf(message, sizeof message, "%s%s", news[part].message, n->order->text);
	return add_event(n->store, n->order,
	    (struct store_event){
	        .kind = slice_of(news[part].kind),
	        .customer = c->customer,
	        .serial = c->serial,
	    },
	    message, err);
}

static enum err_code
run_claim(struct store *s, struct order *o, struct err *err)
{
	struct claim_news news = { s, o };
	const struct store_claim_query q = {
		.serial = o->req.query.serial,
		.customer = o->req.query.customer,
	};

	if (store_claim_change(s, &q, o->req.part, slice_of(o->text), clock_unix_ms(o->place.clock),
	        &o->n, err))
		return err->code;
	if (o->n == 0)
		return err_set(err, ERR_NOT_FOUND,
		    "no device with the serial number %s is claimed by another organization",
		    o->serial);
	return store_claims(s, &q, tell_claim, &news, err);
}

/* --- any --- */

static enum err_code
run_note(struct store *s, struct order *o, struct err *err)
{
	return add_event(s, o, (struct store_event){ .kind = slice_of(o->req.event) }, o->text,
	    err);
}

static enum err_code
run(struct store *s, void *arg, struct err *err)
{
	static run_fn *const of[] = {
		[ORDER_RETRY] = run_retry,
		[ORDER_RELEASE] = run_retry,
		[ORDER_PAUSE] = run_pause,
		[ORDER_RESUME] = run_pause,
		[ORDER_IMAGE] = run_image,
		[ORDER_CLAIM] = run_claim,
		[ORDER_NOTE] = run_note,
	};
	struct order *o = arg;

	return of[o->req.kind](s, o, err);
}

static void
on_done(void *arg, const struct err *err)
{
	struct order *o = arg;
	struct order_place place = o->place;
	agent_done_fn *done = o->done;
	void *done_arg = o->arg;
	uint64_t n = o->n;

	free(o);
	if (!err && place.changed)
		place.changed(place.arg);
	if (done)
		done(done_arg, n, err);
}

static void
copy_texts(struct order *o)
{
	const struct store_device_query *q = &o->req.query;

	(void)snprintf(o->serial, sizeof o->serial, SLICE_FMT, SLICE_ARG(q->serial));
	(void)snprintf(o->customer, sizeof o->customer, SLICE_FMT, SLICE_ARG(q->customer));
	(void)snprintf(o->actor, sizeof o->actor, "%s", o->req.actor);
	(void)snprintf(o->text, sizeof o->text, "%s", o->req.text ? o->req.text : "");
	o->req.query.serial = slice_of(o->serial);
	o->req.query.customer = slice_of(o->customer);
}

enum err_code
order_give(const struct order_place *place, const struct order_request *req, agent_done_fn *done,
    void *arg, struct err *err)
{
	struct order *o;

	if (req->query.serial.len >= SERIAL_SIZE || req->query.customer.len >= ENTITY_NAME_SIZE)
		return err_set(err, ERR_NOT_FOUND, "there is nothing of such a long name");
	if (req->text && strlen(req->text) >= TEXT_SIZE)
		return err_set(err, ERR_USAGE, "the text is longer than %d bytes", TEXT_SIZE - 1);
	o = calloc(1, sizeof *o);
	if (!o)
		return err_set(err, ERR_NOMEM, "order");
	o->place = *place;
	o->req = *req;
	o->done = done;
	o->arg = arg;
	copy_texts(o);
	if (store_async_start(place->writer, run, on_done, o, err)) {
		free(o);
		return err->code;
	}
	return ERR_OK;
}
