/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/certificate_care.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include <cmocka.h>

#include "base/buf.h"
#include "oem/oem_credential.h"
#include "tests/unit/alloc_fault.h"
#include "tests/unit/config_fixture.h"
#include "tests/unit/sandbox.h"
#include "tests/unit/store_async_fake.h"

#define T0 INT64_C(1893456000000)
#define DAY_MS INT64_C(86400000)
#define TEXT(end, days) \
	"certificate_expiring: the certificate for oem/b ends on " end ", in " days \
	" days or less. Put a new one in its place, and run 'autoreg reload'.\n"

static const char config_text[] =
    "version: 1\n"
    "oems:\n"
    "  a: {profile: reference-v1, base_url: https://a.example,"
    " auth: {method: bearer, token: {env: T}}}\n"
    "  b: {profile: reference-v1, base_url: https://b.example,"
    " auth: {method: mtls, certificate: {env: C}, private_key: {env: K}}}\n";

/* --- the credentials: the second has a certificate --- */

struct oem_credential {
	int64_t not_after_unix_s;
};

static struct oem_credential credentials[2];

struct oem_credential *
connections_credential(const struct connections *c, size_t oem)
{
	(void)c;
	assert_in_range(oem, 0, 1);
	return &credentials[oem];
}

int64_t
oem_credential_not_after_unix_s(const struct oem_credential *c)
{
	return c->not_after_unix_s;
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

int
__wrap_uv_timer_start(uv_timer_t *timer, uv_timer_cb on_time, uint64_t ms, uint64_t repeat)
{
	assert_int_equal(repeat, 0);
	alarm_clock.timer = timer;
	alarm_clock.on_time = on_time;
	alarm_clock.at = now_ms + (int64_t)ms;
	return 0;
}

/* Time goes by; it wakes whenever it wants to. */
static void
pass(int64_t ms)
{
	int64_t end = now_ms + ms;

	while (alarm_clock.timer && alarm_clock.at <= end) {
		uv_timer_t *timer = alarm_clock.timer;

		now_ms = alarm_clock.at;
		alarm_clock.timer = NULL;
		alarm_clock.on_time(timer);
	}
	now_ms = end;
}

/* --- the bench --- */

static struct {
	uv_loop_t loop;
	struct store *store;
	struct store_async *writer;
	struct config *config;
	struct certificate_care *care;
	unsigned closed;
} bench;

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

/* days: until the certificate ends */
static void
open_care(int64_t days)
{
	const struct certificate_care_options opt = {
		.loop = &bench.loop,
		.clock = &test_clock,
		.config = bench.config,
		.writer = bench.writer,
	};
	struct err err;

	credentials[1].not_after_unix_s = (now_ms + days * DAY_MS) / 1000;
	assert_int_equal(certificate_care_open(&opt, &bench.care, &err), ERR_OK);
}

static void
close_care(void)
{
	bench.closed = 0;
	certificate_care_close(bench.care, on_closed, &bench);
	settle();
	assert_int_equal(bench.closed, 0); /* later */
	(void)uv_run(&bench.loop, UV_RUN_DEFAULT);
	assert_int_equal(bench.closed, 1);
	bench.care = NULL;
	alarm_clock.timer = NULL;
}

static int
enter(void **state)
{
	struct err err;

	memset(&bench, 0, sizeof bench);
	memset(&alarm_clock, 0, sizeof alarm_clock);
	memset(credentials, 0, sizeof credentials);
	now_ms = T0;
	if (sandbox_enter(state) || uv_loop_init(&bench.loop) ||
	    store_open("store", STORE_WRITE, &test_clock, &bench.store, &err))
		return -1;
	bench.writer = store_async_fake_open(bench.store);
	bench.config = config_fixture_parse(config_text, ".");
	return 0;
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

#define END "2030-02-10T00:00:00Z"

static void
warns_in_time(void **state)
{
	(void)state;
	open_care(40);
	pass(10 * DAY_MS - 1);
	assert_trail("");
	pass(1);
	assert_trail(TEXT(END, "30"));
	pass(16 * DAY_MS - 1);
	assert_trail(TEXT(END, "30"));
	pass(1);
	assert_trail(TEXT(END, "30") TEXT(END, "14"));
	pass(11 * DAY_MS);
	assert_trail(TEXT(END, "30") TEXT(END, "14") TEXT(END, "3"));
	pass(30 * DAY_MS); /* it is over long since */
	assert_trail(TEXT(END, "30") TEXT(END, "14") TEXT(END, "3"));
	assert_null(alarm_clock.timer);
}

static void
does_not_repeat_itself(void **state)
{
	(void)state;
	open_care(10);
	assert_trail(TEXT("2030-01-11T00:00:00Z", "14"));
	close_care();
	now_ms += 2 * DAY_MS;
	open_care(8); /* the same end */
	assert_trail(TEXT("2030-01-11T00:00:00Z", "14"));
	close_care();
	open_care(9); /* another certificate */
	assert_trail(TEXT("2030-01-11T00:00:00Z", "14") TEXT("2030-01-12T00:00:00Z", "14"));
}

/* Nobody shows a certificate. */
static void
has_nothing_to_say(void **state)
{
	(void)state;
	now_ms = 0;
	open_care(0);
	assert_trail("");
	assert_null(alarm_clock.timer);
}

/* What is under way is waited for. */
static void
closes_while_it_tells(void **state)
{
	(void)state;
	open_care(2);
	assert_int_equal(store_async_fake_waiting(), 1);
	close_care();
	assert_trail(TEXT("2030-01-03T00:00:00Z", "3"));
}

/* Somebody reads the log, at least, and it goes on. */
static void
survives_the_store(void **state)
{
	(void)state;
	store_async_fake_refuse();
	open_care(20);
	assert_trail("");
	store_async_fake_fail();
	pass(6 * DAY_MS);
	settle();
	pass(11 * DAY_MS);
	assert_trail(TEXT("2030-01-21T00:00:00Z", "3"));
}

static void
try_to_open(void *arg)
{
	const struct certificate_care_options opt = {
		.loop = &bench.loop,
		.clock = &test_clock,
		.config = bench.config,
		.writer = bench.writer,
	};
	struct err err;
	enum err_code rc = certificate_care_open(&opt, &bench.care, &err);

	(void)arg;
	if (rc == ERR_OK)
		close_care();
	else
		assert_true(rc == ERR_NOMEM && alloc_fault_hit());
}

static void
memory_runs_out(void **state)
{
	(void)state;
	assert_true(alloc_fault_sweep(try_to_open, NULL) >= 2);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)
	static const struct CMUnitTest tests[] = {
		TEST(warns_in_time),
		TEST(does_not_repeat_itself),
		TEST(has_nothing_to_say),
		TEST(closes_while_it_tells),
		TEST(survives_the_store),
		TEST(memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
