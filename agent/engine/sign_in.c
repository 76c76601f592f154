/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/sign_in.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "agent/engine/login_record.h"
#include "agent/sending/roster.h"
#include "auth/device_login.h"
#include "base/log.h"
#include "store/store_async.h"

enum { ACTOR_SIZE = 32 };

/*
 *    LOGIN ---- tokens ----> ADOPT ---- durable ----> PROBE ---- answer ----> RECORD
 *      |                       |                                     ^          |
 *      |                       +--------- no customer to ask after --+          |
 *      |                       |                                                v
 *      +------- refused -------+--------- not durable -----------------------> CLOSE ----> done
 *
 * CLOSE waits for libuv to let go of the timer. A token that the service does not take is kept all
 * the same: it is what the person has got, and what went before it did not do either.
 */
enum state { ST_LOGIN, ST_ADOPT, ST_PROBE, ST_RECORD, ST_CLOSE, NSTATE };
enum what { EV_LOGIN, EV_ADOPTED, EV_ANSWER, EV_RECORDED, EV_NONE };

struct event {
	enum what what;
	const struct err *err;               /* NULL on success */
	struct device_login_end *end;        /* EV_LOGIN */
	const struct channel_answer *answer; /* EV_ANSWER */
};

typedef enum state step_fn(struct sign_in *s, const struct event *ev);
static step_fn step_login, step_adopt, step_probe, step_record;

#define TO(s) (1u << (s))
static const struct {
	const char *name;
	enum what waits; /* the one completion this state expects */
	unsigned to;     /* states it may move to */
	step_fn *step;   /* starts what the next state waits for, returns that state */
} def[NSTATE] = {
	[ST_LOGIN] = { "login", EV_LOGIN, TO(ST_ADOPT) | TO(ST_CLOSE), step_login },
	[ST_ADOPT] = { "adopt", EV_ADOPTED, TO(ST_PROBE) | TO(ST_RECORD) | TO(ST_CLOSE),
	    step_adopt },
	[ST_PROBE] = { "probe", EV_ANSWER, TO(ST_RECORD) | TO(ST_CLOSE), step_probe },
	[ST_RECORD] = { "record", EV_RECORDED, TO(ST_CLOSE), step_record },
	[ST_CLOSE] = { "close", EV_NONE, 0, NULL },
};

struct sign_in {
	/* Fixed at creation. */
	struct sign_in_options opt;
	char actor[ACTOR_SIZE];

	/* Changes. */
	enum state state;
	bool stepping;
	uv_timer_t timer;           /* LOGIN: when to ask again */
	struct device_login *login; /* LOGIN */
	struct channel_op *op;      /* PROBE */
	bool refused;               /* the service does not take the token */
	char told[HOLD_MESSAGE_SIZE];
};

static void
on_closed(uv_handle_t *handle)
{
	struct sign_in *s = handle->data;
	struct sign_in_options opt = s->opt;

	free(s); /* first, so that done may start another one */
	opt.done(opt.arg);
}

/* The only place that changes the state. */
static void
run(struct sign_in *s, const struct event *ev)
{
	enum state next;

	assert(!s->stepping); /* a callback fired inside the call that started it */
	assert(ev->what == def[s->state].waits);
	s->stepping = true;
	next = def[s->state].step(s, ev);
	s->stepping = false;
	assert(def[s->state].to & TO(next));
	log_trace("sign-in %s -> %s", def[s->state].name, def[next].name);
	s->state = next;
	if (next == ST_CLOSE)
		uv_close((uv_handle_t *)&s->timer, on_closed);
}

static enum state
fail(struct sign_in *s, const struct err *why, enum token_trouble trouble, const char *advice)
{
	struct sign_in_news *n = s->opt.news;

	n->state = SIGN_IN_FAILED;
	n->trouble = trouble;
	n->advice = advice;
	(void)snprintf(n->message, sizeof n->message, "%s", why->msg);
	return ST_CLOSE;
}

/* The store, or memory: nobody has been refused. */
static enum state
fail_here(struct sign_in *s, const struct err *why)
{
	return fail(s, why, TOKEN_WAIT, "Mend what is wrong on this machine, and sign in again.");
}

/* --- the person --- */

static void
on_show(void *arg, const struct device_code *code)
{
	struct sign_in *s = arg;
	struct sign_in_news *n = s->opt.news;

	n->state = SIGN_IN_WAITING;
	memcpy(n->user_code, code->user, sizeof n->user_code);
	memcpy(n->uri, code->uri, sizeof n->uri);
	n->expires_unix_ms = clock_unix_ms(s->opt.clock) + (int64_t)code->life_s * 1000;
	s->opt.shown(s->opt.arg);
}

static void
on_timer(uv_timer_t *timer)
{
	const struct sign_in *s = timer->data;

	device_login_wake(s->login);
}

static void
on_wait(void *arg, uint64_t ms)
{
	struct sign_in *s = arg;

	(void)uv_timer_start(&s->timer, on_timer, ms, 0);
}

static void
on_login(void *arg, struct device_login_end *end)
{
	run(arg,
	    &(struct event){ .what = EV_LOGIN,
	        .err = end->err.code ? &end->err : NULL,
	        .end = end });
}

/* --- the token --- */

static void
on_adopted(void *arg, const struct err *err)
{
	run(arg, &(struct event){ .what = EV_ADOPTED, .err = err });
}

static enum state
step_login(struct sign_in *s, const struct event *ev)
{
	struct sign_in_news *n = s->opt.news;
	struct err err;

	s->login = NULL;
	n->who = ev->end->claims;
	if (ev->err)
		return fail(s, ev->err, ev->end->result.trouble, ev->end->result.advice);
	n->state = SIGN_IN_CHECKING;
	n->at_unix_ms = clock_unix_ms(s->opt.clock);
	if (token_source_adopt(s->opt.tokens, &ev->end->token, on_adopted, s, &err))
		return fail_here(s, &err);
	return ST_ADOPT;
}

static void
on_answer(void *arg, const struct channel_answer *answer, bool granted)
{
	(void)granted; /* either way the service has let us in */
	run(arg, &(struct event){ .what = EV_ANSWER, .answer = answer });
}

static enum state start_recording(struct sign_in *s);

/* Whether a customer consents is the cheapest question that a token is needed for. */
static enum state
step_adopt(struct sign_in *s, const struct event *ev)
{
	const struct channel_tenant customer = { s->opt.customer, "" };
	struct channel *c = s->opt.channel;
	struct err err;

	if (ev->err)
		return fail_here(s, ev->err);
	if (s->opt.customer && c->ops->consent(c, &customer, on_answer, s, &s->op, &err) == ERR_OK)
		return ST_PROBE;
	return start_recording(s);
}

static enum state
step_probe(struct sign_in *s, const struct event *ev)
{
	const struct channel_answer *a = ev->answer;

	s->op = NULL;
	if (a->outcome == CHANNEL_AUTH) {
		s->refused = true;
		(void)snprintf(s->opt.news->message, sizeof s->opt.news->message, "%s", a->message);
		s->opt.news->advice = a->advice;
	}
	return start_recording(s);
}

/* --- what is remembered --- */

static enum err_code
record(struct store *store, void *arg, struct err *err)
{
	const struct sign_in *s = arg;
	const struct token_claims *who = &s->opt.news->who;
	const struct login_record r = {
		.partner = s->opt.partner->name,
		.actor = s->actor,
		.message = s->told,
	};

	if (!s->refused)
		return login_record_done(store, &r, who->account, who->roles,
		    s->opt.news->at_unix_ms, err);
	if (store_login_save(store, slice_of(r.partner), slice_of(who->account),
	        slice_of(who->roles), s->opt.news->at_unix_ms, err))
		return err->code;
	return login_record_lost(store, &r, err);
}

static void
on_recorded(void *arg, const struct err *err)
{
	run(arg, &(struct event){ .what = EV_RECORDED, .err = err });
}

/* What the store's thread reads of the news changes no more until it is done. */
static enum state
start_recording(struct sign_in *s)
{
	const struct sign_in_news *n = s->opt.news;
	const char *account = n->who.account[0] ? n->who.account : "somebody";
	struct err err;

	if (s->refused)
		(void)snprintf(s->told, sizeof s->told, "%s %s", n->message, n->advice);
	else
		(void)snprintf(s->told, sizeof s->told, "%s has signed in%s%s", account,
		    n->who.roles[0] ? ", as " : "", n->who.roles);
	if (store_async_start(s->opt.writer, record, on_recorded, s, &err))
		return fail_here(s, &err);
	return ST_RECORD;
}

static enum state
step_record(struct sign_in *s, const struct event *ev)
{
	struct sign_in_news *n = s->opt.news;

	if (ev->err)
		return fail_here(s, ev->err);
	if (s->refused) {
		n->state = SIGN_IN_FAILED;
		n->trouble = TOKEN_SIGN_IN;
		return ST_CLOSE;
	}
	n->state = SIGN_IN_DONE;
	n->advice = "";
	if (n->who.mfa == TOKEN_MFA_MISSING) {
		(void)snprintf(n->message, sizeof n->message,
		    "the sign-in was made without multi-factor authentication");
		n->advice = "If Partner Center refuses the token, sign in again with it.";
	}
	return ST_CLOSE;
}

/* --- life --- */

enum err_code
sign_in_start(const struct sign_in_options *opt, struct sign_in **out, struct err *err)
{
	struct sign_in *s = calloc(1, sizeof *s);

	if (!s)
		return err_set(err, ERR_NOMEM, "sign-in");
	s->opt = *opt;
	(void)snprintf(s->actor, sizeof s->actor, "%s", opt->actor);
	const struct device_login_options login = {
		.http = opt->http,
		.clock = opt->clock,
		.request = token_source_request(opt->tokens),
		.tenant = opt->partner->tenant,
		.arg = s,
		.show = on_show,
		.wait = on_wait,
		.done = on_login,
	};

	if (device_login_start(&login, &s->login, err)) {
		free(s);
		return err->code;
	}
	(void)uv_timer_init(opt->loop, &s->timer);
	s->timer.data = s;
	*opt->news = (struct sign_in_news){ .state = SIGN_IN_ASKING, .advice = "" };
	*out = s;
	return ERR_OK;
}

void
sign_in_cancel(struct sign_in *s)
{
	switch (s->state) {
	case ST_LOGIN:
		device_login_cancel(s->login);
		break;
	case ST_PROBE:
		s->opt.channel->ops->cancel(s->op);
		break;
	case ST_ADOPT: /* short, and what becomes of it must be known */
	case ST_RECORD:
	case ST_CLOSE:
	case NSTATE:
		break;
	}
}
