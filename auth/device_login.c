/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/device_login.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

#include "auth/entra_error.h"
#include "auth/entra_json.h"
#include "auth/token_request.h"
#include "base/log.h"
#include "http/http_call.h"

enum {
	TOTAL_MS = 30 * 1000,
	SLOWER_MS = 5 * 1000,        /* RFC 8628, 3.5. Source: sources.md#device-code */
	INTERVAL_MAX_MS = 60 * 1000, /* however often we were told to be slower */
	AADSTS_PROOF_WANTED = 7000218,
	AADSTS_PROOF_UNWANTED = 700025,
};

/*
 *    CODE ---- here is a code ----> WAIT ---- it is time ----> POLL
 *      |                             | ^ |                      | ^
 *      |                             | | +--- proof that ---> SIGN
 *      |                             | |      is signed       | |
 *      |                             | +--- nobody yet, no ---+-+
 *      |                             |      answer, proof wanted, no signature
 *      |                             v                        |
 *      +--- refused, cancelled ---> DONE <-- granted, refused +
 */
enum state { ST_CODE, ST_WAIT, ST_SIGN, ST_POLL, ST_DONE, NSTATE };
enum what { EV_HTTP, EV_TIME, EV_SIGNED, EV_NONE };

struct event {
	enum what what;
	const struct err *err;           /* NULL on success */
	const struct http_response *rsp; /* EV_HTTP, on success */
	struct secret *const *assertion; /* EV_SIGNED, on success */
};

typedef enum state step_fn(struct device_login *l, const struct event *ev);
static step_fn step_code, step_wait, step_sign, step_poll;

#define TO(s) (1u << (s))
static const struct {
	const char *name;
	enum what waits; /* the one completion this state expects */
	unsigned to;     /* states it may move to */
	step_fn *step;   /* starts what the next state waits for, returns that state */
} def[NSTATE] = {
	[ST_CODE] = { "code", EV_HTTP, TO(ST_WAIT) | TO(ST_DONE), step_code },
	[ST_WAIT] = { "wait", EV_TIME, TO(ST_SIGN) | TO(ST_POLL) | TO(ST_DONE), step_wait },
	[ST_SIGN] = { "sign", EV_SIGNED, TO(ST_WAIT) | TO(ST_POLL) | TO(ST_DONE), step_sign },
	[ST_POLL] = { "poll", EV_HTTP, TO(ST_WAIT) | TO(ST_DONE), step_poll },
	[ST_DONE] = { "done", EV_NONE, 0, NULL },
};

struct device_login {
	/* Fixed at creation. */
	struct device_login_options opt;

	/* Changes. */
	enum state state;
	bool stepping;
	bool cancelled;
	struct http_call *call;            /* CODE, POLL; NULL while its answer is looked at */
	struct assertion_signing *signing; /* SIGN */
	struct device_code code;
	uint64_t interval_ms;
	uint64_t end_mono_ms; /* the code is good until then */
	bool proof;           /* the application proves who it is */
	unsigned turns;       /* how often the service wanted that otherwise */
	struct device_login_end end;
};

static void
finish(struct device_login *l)
{
	struct device_login_end end = l->end;
	struct device_login_options opt = l->opt;

	device_code_done(&l->code);
	free(l); /* first, so that done may start anything */
	opt.done(opt.arg, &end);
	token_answer_done(&end.token);
}

/* The only place that changes the state. */
static void
run(struct device_login *l, const struct event *ev)
{
	enum state next;

	assert(!l->stepping); /* a callback fired inside the call that started it */
	assert(ev->what == def[l->state].waits);
	l->stepping = true;
	next = def[l->state].step(l, ev);
	l->stepping = false;
	assert(def[l->state].to & TO(next));
	log_trace("device login %s -> %s", def[l->state].name, def[next].name);
	l->state = next;
	if (next == ST_DONE)
		finish(l);
}

static void
on_http(void *l, const struct http_response *rsp, const struct err *err)
{
	run(l, &(struct event){ .what = EV_HTTP, .err = err, .rsp = rsp });
}

static void
on_signed(void *l, struct secret **assertion, const struct err *err)
{
	run(l, &(struct event){ .what = EV_SIGNED, .err = err, .assertion = assertion });
}

/* --- what is asked --- */

static enum err_code
post(struct device_login *l, const char *url, const struct secret *form, struct err *err)
{
	static const struct http_header header[] = {
		{ "Content-Type", "application/x-www-form-urlencoded" },
		{ "Accept", "application/json" },
	};
	const struct http_request request = {
		.method = HTTP_POST,
		.api = "oauth",
		.url = url,
		.header = header,
		.nheader = sizeof header / sizeof header[0],
		.text = secret_get(form),
		.total_ms = TOTAL_MS,
		.answer_max = TOKEN_ANSWER_MAX,
	};

	return http_call_start(l->opt.http, &request, on_http, l, &l->call, err);
}

static enum err_code
ask_for_code(struct device_login *l, struct err *err)
{
	struct secret *form;
	enum err_code rc = token_request_code_form(l->opt.request, &form, err);

	if (rc)
		return rc;
	rc = post(l, token_request_code_url(l->opt.request), form, err);
	secret_free(form);
	return rc;
}

/* assertion: NULL: none is wanted. */
static enum err_code
ask_for_token(struct device_login *l, const struct secret *assertion, struct err *err)
{
	struct secret *form, *whole = NULL;
	enum err_code rc =
	    token_request_login_form(l->opt.request, l->code.device, l->proof, &form, err);

	if (rc)
		return rc;
	if (assertion)
		rc = token_request_prove(form, assertion, &whole, err);
	if (rc == ERR_OK)
		rc = post(l, token_request_login_url(l->opt.request), whole ? whole : form, err);
	secret_free(whole);
	secret_free(form);
	return rc;
}

/* --- the end --- */

static enum state
fail(struct device_login *l, const struct err *why)
{
	l->end.err = *why;
	l->end.result = entra_error_without_answer(why);
	return ST_DONE;
}

/* The service gave what it should not, or not what it should. */
static enum state
refuse(struct device_login *l, enum token_trouble trouble, const char *advice)
{
	token_answer_done(&l->end.token);
	l->end.result =
	    (struct token_result){ .trouble = trouble, .retry_after_ms = -1, .advice = advice };
	return ST_DONE;
}

/* The identity token is made for us to read; the access token tells more, if it tells anything. */
static void
read_claims(struct token_claims *c, struct slice body)
{
	json_t *doc;
	struct err err;

	if (entra_json_parse(body, &doc, &err))
		return;
	(void)token_claims_add(c, entra_json_text(doc, "id_token"));
	(void)token_claims_add(c, entra_json_text(doc, "access_token"));
	json_decref(doc);
}

static bool
is_of_tenant(const struct token_claims *c, const char *tenant)
{
	return c->tenant[0] == '\0' || slice_eq_nocase(slice_of(c->tenant), slice_of(tenant));
}

static enum state
expire(struct device_login *l)
{
	(void)err_set(&l->end.err, ERR_TIMEOUT, "nobody entered the code while it was good");
	return refuse(l, TOKEN_WAIT, "Begin the sign-in again; it has another code.");
}

static enum state
take_tokens(struct device_login *l, const struct http_response *rsp)
{
	struct device_login_end *end = &l->end;
	struct err err;

	if (token_answer_parse(rsp->body, &end->token, &err))
		return fail(l, &err);
	read_claims(&end->claims, rsp->body);
	if (!is_of_tenant(&end->claims, l->opt.tenant)) {
		(void)err_set(&end->err, ERR_FORMAT,
		    "the sign-in was to tenant %s, and the partner is tenant %s",
		    end->claims.tenant, l->opt.tenant);
		return refuse(l, TOKEN_SIGN_IN,
		    "Sign in with a user of the partner's own tenant, or correct tenant in the "
		    "configuration.");
	}
	if (!end->token.refresh) {
		(void)err_set(&end->err, ERR_FORMAT,
		    "the service gave no refresh token, so the sign-in would last an hour");
		return refuse(l, TOKEN_CONFIG,
		    "Allow the application in Entra ID the permission offline_access.");
	}
	return ST_DONE;
}

/* --- in between --- */

static enum state
wait_for_turn(struct device_login *l, uint64_t least_ms)
{
	uint64_t ms = least_ms > l->interval_ms ? least_ms : l->interval_ms;
	uint64_t now_ms = clock_mono_ms(l->opt.clock);
	uint64_t left_ms = l->end_mono_ms > now_ms ? l->end_mono_ms - now_ms : 0;

	if (l->cancelled) /* while the code was shown */
		left_ms = 0;
	l->opt.wait(l->opt.arg, ms < left_ms ? ms : left_ms);
	return ST_WAIT;
}

static enum state
be_slower(struct device_login *l, uint64_t least_ms)
{
	l->interval_ms += SLOWER_MS;
	if (l->interval_ms > INTERVAL_MAX_MS)
		l->interval_ms = INTERVAL_MAX_MS;
	return wait_for_turn(l, least_ms);
}

/* May it be that the proof is all that is wrong? Either change is made once. */
static bool
change_proof(struct device_login *l, unsigned aadsts)
{
	if (aadsts != (l->proof ? AADSTS_PROOF_UNWANTED : AADSTS_PROOF_WANTED) || l->turns >= 2)
		return false;
	l->turns++;
	l->proof = !l->proof;
	return true;
}

static enum state
judge(struct device_login *l, const struct http_response *rsp)
{
	struct device_login_end *end = &l->end;

	switch (device_code_news(rsp)) {
	case DEVICE_CODE_PENDING:
		return wait_for_turn(l, 0);
	case DEVICE_CODE_SLOW_DOWN:
		return be_slower(l, 0);
	case DEVICE_CODE_EXPIRED:
		return expire(l);
	case DEVICE_CODE_OVER:
		break;
	}
	(void)entra_error_judge(rsp, &end->result, &end->err);
	if (end->result.trouble == TOKEN_WAIT)
		return be_slower(l,
		    end->result.retry_after_ms > 0 ? (uint64_t)end->result.retry_after_ms : 0);
	return change_proof(l, end->result.aadsts) ? wait_for_turn(l, 0) : ST_DONE;
}

/* --- steps --- */

static enum state
step_code(struct device_login *l, const struct event *ev)
{
	struct err err;

	l->call = NULL;
	if (ev->err)
		return fail(l, ev->err);
	if (ev->rsp->status != 200) {
		(void)entra_error_judge(ev->rsp, &l->end.result, &l->end.err);
		return ST_DONE;
	}
	if (device_code_parse(ev->rsp->body, &l->code, &err))
		return fail(l, &err);
	l->interval_ms = l->code.interval_s * 1000;
	l->end_mono_ms = clock_mono_ms(l->opt.clock) + l->code.life_s * 1000;
	l->opt.show(l->opt.arg, &l->code);
	return wait_for_turn(l, 0);
}

static enum state
step_wait(struct device_login *l, const struct event *ev)
{
	struct err err;

	(void)ev;
	if (l->cancelled) {
		(void)err_set(&err, ERR_CANCELLED, "the sign-in was stopped");
		return fail(l, &err);
	}
	if (clock_mono_ms(l->opt.clock) >= l->end_mono_ms)
		return expire(l);
	if (!l->proof || !token_request_signs(l->opt.request))
		return ask_for_token(l, NULL, &err) ? fail(l, &err) : ST_POLL;
	if (token_request_sign(l->opt.request, clock_unix_s(l->opt.clock), on_signed, l,
	        &l->signing, &err))
		return fail(l, &err);
	return ST_SIGN;
}

/* Without a signature the code is still good, as without an answer. */
static enum state
step_sign(struct device_login *l, const struct event *ev)
{
	struct err err;

	l->signing = NULL;
	if (!ev->err)
		return ask_for_token(l, *ev->assertion, &err) ? fail(l, &err) : ST_POLL;
	if (client_assertion_judge(ev->err).trouble == TOKEN_WAIT)
		return be_slower(l, 0);
	(void)fail(l, ev->err);
	l->end.result = client_assertion_judge(ev->err);
	return ST_DONE;
}

/* Without an answer the code is still good, and so is what a person does with it meanwhile. */
static enum state
step_poll(struct device_login *l, const struct event *ev)
{
	l->call = NULL;
	l->end.err.code = ERR_OK;
	if (ev->err) {
		if (entra_error_without_answer(ev->err).trouble != TOKEN_WAIT)
			return fail(l, ev->err);
		return be_slower(l, 0);
	}
	return ev->rsp->status == 200 ? take_tokens(l, ev->rsp) : judge(l, ev->rsp);
}

enum err_code
device_login_start(const struct device_login_options *opt, struct device_login **out,
    struct err *err)
{
	struct device_login *l = calloc(1, sizeof *l);

	if (!l)
		return err_set(err, ERR_NOMEM, "out of memory");
	l->opt = *opt;
	if (ask_for_code(l, err)) {
		free(l);
		return err->code;
	}
	*out = l;
	return ERR_OK;
}

void
device_login_wake(struct device_login *l)
{
	run(l, &(struct event){ .what = EV_TIME });
}

void
device_login_cancel(struct device_login *l)
{
	l->cancelled = true;
	switch (l->state) {
	case ST_CODE:
	case ST_POLL:
		if (l->call)
			http_call_cancel(l->call);
		break;
	case ST_SIGN:
		client_assertion_cancel(l->signing);
		break;
	case ST_WAIT:
		l->opt.wait(l->opt.arg, 0);
		break;
	case ST_DONE:
	case NSTATE:
		break;
	}
}
