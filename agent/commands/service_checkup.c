/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/service_checkup.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "agent/commands/exit_code.h"
#include "auth/token_source.h"

/*
 *      +--------- the next host ----------+
 *      v                                  |
 *   RESOLVE -------------------------> GREET ------+
 *      | no address                       ^        |
 *      +----------------------------------+--------+--- no host is left ---+
 *                                                                          v
 *      +--------------- the next account -------------- CALL <--- TOKEN <--+
 *      v                                                  |         |
 *    TOKEN ...                                            +--> DONE <
 *
 * A state waits for the one thing that it has started. Whatever cannot be started is told at once, and
 * the flow goes on with what comes next.
 */
enum state { ST_START, ST_RESOLVE, ST_GREET, ST_TOKEN, ST_CALL, ST_DONE, NSTATE };
enum what { EV_START, EV_RESOLVED, EV_GREETED, EV_TOKEN, EV_CALLED, EV_NONE };

enum { GREET_MS = 20 * 1000, HOST_SIZE = 256, TEXT_SIZE = 512, WARN_S = 60, FAIL_S = 300 };

struct event {
	enum what what;
	int uv;                              /* EV_RESOLVED */
	const struct http_response *rsp;     /* EV_GREETED */
	const struct token_result *token;    /* EV_TOKEN */
	const struct channel_answer *answer; /* EV_CALLED */
	const struct err *err;
};

struct service_checkup {
	struct service_checkup_options opt;
	enum state state;
	bool stepping;
	size_t host, account; /* that it is at */
	char name[HOST_SIZE]; /* of the host */
	uv_getaddrinfo_t lookup;
	uv_timer_t begin;
	struct http_call *call;
	struct token_wait *wait;
	struct channel_op *op;
	void (*done)(void *arg);
	void *arg;
};

typedef enum state step_fn(struct service_checkup *s, const struct event *ev);
static step_fn step_start, step_resolve, step_greet, step_token, step_call;

#define TO(s) (1u << (s))
#define TO_NEXT (TO(ST_RESOLVE) | TO(ST_TOKEN) | TO(ST_CALL) | TO(ST_DONE))

static const struct {
	const char *name;
	enum what waits;
	unsigned to;
	step_fn *step;
} def[NSTATE] = {
	[ST_START] = { "start", EV_START, TO_NEXT | TO(ST_GREET), step_start },
	[ST_RESOLVE] = { "resolve", EV_RESOLVED, TO_NEXT | TO(ST_GREET), step_resolve },
	[ST_GREET] = { "greet", EV_GREETED, TO_NEXT | TO(ST_GREET), step_greet },
	[ST_TOKEN] = { "token", EV_TOKEN, TO(ST_TOKEN) | TO(ST_CALL) | TO(ST_DONE), step_token },
	[ST_CALL] = { "call", EV_CALLED, TO(ST_TOKEN) | TO(ST_CALL) | TO(ST_DONE), step_call },
	[ST_DONE] = { "done", EV_NONE, 0, NULL },
};

static void
on_end(uv_handle_t *handle)
{
	struct service_checkup *s = handle->data;
	void (*done)(void *arg) = s->done;
	void *arg = s->arg;

	free(s);
	done(arg);
}

/* The only place that changes the state. */
static void
run(struct service_checkup *s, const struct event *ev)
{
	enum state next;

	assert(!s->stepping);
	assert(ev->what == def[s->state].waits);
	s->stepping = true;
	next = def[s->state].step(s, ev);
	s->stepping = false;
	assert(def[s->state].to & TO(next));
	s->state = next;
	if (next == ST_DONE)
		uv_close((uv_handle_t *)&s->begin, on_end);
}

static void
tell(struct service_checkup *s, struct check check)
{
	if (!check.subject)
		check.subject = s->host < s->opt.nhost ? s->opt.host[s->host].origin
		                                       : s->opt.account[s->account].subject;
	checkup_add(s->opt.out, &check);
}

/* --- tokens and calls --- */

/* Who can mend it. */
static enum exit_code
exit_of_trouble(enum token_trouble trouble)
{
	switch (trouble) {
	case TOKEN_WAIT:
		return EXIT_TEMPORARY;
	case TOKEN_CREDENTIAL:
	case TOKEN_SIGN_IN:
	case TOKEN_ADMIN:
	case TOKEN_CONFIG:
		return EXIT_AUTH;
	case TOKEN_STOPPED:
		break;
	}
	return EXIT_FAILED;
}

static enum exit_code
exit_of_outcome(enum channel_outcome outcome)
{
	switch (outcome) {
	case CHANNEL_NO_CONSENT:
	case CHANNEL_DENIED:
	case CHANNEL_AUTH:
		return EXIT_AUTH;
	case CHANNEL_THROTTLED:
	case CHANNEL_UNSENT:
	case CHANNEL_SERVER:
	case CHANNEL_UNKNOWN:
		return EXIT_TEMPORARY;
	default:
		return EXIT_FAILED;
	}
}

static void
tell_call(struct service_checkup *s, const struct channel_answer *answer, const char *fine)
{
	bool done = answer->outcome == CHANNEL_DONE;

	tell(s,
	    (struct check){
	        .name = "call",
	        .status = done ? CHECK_OK : CHECK_FAILED,
	        .exit = exit_of_outcome(answer->outcome),
	        .message = done ? fine : answer->message,
	        .advice = done ? NULL : answer->advice,
	    });
}

static void
on_customers(void *arg, const struct channel_answer *answer,
    const struct channel_customer *customer, size_t n)
{
	(void)customer;
	(void)n;
	run(arg, &(struct event){ .what = EV_CALLED, .answer = answer });
}

static void
on_consent(void *arg, const struct channel_answer *answer, bool granted)
{
	(void)granted;
	run(arg, &(struct event){ .what = EV_CALLED, .answer = answer });
}

static enum err_code
start_call(struct service_checkup *s, const struct service_account *a, struct err *err)
{
	if (a->tokens)
		return a->channel->ops->customers(a->channel, on_customers, s, &s->op, err);
	return a->channel->ops->consent(a->channel, &a->tenant, on_consent, s, &s->op, err);
}

static void
on_token(void *arg, const struct token_result *result, const struct err *err)
{
	run(arg, &(struct event){ .what = EV_TOKEN, .token = result, .err = err });
}

static enum state next_account(struct service_checkup *s);

static enum state
call(struct service_checkup *s)
{
	const struct service_account *a = &s->opt.account[s->account];
	struct err err;

	if (s->opt.call && !a->tokens && !a->tenant.id) {
		tell(s,
		    (struct check){
		        .name = "call",
		        .status = CHECK_SKIPPED,
		        .message =
		            "no customer goes by this service, so that there is nothing to ask",
		    });
	} else if (s->opt.call) {
		if (start_call(s, a, &err) == ERR_OK)
			return ST_CALL;
		tell(s,
		    (struct check){ .name = "call", .status = CHECK_FAILED, .message = err.msg });
	}
	s->account++;
	return next_account(s);
}

static enum state
next_account(struct service_checkup *s)
{
	const struct service_account *a = &s->opt.account[s->account];
	struct err err;

	if (s->account == s->opt.naccount)
		return ST_DONE;
	if (!a->tokens)
		return call(s);
	if (token_source_get(a->tokens, NULL, on_token, s, &s->wait, &err) == ERR_OK)
		return ST_TOKEN;
	tell(s, (struct check){ .name = "token", .status = CHECK_FAILED, .message = err.msg });
	s->account++;
	return next_account(s);
}

static enum state
step_token(struct service_checkup *s, const struct event *ev)
{
	if (!ev->token->access) {
		tell(s,
		    (struct check){
		        .name = "token",
		        .status = CHECK_FAILED,
		        .exit = exit_of_trouble(ev->token->trouble),
		        .message = ev->err->msg,
		        .advice = ev->token->advice,
		    });
		s->account++;
		return next_account(s);
	}
	tell(s,
	    (struct check){
	        .name = "token",
	        .status = ev->err ? CHECK_WARNING : CHECK_OK,
	        .message = ev->err ? ev->err->msg : "the service has issued one",
	        .advice = ev->err ? "See that the disk of the state folder can be written." : NULL,
	    });
	return call(s);
}

static enum state
step_call(struct service_checkup *s, const struct event *ev)
{
	const struct service_account *a = &s->opt.account[s->account];

	tell_call(s, ev->answer,
	    a->tokens ? "it lists our customers" : "it tells whether a customer consents");
	s->account++;
	return next_account(s);
}

/* --- hosts --- */

static void
on_greeted(void *arg, const struct http_response *rsp, const struct err *err)
{
	run(arg, &(struct event){ .what = EV_GREETED, .rsp = rsp, .err = err });
}

/* The root of the host; the credential in it is nobody's. */
static enum err_code
start_greeting(struct service_checkup *s, struct err *err)
{
	const struct service_host *h = &s->opt.host[s->host];
	char url[TEXT_SIZE];
	const struct http_request req = {
		.method = HTTP_GET,
		.url = url,
		.tls = h->tls,
		.total_ms = GREET_MS,
		.certificate = true,
	};

	(void)snprintf(url, sizeof url, "%s/", h->origin);
	return http_call_start(s->opt.http, &req, on_greeted, s, &s->call, err);
}

static enum state next_host(struct service_checkup *s);

static enum state
greet(struct service_checkup *s)
{
	struct err err;

	if (start_greeting(s, &err) == ERR_OK)
		return ST_GREET;
	tell(s, (struct check){ .name = "tls", .status = CHECK_FAILED, .message = err.msg });
	s->host++;
	return next_host(s);
}

static void
on_resolved(uv_getaddrinfo_t *lookup, int status, struct addrinfo *found)
{
	uv_freeaddrinfo(found);
	run(lookup->data, &(struct event){ .what = EV_RESOLVED, .uv = status });
}

/* "host", without the port and the brackets of a number. */
static void
take_name(struct service_checkup *s)
{
	const char *begin = strstr(s->opt.host[s->host].origin, "://") + strlen("://");
	size_t len;

	if (*begin == '[')
		len = strcspn(++begin, "]");
	else
		len = strcspn(begin, ":");
	(void)snprintf(s->name, sizeof s->name, "%.*s", (int)len, begin);
}

static enum state
next_host(struct service_checkup *s)
{
	if (s->host == s->opt.nhost)
		return next_account(s);
	take_name(s);
	s->lookup.data = s;
	if (uv_getaddrinfo(s->opt.loop, &s->lookup, on_resolved, s->name, NULL, NULL) == 0)
		return ST_RESOLVE;
	tell(s,
	    (struct check){ .name = "dns", .status = CHECK_FAILED, .message = "out of memory" });
	s->host++;
	return next_host(s);
}

static enum state
step_start(struct service_checkup *s, const struct event *ev)
{
	(void)ev;
	return next_host(s);
}

static enum state
step_resolve(struct service_checkup *s, const struct event *ev)
{
	char text[TEXT_SIZE];

	if (ev->uv == 0) {
		tell(s,
		    (struct check){ .name = "dns",
		        .status = CHECK_OK,
		        .message = "it has an address" });
		return greet(s);
	}
	(void)snprintf(text, sizeof text, "%s: %s", s->name, uv_strerror(ev->uv));
	if (s->opt.proxied) {
		tell(s,
		    (struct check){
		        .name = "dns",
		        .status = CHECK_WARNING,
		        .message = text,
		        .advice = "The proxy resolves it, and may know it all the same.",
		    });
		return greet(s);
	}
	tell(s,
	    (struct check){
	        .name = "dns",
	        .status = CHECK_FAILED,
	        .exit = EXIT_TEMPORARY,
	        .message = text,
	        .advice =
	            "See that the name is right, and that this machine's name servers answer: "
	            "'getent hosts NAME'.",
	    });
	s->host++;
	return next_host(s);
}

/* Assertions and tokens say from when until when they hold. */
static void
judge_clock(struct service_checkup *s, int64_t theirs_unix_s)
{
	int64_t ours_unix_s = clock_unix_s(s->opt.clock);
	int64_t skew_s = ours_unix_s - theirs_unix_s;
	uint64_t off_s = skew_s < 0 ? (uint64_t)-skew_s : (uint64_t)skew_s;
	char text[TEXT_SIZE];

	if (theirs_unix_s < 0) {
		tell(s,
		    (struct check){
		        .name = "clock",
		        .status = CHECK_SKIPPED,
		        .message = "the service does not tell the time",
		    });
		return;
	}
	(void)snprintf(text, sizeof text, "this machine is %" PRIu64 " s %s the service", off_s,
	    skew_s < 0 ? "behind" : "ahead of");
	tell(s,
	    (struct check){
	        .name = "clock",
	        .status = off_s >= FAIL_S ? CHECK_FAILED
	            : off_s > WARN_S      ? CHECK_WARNING
	                                  : CHECK_OK,
	        .message = text,
	        .advice = off_s > WARN_S
	            ? "Set the clock by the network: 'timedatectl set-ntp true'. "
	              "Tokens are refused where it is wrong."
	            : NULL,
	    });
}

static void
tell_tls(struct service_checkup *s, const struct http_response *rsp)
{
	const struct http_certificate c = http_response_certificate(rsp);
	char text[TEXT_SIZE];

	if (c.issuer.len > 0)
		(void)snprintf(text, sizeof text,
		    "it proves who it is; certificate of " SLICE_FMT ", good until " SLICE_FMT,
		    SLICE_ARG(c.issuer), SLICE_ARG(c.expires));
	else
		(void)snprintf(text, sizeof text, "it answers, without TLS");
	tell(s, (struct check){ .name = "tls", .status = CHECK_OK, .message = text });
}

static enum state
step_greet(struct service_checkup *s, const struct event *ev)
{
	if (ev->err) {
		bool trust = ev->err->code == ERR_TLS;

		tell(s,
		    (struct check){
		        .name = "tls",
		        .status = CHECK_FAILED,
		        .exit = trust ? EXIT_FAILED : EXIT_TEMPORARY,
		        .message = ev->err->msg,
		        .advice = trust
		            ? NULL /* it stands in the message */
		            : "See that a firewall lets this machine out to the host, or name a proxy.",
		    });
	} else {
		tell_tls(s, ev->rsp);
		judge_clock(s, http_response_date_unix_s(ev->rsp));
	}
	s->host++;
	return next_host(s);
}

static void
on_begin(uv_timer_t *timer)
{
	run(timer->data, &(struct event){ .what = EV_START });
}

enum err_code
service_checkup_start(const struct service_checkup_options *opt, void (*done)(void *arg), void *arg,
    struct err *err)
{
	struct service_checkup *s = calloc(1, sizeof *s);

	if (!s)
		return err_set(err, ERR_NOMEM, "services");
	s->opt = *opt;
	s->done = done;
	s->arg = arg;
	(void)uv_timer_init(opt->loop, &s->begin);
	s->begin.data = s;
	(void)uv_timer_start(&s->begin, on_begin, 0, 0); /* done never runs inside start */
	return ERR_OK;
}
