/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server/api_login.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/engine/login_desk.h"
#include "agent/server/api.h"
#include "agent/server/api_order.h"

#define T0 1893456000000 /* 2030-01-01T00:00:00Z */
#define DAY_MS 86400000

/* --- an exchange that keeps its answer --- */

struct http_exchange {
	const char *partner;
	unsigned status; /* 0: there is no answer yet */
	char *json;
	struct err failure;
};

const char *
http_exchange_segment(const struct http_exchange *x, size_t i)
{
	assert_int_equal(i, 2);
	return x->partner;
}

void
http_exchange_json(struct http_exchange *x, unsigned status, json_t *doc)
{
	assert_non_null(doc);
	assert_int_equal(x->status, 0);
	x->status = status;
	x->json = json_dumps(doc, JSON_COMPACT);
	json_decref(doc);
}

void
http_exchange_fail(struct http_exchange *x, const struct err *why)
{
	assert_int_equal(x->status, 0);
	x->status = 1;
	x->failure = *why;
}

const char *
api_order_actor(const struct http_exchange *x, char actor[API_ACTOR_SIZE])
{
	(void)x;
	(void)snprintf(actor, API_ACTOR_SIZE, "uid 7");
	return actor;
}

/* --- an agent with a desk --- */

struct login_desk {
	struct sign_in_news news;
	struct err refusal; /* ERR_OK: none */
	char seen[64];
	login_desk_fn *shown;
	login_desk_done_fn *done;
	void *arg;
};

struct agent {
	struct config config;
	struct login_desk *desk;
};

struct api {
	struct agent *agent;
};

struct agent *
api_agent(const struct api *a)
{
	return a->agent;
}

const struct config *
agent_config(const struct agent *a)
{
	return &a->config;
}

struct login_desk *
agent_login_desk(const struct agent *a)
{
	return a->desk;
}

enum err_code
login_desk_news(const struct login_desk *d, const char *partner, const struct sign_in_news **out,
    struct err *err)
{
	if (strcmp(partner, "northwind") != 0)
		return err_set(err, ERR_NOT_FOUND, "no partner %s", partner);
	*out = &d->news;
	return ERR_OK;
}

static enum err_code
begin(struct login_desk *d, const char *what, const char *partner, const char *actor, void *arg,
    struct err *err)
{
	(void)snprintf(d->seen, sizeof d->seen, "%s %s %s", what, partner, actor);
	*err = d->refusal;
	d->arg = arg;
	return err->code;
}

enum err_code
login_desk_sign_in(struct login_desk *d, const char *partner, const char *actor,
    login_desk_fn *shown, void *arg, struct err *err)
{
	d->shown = shown;
	return begin(d, "in", partner, actor, arg, err);
}

enum err_code
login_desk_sign_out(struct login_desk *d, const char *partner, const char *actor,
    login_desk_done_fn *done, void *arg, struct err *err)
{
	d->done = done;
	return begin(d, "out", partner, actor, arg, err);
}

/* --- asking --- */

static struct login_desk desk;
static struct agent agent;
static struct api api = { &agent };
static struct http_exchange x;

static int
enter(void **state)
{
	(void)state;
	desk = (struct login_desk){ .news = { .advice = "" } };
	agent = (struct agent){ .config.login.lifetime_ms = 90 * (uint64_t)DAY_MS, .desk = &desk };
	x = (struct http_exchange){ .partner = "northwind" };
	return 0;
}

static void
assert_answer(unsigned status, const char *json)
{
	assert_int_equal(x.status, status);
	assert_string_equal(x.json, json);
	free(x.json);
	x = (struct http_exchange){ .partner = "northwind" };
}

static void
assert_failed(enum err_code code)
{
	assert_int_equal(x.status, 1);
	assert_int_equal(x.failure.code, code);
	x = (struct http_exchange){ .partner = "northwind" };
}

static void
be_waiting(void)
{
	desk.news = (struct sign_in_news){ .state = SIGN_IN_WAITING,
		.user_code = "ABCD",
		.uri = "https://login.example",
		.expires_unix_ms = T0,
		.advice = "" };
}

#define WAITING \
	"{\"partner\":\"northwind\",\"state\":\"waiting\",\"user_code\":\"ABCD\"," \
	"\"verification_uri\":\"https://login.example\",\"expires\":\"2030-01-01T00:00:00Z\"," \
	"\"message\":\"Open https://login.example and enter the code ABCD.\",\"account\":null," \
	"\"roles\":null,\"renew_by\":null,\"warning\":null,\"error\":null}"
#define NO_CODE "\"user_code\":null,\"verification_uri\":null,\"expires\":null,\"message\":null,"

static void
begins(void **state)
{
	(void)state;
	api_login_begin(&api, &x);
	assert_string_equal(desk.seen, "in northwind uid 7");
	assert_int_equal(x.status, 0); /* until there is a code */
	be_waiting();
	desk.shown(desk.arg, &desk.news);
	assert_answer(202, WAITING);

	desk.refusal = (struct err){ ERR_EXISTS, "somebody is at it" };
	api_login_begin(&api, &x);
	assert_answer(202, WAITING);
	desk.refusal = (struct err){ ERR_USAGE, "nobody signs in for it" };
	api_login_begin(&api, &x);
	assert_failed(ERR_USAGE);
}

static void
looks(void **state)
{
	(void)state;
	api_login_look(&api, &x);
	assert_answer(200,
	    "{\"partner\":\"northwind\",\"state\":\"none\"," NO_CODE
	    "\"account\":null,\"roles\":null,\"renew_by\":null,\"warning\":null,\"error\":null}");
	be_waiting();
	api_login_look(&api, &x);
	assert_answer(200, WAITING);
	x.partner = "nobody";
	api_login_look(&api, &x);
	assert_failed(ERR_NOT_FOUND);
}

static void
ends(void **state)
{
	static const struct {
		enum token_trouble trouble;
		const char *code;
	} tc[] = {
		{ TOKEN_WAIT, "temporary" },
		{ TOKEN_STOPPED, "cancelled" },
		{ TOKEN_SIGN_IN, "refused" },
		{ TOKEN_ADMIN, "refused" },
	};
	struct sign_in_news *n = &desk.news;
	char want[512];

	(void)state;
	(void)snprintf(n->message, sizeof n->message, "it is so");
	n->advice = "Do it.";
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		n->state = SIGN_IN_FAILED;
		n->trouble = tc[i].trouble;
		(void)snprintf(want, sizeof want,
		    "{\"partner\":\"northwind\",\"state\":\"failed\"," NO_CODE
		    "\"account\":null,\"roles\":null,\"renew_by\":null,\"warning\":null,"
		    "\"error\":{\"code\":\"%s\",\"message\":\"it is so\",\"advice\":\"Do it.\"}}",
		    tc[i].code);
		api_login_look(&api, &x);
		assert_answer(200, want);
	}
	n->state = SIGN_IN_DONE;
	n->at_unix_ms = T0;
	(void)snprintf(n->who.account, sizeof n->who.account, "a@x.example");
	(void)snprintf(n->who.roles, sizeof n->who.roles, "Global Reader");
	api_login_look(&api, &x);
	assert_answer(200,
	    "{\"partner\":\"northwind\",\"state\":\"done\"," NO_CODE
	    "\"account\":\"a@x.example\",\"roles\":\"Global Reader\","
	    "\"renew_by\":\"2030-04-01T00:00:00Z\",\"warning\":\"it is so. Do it.\",\"error\":null}");
}

static void
signs_out(void **state)
{
	(void)state;
	api_login_end(&api, &x);
	assert_string_equal(desk.seen, "out northwind uid 7");
	desk.done(desk.arg, NULL);
	assert_answer(200, "{\"partner\":\"northwind\",\"signed_in\":false}");
	api_login_end(&api, &x);
	desk.done(desk.arg, &(struct err){ ERR_IO, "no room" });
	assert_failed(ERR_IO);
	desk.refusal = (struct err){ ERR_BUSY, "somebody is at it" };
	api_login_end(&api, &x);
	assert_failed(ERR_BUSY);
}

static void
no_desk(void **state)
{
	http_handler_fn *const handler[] = { api_login_begin, api_login_look, api_login_end };

	(void)state;
	agent.desk = NULL;
	for (size_t i = 0; i < sizeof handler / sizeof handler[0]; i++) {
		handler[i](&api, &x);
		assert_failed(ERR_BUSY);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(begins, enter),
		cmocka_unit_test_setup(looks, enter),
		cmocka_unit_test_setup(ends, enter),
		cmocka_unit_test_setup(signs_out, enter),
		cmocka_unit_test_setup(no_desk, enter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
