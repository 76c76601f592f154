/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/token_fetch.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

#include "auth/entra_error.h"
#include "auth/oauth_error.h"
#include "auth/token_request.h"
#include "base/log.h"
#include "http/http_call.h"

/* An answer comes within a second or two; those who wait for a token shall not wait for long. */
enum { TOTAL_MS = 30 * 1000 };

/*
 *    SIGN ---- signed ----> REQUEST ---- a new refresh token came ----> SAVE
 *      |                       |                                          |
 *      +- not signed,          +--- none came, refused, cancelled         |
 *      |  cancelled            v                                          |
 *      +--------------------> DONE <------------- saved or not -----------+
 *
 * Where nothing has to be signed it begins with REQUEST.
 */
enum state { ST_SIGN, ST_REQUEST, ST_SAVE, ST_DONE, NSTATE };
enum what { EV_SIGNED, EV_HTTP, EV_SAVED, EV_NONE };

struct event {
	enum what what;
	const struct err *err;           /* NULL on success */
	struct secret *const *assertion; /* EV_SIGNED, on success */
	const struct http_response *rsp; /* EV_HTTP, on success */
};

typedef enum state step_fn(struct token_fetch *f, const struct event *ev);
static step_fn step_sign, step_request, step_save;

#define TO(s) (1u << (s))
static const struct {
	const char *name;
	enum what waits; /* the one completion this state expects */
	unsigned to;     /* states it may move to */
	step_fn *step;   /* starts what the next state waits for, returns that state */
} def[NSTATE] = {
	[ST_SIGN] = { "sign", EV_SIGNED, TO(ST_REQUEST) | TO(ST_DONE), step_sign },
	[ST_REQUEST] = { "request", EV_HTTP, TO(ST_SAVE) | TO(ST_DONE), step_request },
	[ST_SAVE] = { "save", EV_SAVED, TO(ST_DONE), step_save },
	[ST_DONE] = { "done", EV_NONE, 0, NULL },
};

struct token_fetch {
	/* Fixed at creation. */
	struct token_fetch_options opt;
	token_fetch_fn *done;
	void *arg;

	/* Changes. */
	enum state state;
	bool stepping;
	struct secret *form;               /* ST_SIGN, without what is signed; else NULL */
	struct assertion_signing *signing; /* ST_SIGN */
	struct http_call *call;            /* ST_REQUEST */
	struct token_outcome outcome;
};

static void
finish(struct token_fetch *f)
{
	struct token_outcome outcome = f->outcome;
	token_fetch_fn *done = f->done;
	void *arg = f->arg;

	secret_free(f->form);
	free(f); /* first, so that done may start or free anything */
	done(arg, &outcome);
	token_answer_done(&outcome.token);
}

/* The only place that changes the state. */
static void
run(struct token_fetch *f, const struct event *ev)
{
	enum state next;

	assert(!f->stepping); /* a callback fired inside the call that started it */
	assert(ev->what == def[f->state].waits);
	f->stepping = true;
	next = def[f->state].step(f, ev);
	f->stepping = false;
	assert(def[f->state].to & TO(next));
	log_trace("token fetch %s -> %s", def[f->state].name, def[next].name);
	f->state = next;
	if (next == ST_DONE)
		finish(f);
}

static void
on_signed(void *f, struct secret **assertion, const struct err *err)
{
	run(f, &(struct event){ .what = EV_SIGNED, .err = err, .assertion = assertion });
}

static void
on_http(void *f, const struct http_response *rsp, const struct err *err)
{
	run(f, &(struct event){ .what = EV_HTTP, .err = err, .rsp = rsp });
}

static void
on_saved(void *f, const struct err *err)
{
	run(f, &(struct event){ .what = EV_SAVED, .err = err });
}

/* The old refresh token is as good as the new one would have been: replacing it revokes nothing. */
static enum state
give_up_saving(struct token_fetch *f, const struct err *why)
{
	struct token_outcome *o = &f->outcome;

	secret_free(o->token.refresh);
	o->token.refresh = NULL;
	o->err = *why;
	(void)err_wrap(&o->err, "the new refresh token is not saved, the old one stays in use");
	o->result = (struct token_result){
		.trouble = TOKEN_WAIT,
		.retry_after_ms = -1,
		.advice =
		    "See that the state folder can be written to, and that the disk is not full.",
	};
	return ST_DONE;
}

/* Says who can mend what is in the outcome's err, when there was no answer that can be read. */
static void
judge_without_answer(struct token_fetch *f)
{
	const struct err *why = &f->outcome.err;

	f->outcome.result =
	    f->opt.other ? oauth_error_without_answer(why) : entra_error_without_answer(why);
}

/* Fills the outcome with tokens or with what is wrong. */
static void
read_answer(struct token_fetch *f, const struct http_response *rsp)
{
	struct token_outcome *o = &f->outcome;

	if (rsp->status != 200) {
		(void)(f->opt.other ? oauth_error_judge : entra_error_judge)(rsp, &o->result,
		    &o->err);
	} else if (token_answer_parse(rsp->body, &o->token, &o->err)) {
		judge_without_answer(f);
		(void)err_wrap(&o->err, "the answer holds no token");
	}
}

static enum err_code
send(struct token_fetch *f, const struct secret *form, struct err *err)
{
	static const struct http_header header[] = {
		{ "Content-Type", "application/x-www-form-urlencoded" },
		{ "Accept", "application/json" },
	};
	const struct http_request request = {
		.method = HTTP_POST,
		.api = "oauth",
		.url = f->opt.url,
		.header = header,
		.nheader = sizeof header / sizeof header[0],
		.tls = f->opt.tls,
		.text = secret_get(form),
		.total_ms = TOTAL_MS,
		.answer_max = TOKEN_ANSWER_MAX,
	};

	return http_call_start(f->opt.http, &request, on_http, f, &f->call, err);
}

/* --- steps --- */

static enum state
step_sign(struct token_fetch *f, const struct event *ev)
{
	struct token_outcome *o = &f->outcome;
	struct secret *whole = NULL;

	f->signing = NULL;
	if (ev->err) {
		o->err = *ev->err;
		o->result = client_assertion_judge(ev->err);
		return ST_DONE;
	}
	if (token_request_prove(f->form, *ev->assertion, &whole, &o->err) ||
	    send(f, whole, &o->err))
		judge_without_answer(f);
	secret_free(whole);
	return f->call ? ST_REQUEST : ST_DONE;
}

static enum state
step_request(struct token_fetch *f, const struct event *ev)
{
	struct token_outcome *o = &f->outcome;
	struct err why;

	f->call = NULL;
	if (ev->err) {
		o->err = *ev->err;
		judge_without_answer(f);
		return ST_DONE;
	}
	read_answer(f, ev->rsp);
	if (!o->token.refresh)
		return ST_DONE;
	if (!f->opt.keeper) {
		secret_free(o->token.refresh);
		o->token.refresh = NULL;
		return ST_DONE;
	}
	if (f->opt.keeper->save(f->opt.keeper->arg, o->token.refresh, on_saved, f, &why))
		return give_up_saving(f, &why);
	return ST_SAVE;
}

static enum state
step_save(struct token_fetch *f, const struct event *ev)
{
	return ev->err ? give_up_saving(f, ev->err) : ST_DONE;
}

/* --- the outside --- */

static enum err_code
sign(struct token_fetch *f, const struct secret *form, struct err *err)
{
	struct slice text = secret_get(form);

	if (secret_new(text.ptr, text.len, &f->form, err))
		return err->code;
	return token_request_sign(f->opt.prove, f->opt.now_unix_s, on_signed, f, &f->signing, err);
}

enum err_code
token_fetch_start(const struct token_fetch_options *opt, token_fetch_fn *done, void *arg,
    struct token_fetch **out, struct err *err)
{
	struct token_fetch *f = calloc(1, sizeof *f);

	if (!f)
		return err_set(err, ERR_NOMEM, "out of memory");
	f->opt = *opt;
	f->opt.form = NULL; /* is not ours to keep */
	f->done = done;
	f->arg = arg;
	f->state = opt->prove ? ST_SIGN : ST_REQUEST;
	if (opt->prove ? sign(f, opt->form, err) : send(f, opt->form, err)) {
		secret_free(f->form);
		free(f);
		return err->code;
	}
	*out = f;
	return ERR_OK;
}

void
token_fetch_cancel(struct token_fetch *f)
{
	switch (f->state) {
	case ST_SIGN:
		client_assertion_cancel(f->signing);
		break;
	case ST_REQUEST:
		http_call_cancel(f->call);
		break;
	case ST_SAVE: /* short, and its outcome must be known: let it finish */
	case ST_DONE:
	case NSTATE:
		break;
	}
}
