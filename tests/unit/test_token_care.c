/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/token_care.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include <cmocka.h>

#include "auth/token_source.h"
#include "tests/unit/config_fixture.h"
#include "tests/unit/log_catch.h"
#include "tests/unit/sandbox.h"
#include "tests/unit/store_async_fake.h"

#define T0 INT64_C(1893456000000)
#define HOUR_MS INT64_C(3600000)
#define DAY_MS (24 * HOUR_MS)

static const char config_text[] = "version: 1\n"
                                  "partners:\n"
                                  "  app: {tenant: 11111111-1111-4111-8111-111111111111,"
                                  " client_id: aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa,"
                                  " auth: {method: client_credentials, client_secret: {env: S}}}\n"
                                  "  nw: {tenant: 11111111-1111-4111-8111-111111111111,"
                                  " client_id: aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa,"
                                  " auth: {method: refresh_token, client_secret: {env: S}}}\n"
                                  "login: {renew: 7d, lifetime: 90d}\n";

/* --- the source of tokens --- */

struct token_source {
	token_fn *watch;
	void *watch_arg;
	unsigned renewals;
};

static struct token_source source;

struct token_source *
connections_tokens(const struct connections *c, size_t partner)
{
	(void)c;
	assert_int_equal(partner, 1); /* nobody signs in for the other */
	return &source;
}

void
token_source_watch(struct token_source *ts, token_fn *watch, void *arg)
{
	ts->watch = watch;
	ts->watch_arg = arg;
}

enum err_code
token_source_renew(struct token_source *ts, struct err *err)
{
	(void)err;
	ts->renewals++;
	return ERR_OK;
}

static void
succeed(void)
{
	struct secret *access = NULL;
	struct err err;

	assert_int_equal(secret_new("token", 5, &access, &err), ERR_OK);
	source.watch(source.watch_arg, &(struct token_result){ .access = access }, NULL);
	secret_free(access);
}

static void
refuse(enum token_trouble trouble)
{
	const struct token_result r = { .trouble = trouble,
		.retry_after_ms = -1,
		.advice = "Do it." };

	source.watch(source.watch_arg, &r, &(struct err){ ERR_FORMAT, "it is so" });
}

/* --- time --- */

static int64_t now_ms;

static int64_t
read_unix(void *arg)
{
	(void)arg;
	return now_ms;
}

static uint64_t
read_mono(void *arg)
{
	(void)arg;
	return 0;
}

static const struct clock test_clock = { read_unix, read_mono, NULL };

static struct {
	uv_timer_t *timer; /* NULL: it does not run */
	uv_timer_cb on_time;
	int64_t at;
} alarm_clock;

int __wrap_uv_timer_start(uv_timer_t *timer, uv_timer_cb on_time, uint64_t ms, uint64_t repeat);
int __wrap_uv_timer_stop(uv_timer_t *timer);

int
__wrap_uv_timer_start(uv_timer_t *timer, uv_timer_cb on_time, uint64_t ms, uint64_t repeat)
{
	assert_int_equal(repeat, 0);
	alarm_clock.timer = timer;
	alarm_clock.on_time = on_time;
	alarm_clock.at = now_ms + (int64_t)ms;
	return 0;
}

int
__wrap_uv_timer_stop(uv_timer_t *timer)
{
	(void)timer;
	alarm_clock.timer = NULL;
	return 0;
}

/* Time goes by; it wakes whenever it wants to. */
static void
pass(int64_t ms)
{
	int64_t end = now_ms + ms;

	while (alarm_clock.timer && alarm_clock.at <= end) {
		uv_timer_t *timer = alarm_clock.timer;

		if (now_ms < alarm_clock.at)
			now_ms = alarm_clock.at;
		alarm_clock.timer = NULL;
		alarm_clock.on_time(timer);
	}
	now_ms = end;
}

/* No chance: nothing is earlier than it has to be. */
static enum err_code
fill(void *arg, void *out, size_t len, struct err *err)
{
	(void)arg;
	(void)err;
	memset(out, 0, len);
	return ERR_OK;
}

static const struct random no_chance = { fill, NULL };

/* --- the bench --- */

static struct {
	uv_loop_t loop;
	struct store *store;
	struct store_async *writer;
	struct config *config;
	struct token_care *care;
	unsigned lost;
	unsigned closed;
} bench;

static void
on_lost(void *arg)
{
	assert_ptr_equal(arg, &bench);
	bench.lost++;
}

static void
on_closed(void *arg)
{
	assert_ptr_equal(arg, &bench);
	bench.closed++;
}

static void
settle(void)
{
	while (store_async_fake_step())
		;
}

static void
open_care(void)
{
	const struct token_care_options opt = {
		.loop = &bench.loop,
		.clock = &test_clock,
		.random = &no_chance,
		.config = bench.config,
		.writer = bench.writer,
		.arg = &bench,
		.on_lost = on_lost,
	};
	struct err err;

	assert_int_equal(token_care_open(&opt, &bench.care, &err), ERR_OK);
	settle();
}

static int
enter(void **state)
{
	struct err err;

	memset(&bench, 0, sizeof bench);
	memset(&source, 0, sizeof source);
	memset(&alarm_clock, 0, sizeof alarm_clock);
	now_ms = T0;
	if (sandbox_enter(state) || uv_loop_init(&bench.loop) ||
	    store_open("store", STORE_WRITE, &test_clock, &bench.store, &err))
		return -1;
	bench.writer = store_async_fake_open(bench.store);
	bench.config = config_fixture_parse(config_text, ".");
	return 0;
}

static void
close_care(void)
{
	token_care_close(bench.care, on_closed, &bench);
	settle();
	assert_int_equal(bench.closed, 0); /* later */
	(void)uv_run(&bench.loop, UV_RUN_DEFAULT);
	assert_int_equal(bench.closed, 1);
	bench.care = NULL;
	assert_null(source.watch);
}

static int
leave(void **state)
{
	if (bench.care)
		close_care();
	assert_int_equal(uv_loop_close(&bench.loop), 0);
	store_close(bench.store);
	config_free(bench.config);
	return sandbox_leave(state);
}

static void
save_token(void)
{
	struct err err;

	assert_int_equal(store_token_save(bench.store, slice_of("nw"), slice_of("sealed"), &err),
	    ERR_OK);
}

static enum err_code
add_event(void *arg, const struct store_event *e, struct err *err)
{
	(void)err;
	buf_addf(arg, SLICE_FMT ": " SLICE_FMT "\n", SLICE_ARG(e->kind), SLICE_ARG(e->message));
	return ERR_OK;
}

static void
assert_trail(const char *want)
{
	struct buf text;
	struct err err;

	settle();
	buf_init(&text, 4096);
	assert_int_equal(store_events(bench.store, &(struct store_event_query){ .after = 0 },
	                     add_event, &text, &err),
	    ERR_OK);
	assert_string_equal(text.ptr ? text.ptr : "", want);
	buf_done(&text);
}

/* --- what it does --- */

static void
renews_what_nobody_uses(void **state)
{
	(void)state;
	save_token();
	open_care();
	pass(7 * DAY_MS - 1);
	assert_int_equal(source.renewals, 0);
	pass(1);
	assert_int_equal(source.renewals, 1);
	pass(DAY_MS); /* one is under way */
	assert_int_equal(source.renewals, 1);
	succeed();
	pass(7 * DAY_MS - 1);
	assert_int_equal(source.renewals, 1);
	pass(1);
	assert_int_equal(source.renewals, 2);
	assert_trail("");
}

static void
leaves_alone_what_is_used(void **state)
{
	(void)state;
	save_token();
	open_care();
	for (int i = 0; i < 10; i++) {
		pass(6 * DAY_MS);
		succeed();
	}
	assert_int_equal(source.renewals, 0);
}

static void
has_nothing_to_do(void **state)
{
	(void)state;
	open_care();
	assert_null(alarm_clock.timer);
	save_token(); /* somebody signs in */
	token_care_refresh(bench.care);
	token_care_refresh(bench.care);
	settle();
	assert_non_null(alarm_clock.timer);
	pass(7 * DAY_MS);
	assert_int_equal(source.renewals, 1);
}

static void
warns_three_times(void **state)
{
	(void)state;
	save_token();
	open_care();
	for (int64_t hour = 0; hour < 91 * 24; hour++) {
		unsigned before = source.renewals;

		pass(HOUR_MS);
		if (source.renewals > before)
			refuse(TOKEN_WAIT);
		settle();
	}
	assert_int_equal(source.renewals, 84 * 24 + 1); /* each hour */
	assert_trail(
	    "login_expiring: the sign-in ends on 2030-04-01T00:00:00Z because it could not be "
	    "renewed. Run 'autoreg login nw', or mend what keeps it from that.\n"
	    "login_expiring: the sign-in ends on 2030-04-01T00:00:00Z because it could not be "
	    "renewed. Run 'autoreg login nw', or mend what keeps it from that.\n"
	    "login_expiring: the sign-in ends on 2030-04-01T00:00:00Z because it could not be "
	    "renewed. Run 'autoreg login nw', or mend what keeps it from that.\n");
}

static void
remembers_its_warnings(void **state)
{
	struct err err;

	(void)state;
	save_token();
	assert_int_equal(store_login_warned(bench.store, slice_of("nw"), 14, &err), ERR_OK);
	now_ms = T0 + 80 * DAY_MS; /* ten days are left */
	open_care();
	assert_int_equal(source.renewals, 1);
	refuse(TOKEN_ADMIN);
	assert_trail("");
	pass(8 * DAY_MS);
	refuse(TOKEN_ADMIN);
	settle();
	assert_int_equal(bench.lost, 0);
}

static void
is_lost_once(void **state)
{
	(void)state;
	save_token();
	open_care();
	refuse(TOKEN_SIGN_IN); /* of a request that others made */
	refuse(TOKEN_SIGN_IN);
	assert_trail("login_lost: it is so. Do it. Run 'autoreg login nw'.\n");
	assert_int_equal(bench.lost, 1);
	pass(30 * DAY_MS);
	assert_int_equal(source.renewals, 0); /* that would not help */
	save_token();
	token_care_refresh(bench.care);
	settle();
	pass(7 * DAY_MS);
	assert_int_equal(source.renewals, 1);
}

static void
the_store_fails(void **state)
{
	(void)state;
	save_token();
	open_care();
	store_async_fake_fail();
	token_care_refresh(bench.care);
	settle();
	pass(7 * DAY_MS); /* what it knew is still true */
	assert_int_equal(source.renewals, 1);
	store_async_fake_refuse();
	refuse(TOKEN_SIGN_IN);
	assert_trail("");
}

static void
closed_while_the_store_works(void **state)
{
	(void)state;
	save_token();
	open_care();
	refuse(TOKEN_SIGN_IN);
	token_care_refresh(bench.care);
	close_care();
	assert_int_equal(bench.lost, 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(renews_what_nobody_uses, enter, leave),
		cmocka_unit_test_setup_teardown(leaves_alone_what_is_used, enter, leave),
		cmocka_unit_test_setup_teardown(has_nothing_to_do, enter, leave),
		cmocka_unit_test_setup_teardown(warns_three_times, enter, leave),
		cmocka_unit_test_setup_teardown(remembers_its_warnings, enter, leave),
		cmocka_unit_test_setup_teardown(is_lost_once, enter, leave),
		cmocka_unit_test_setup_teardown(the_store_fails, enter, leave),
		cmocka_unit_test_setup_teardown(closed_while_the_store_works, enter, leave),
	};
	int failed;

	log_catch_begin(LOG_LEVEL_ERROR);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	(void)log_catch_end();
	return failed;
}
