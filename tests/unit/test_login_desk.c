/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/login_desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include <cmocka.h>

#include "auth/device_login.h"
#include "tests/unit/channel_fake.h"
#include "tests/unit/config_fixture.h"
#include "tests/unit/log_catch.h"
#include "tests/unit/login_show.h"
#include "tests/unit/sandbox.h"
#include "tests/unit/store_async_fake.h"

#define T0 INT64_C(1893456000000)
#define PARTNERS \
	"version: 1\n" \
	"partners:\n" \
	"  app: {tenant: 11111111-1111-4111-8111-111111111111," \
	" client_id: aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa," \
	" auth: {method: client_credentials, client_secret: {env: S}}}\n" \
	"  nw: {tenant: 11111111-1111-4111-8111-111111111111," \
	" client_id: aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa," \
	" auth: {method: refresh_token, client_secret: {env: S}}}\n"
#define CUSTOMER \
	"customers:\n" \
	"  c: {tenant: 22222222-2222-4222-8222-222222222222, domain: c.example, via: partner/nw," \
	" group_tag: T}\n"

/* --- a person, and the tokens that come of it --- */

struct device_login {
	struct device_login_options opt;
	bool cancelled;
};

struct token_source {
	char refresh[16];
	token_saved_fn *done; /* NULL: nothing is being adopted */
	void *arg;
	unsigned forgotten;
	unsigned seeds_forgotten;
};

static struct device_login *login; /* NULL: none is under way */
static struct token_source source;
static struct err login_refusal;

enum err_code
device_login_start(const struct device_login_options *opt, struct device_login **out,
    struct err *err)
{
	if (login_refusal.code) {
		*err = login_refusal;
		return err->code;
	}
	assert_null(login);
	assert_string_equal(opt->tenant, "11111111-1111-4111-8111-111111111111");
	login = calloc(1, sizeof *login);
	login->opt = *opt;
	*out = login;
	return ERR_OK;
}

void
device_login_wake(struct device_login *l)
{
	assert_ptr_equal(l, login);
}

void
device_login_cancel(struct device_login *l)
{
	l->cancelled = true;
}

const struct token_request *
token_source_request(const struct token_source *ts)
{
	(void)ts;
	return NULL;
}

enum err_code
token_source_adopt(struct token_source *ts, struct token_answer *token, token_saved_fn *done,
    void *arg, struct err *err)
{
	(void)err;
	assert_null(ts->done);
	(void)snprintf(ts->refresh, sizeof ts->refresh, SLICE_FMT,
	    SLICE_ARG(secret_get(token->refresh)));
	token_answer_done(token);
	ts->done = done;
	ts->arg = arg;
	return ERR_OK;
}

void
token_source_forget(struct token_source *ts)
{
	ts->forgotten++;
}

static struct channel_fake service;

struct token_source *
connections_tokens(const struct connections *c, size_t partner)
{
	(void)c;
	assert_int_equal(partner, 1);
	return &source;
}

enum err_code
connections_forget_seed(const struct connections *c, size_t partner, struct store *s,
    struct err *err)
{
	assert_true(!c && s && partner == 1 && err);
	source.seeds_forgotten++;
	return ERR_OK;
}

struct channel *const *
connections_channels(const struct connections *c)
{
	static struct channel *const channel[] = { NULL, &service.channel };

	(void)c;
	return channel;
}

/* --- time --- */

static int64_t
read_unix(void *arg)
{
	(void)arg;
	return T0;
}

static uint64_t
read_mono(void *arg)
{
	(void)arg;
	return 0;
}

static const struct clock test_clock = { read_unix, read_mono, NULL };

static uint64_t wished_ms;

int __wrap_uv_timer_start(uv_timer_t *timer, uv_timer_cb on_time, uint64_t ms, uint64_t repeat);

int
__wrap_uv_timer_start(uv_timer_t *timer, uv_timer_cb on_time, uint64_t ms, uint64_t repeat)
{
	assert_int_equal(repeat, 0);
	wished_ms = ms;
	on_time(timer);
	return 0;
}

/* --- the bench --- */

static struct {
	uv_loop_t loop;
	struct store *store;
	struct store_async *writer;
	struct config *config;
	struct login_desk *desk;
	unsigned changes;
	unsigned closed;
	unsigned shown;
	enum sign_in_state shown_state;
	unsigned out;
	enum err_code out_code;
} bench;

static void
on_change(void *arg)
{
	assert_ptr_equal(arg, &bench);
	bench.changes++;
}

static void
on_closed(void *arg)
{
	assert_ptr_equal(arg, &bench);
	bench.closed++;
}

static void
on_shown(void *arg, const struct sign_in_news *news)
{
	assert_ptr_equal(arg, &bench);
	bench.shown++;
	bench.shown_state = news->state;
}

static void
on_out(void *arg, const struct err *err)
{
	assert_ptr_equal(arg, &bench);
	bench.out++;
	bench.out_code = err ? err->code : ERR_OK;
}

static void
open_desk(const char *config)
{
	struct err err;

	bench.config = config_fixture_parse(config, ".");
	const struct login_desk_options opt = {
		.loop = &bench.loop,
		.clock = &test_clock,
		.config = bench.config,
		.writer = bench.writer,
		.arg = &bench,
		.on_change = on_change,
	};

	assert_int_equal(login_desk_new(&opt, &bench.desk, &err), ERR_OK);
}

static int
enter(void **state)
{
	struct err err;

	memset(&bench, 0, sizeof bench);
	memset(&source, 0, sizeof source);
	memset(&login_refusal, 0, sizeof login_refusal);
	channel_fake_init(&service);
	if (sandbox_enter(state) || uv_loop_init(&bench.loop) ||
	    store_open("store", STORE_WRITE, &test_clock, &bench.store, &err))
		return -1;
	bench.writer = store_async_fake_open(bench.store);
	return 0;
}

static int
leave(void **state)
{
	if (!bench.closed)
		login_desk_close(bench.desk, on_closed, &bench);
	assert_int_equal(bench.closed, 1);
	assert_null(login);
	assert_int_equal(uv_loop_close(&bench.loop), 0);
	store_close(bench.store);
	config_free(bench.config);
	return sandbox_leave(state);
}

/* --- what happens --- */

static enum err_code
sign_in(struct err *err)
{
	return login_desk_sign_in(bench.desk, "nw", "uid 7", on_shown, &bench, err);
}

static void
begin(void)
{
	struct err err;

	assert_int_equal(sign_in(&err), ERR_OK);
	assert_non_null(login);
}

static void
show_code(void)
{
	const struct device_code code = { .user = "ABCD",
		.uri = "https://x",
		.life_s = 900,
		.interval_s = 5 };

	login->opt.show(login->opt.arg, &code);
	login->opt.wait(login->opt.arg, 5000);
	assert_int_equal(wished_ms, 5000);
}

static void
end_login(struct device_login_end *end)
{
	struct device_login_options opt = login->opt;

	free(login);
	login = NULL;
	opt.done(opt.arg, end);
	token_answer_done(&end->token);
	(void)uv_run(&bench.loop, UV_RUN_DEFAULT);
}

static void
person_signs_in(enum token_mfa mfa)
{
	struct device_login_end end = {
		.claims = { .account = "eve@x.example", .roles = "Global Reader", .mfa = mfa }
	};
	struct err err;

	assert_int_equal(secret_new("a", 1, &end.token.access, &err), ERR_OK);
	assert_int_equal(secret_new("r", 1, &end.token.refresh, &err), ERR_OK);
	end_login(&end);
	assert_string_equal(source.refresh, "r");
}

static void
person_fails(enum err_code code, enum token_trouble trouble)
{
	struct device_login_end end = { .result = { .trouble = trouble, .advice = "Do it." },
		.err = { code, "it is so" } };

	end_login(&end);
}

static void
adopted(enum err_code code)
{
	token_saved_fn *done = source.done;

	source.done = NULL;
	done(source.arg, code ? &(struct err){ code, "no room" } : NULL);
	(void)uv_run(&bench.loop, UV_RUN_DEFAULT);
}

static void
service_says(enum channel_outcome outcome)
{
	channel_fake_say(channel_fake_find(&service, FAKE_CONSENT, NULL), outcome);
	(void)uv_run(&bench.loop, UV_RUN_DEFAULT);
}

static void
store_works(void)
{
	assert_true(store_async_fake_step());
	(void)uv_run(&bench.loop, UV_RUN_DEFAULT);
}

static const struct sign_in_news *
news(void)
{
	const struct sign_in_news *n = NULL;
	struct err err;

	assert_int_equal(login_desk_news(bench.desk, "nw", &n, &err), ERR_OK);
	return n;
}

static void
save_token(void)
{
	struct err err;

	assert_int_equal(store_token_save(bench.store, slice_of("nw"), slice_of("sealed"), &err),
	    ERR_OK);
}

#define EVE "nw eve@x.example [Global Reader] 1893456000000 warned 0\n"

static void
signs_in(void **state)
{
	(void)state;
	open_desk(PARTNERS CUSTOMER);
	save_token();
	begin();
	assert_int_equal(bench.shown, 0);
	show_code();
	assert_int_equal(bench.shown, 1);
	assert_int_equal(news()->state, SIGN_IN_WAITING);
	assert_string_equal(news()->user_code, "ABCD");
	assert_true(news()->expires_unix_ms == T0 + 900000);
	person_signs_in(TOKEN_MFA_DONE);
	assert_int_equal(news()->state, SIGN_IN_CHECKING);
	adopted(ERR_OK);
	assert_string_equal(channel_fake_find(&service, FAKE_CONSENT, NULL)->tenant,
	    "22222222-2222-4222-8222-222222222222");
	service_says(CHANNEL_NO_CONSENT); /* which has let us in to say so */
	assert_int_equal(bench.changes, 0);
	store_works();
	assert_int_equal(bench.changes, 1);
	assert_int_equal(news()->state, SIGN_IN_DONE);
	assert_string_equal(news()->message, "");
	login_show_expect(bench.store, EVE, "", "login_done nw uid 7\n");
}

static void
without_customers_nobody_is_asked(void **state)
{
	(void)state;
	open_desk(PARTNERS);
	begin();
	show_code();
	person_signs_in(TOKEN_MFA_MISSING);
	adopted(ERR_OK);
	store_works();
	assert_int_equal(news()->state, SIGN_IN_DONE);
	assert_non_null(strstr(news()->message, "without multi-factor"));
}

static void
the_service_does_not_take_it(void **state)
{
	(void)state;
	open_desk(PARTNERS CUSTOMER);
	save_token();
	begin();
	show_code();
	person_signs_in(TOKEN_MFA_MISSING);
	adopted(ERR_OK);
	service_says(CHANNEL_AUTH);
	store_works();
	assert_int_equal(news()->state, SIGN_IN_FAILED);
	assert_int_equal(news()->trouble, TOKEN_SIGN_IN);
	assert_int_equal(bench.changes, 1);
	login_show_expect(bench.store, EVE, "partner/nw credentials: what happened What to do.\n",
	    "login_lost nw uid 7\n");
}

static void
failures(void **state)
{
	(void)state;
	open_desk(PARTNERS CUSTOMER);
	begin(); /* no code */
	person_fails(ERR_FORMAT, TOKEN_CONFIG);
	assert_int_equal(bench.shown, 1);
	assert_int_equal(bench.shown_state, SIGN_IN_FAILED);
	assert_int_equal(news()->trouble, TOKEN_CONFIG);
	assert_string_equal(news()->message, "it is so");
	assert_string_equal(news()->advice, "Do it.");

	begin(); /* the person says no */
	show_code();
	person_fails(ERR_FORMAT, TOKEN_SIGN_IN);
	assert_int_equal(bench.shown, 2);
	assert_int_equal(news()->state, SIGN_IN_FAILED);

	begin(); /* the token cannot be kept */
	show_code();
	person_signs_in(TOKEN_MFA_DONE);
	adopted(ERR_IO);
	assert_int_equal(news()->state, SIGN_IN_FAILED);
	assert_string_equal(news()->message, "no room");
	login_show_expect(bench.store, "", "", "");

	begin(); /* what is remembered of it cannot */
	show_code();
	person_signs_in(TOKEN_MFA_DONE);
	adopted(ERR_OK);
	service_says(CHANNEL_DONE);
	store_async_fake_fail();
	store_works();
	assert_int_equal(news()->state, SIGN_IN_FAILED);
	login_show_expect(bench.store, "", "", "");
}

static void
one_at_a_time(void **state)
{
	struct err err;

	(void)state;
	open_desk(PARTNERS CUSTOMER);
	begin();
	for (int i = 1; i < 16; i++)
		assert_int_equal(sign_in(&err), ERR_OK); /* joins */
	assert_int_equal(sign_in(&err), ERR_LIMIT);
	assert_int_equal(login_desk_sign_out(bench.desk, "nw", "uid 7", on_out, &bench, &err),
	    ERR_BUSY);
	show_code();
	assert_int_equal(bench.shown, 16);
	assert_int_equal(sign_in(&err), ERR_EXISTS);
	person_fails(ERR_FORMAT, TOKEN_SIGN_IN);
	assert_int_equal(bench.shown, 16);
	begin();
	person_fails(ERR_FORMAT, TOKEN_SIGN_IN);
	login_refusal = (struct err){ ERR_CANCELLED, "closing" };
	assert_int_equal(sign_in(&err), ERR_CANCELLED);
}

static void
nobody_signs_in_for_it(void **state)
{
	const struct sign_in_news *n = NULL;
	struct err err;

	(void)state;
	open_desk(PARTNERS CUSTOMER);
	assert_int_equal(login_desk_news(bench.desk, "app", &n, &err), ERR_USAGE);
	assert_non_null(strstr(err.msg, "client_credentials"));
	assert_int_equal(login_desk_news(bench.desk, "x", &n, &err), ERR_NOT_FOUND);
	assert_null(n);
	assert_int_equal(login_desk_sign_in(bench.desk, "app", "uid 7", on_shown, &bench, &err),
	    ERR_USAGE);
	assert_int_equal(login_desk_sign_out(bench.desk, "x", "uid 7", on_out, &bench, &err),
	    ERR_NOT_FOUND);
	assert_int_equal(news()->state, SIGN_IN_NONE);
}

static void
signs_out(void **state)
{
	struct err err;

	(void)state;
	open_desk(PARTNERS CUSTOMER);
	save_token();
	assert_int_equal(login_desk_sign_out(bench.desk, "nw", "uid 7", on_out, &bench, &err),
	    ERR_OK);
	assert_int_equal(source.forgotten, 1);
	assert_int_equal(bench.out, 0);
	store_works();
	assert_int_equal(bench.out, 1);
	assert_int_equal(bench.out_code, ERR_OK);
	assert_int_equal(source.seeds_forgotten, 1);
	assert_int_equal(bench.changes, 1);
	login_show_expect(bench.store, "",
	    "partner/nw credentials: nobody has signed in for this partner. Run 'autoreg login "
	    "nw'.\n",
	    "login_forgotten nw uid 7\n");
	assert_int_equal(login_desk_sign_out(bench.desk, "nw", "uid 7", on_out, &bench, &err),
	    ERR_OK);
	store_async_fake_fail();
	store_works();
	assert_int_equal(bench.out_code, ERR_IO);
}

/* --- the end --- */

static void
closed_while_a_person_thinks(void **state)
{
	(void)state;
	open_desk(PARTNERS CUSTOMER);
	begin();
	login_desk_close(bench.desk, on_closed, &bench);
	assert_true(login->cancelled);
	assert_int_equal(bench.closed, 0);
	person_fails(ERR_CANCELLED, TOKEN_STOPPED);
	assert_int_equal(bench.shown, 1);
	assert_int_equal(bench.closed, 1);
	assert_int_equal(bench.changes, 0);
}

static void
closed_while_the_service_is_asked(void **state)
{
	struct err err;

	(void)state;
	open_desk(PARTNERS CUSTOMER);
	save_token();
	begin();
	show_code();
	person_signs_in(TOKEN_MFA_DONE);
	adopted(ERR_OK);
	login_desk_close(bench.desk, on_closed, &bench);
	assert_int_equal(sign_in(&err), ERR_CANCELLED);
	channel_fake_stop_cancelled(&service);
	assert_int_equal(bench.closed, 0); /* it is remembered all the same */
	store_works();
	assert_int_equal(bench.closed, 1);
	login_show_expect(bench.store, EVE, "", "login_done nw uid 7\n");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(signs_in, enter, leave),
		cmocka_unit_test_setup_teardown(without_customers_nobody_is_asked, enter, leave),
		cmocka_unit_test_setup_teardown(the_service_does_not_take_it, enter, leave),
		cmocka_unit_test_setup_teardown(failures, enter, leave),
		cmocka_unit_test_setup_teardown(one_at_a_time, enter, leave),
		cmocka_unit_test_setup_teardown(nobody_signs_in_for_it, enter, leave),
		cmocka_unit_test_setup_teardown(signs_out, enter, leave),
		cmocka_unit_test_setup_teardown(closed_while_a_person_thinks, enter, leave),
		cmocka_unit_test_setup_teardown(closed_while_the_service_is_asked, enter, leave),
	};
	int failed;

	log_catch_begin(LOG_LEVEL_ERROR);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	(void)log_catch_end();
	return failed;
}
