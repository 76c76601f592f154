/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/device_code.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/alloc_fault.h"

#define WHERE "\"verification_uri\":\"https://login.example/device\""
#define CODES "\"device_code\":\"SECRET\",\"user_code\":\"AB CD-1\"," WHERE

static void
read_well(void **state)
{
	static const struct {
		const char *name;
		const char *body;
		uint64_t life_s;
		uint64_t interval_s;
	} tc[] = {
		{ "as documented",
		    "{" CODES ",\"expires_in\":600,\"interval\":3,\"message\":\"m\"}", 600, 3 },
		{ "what is usual", "{" CODES "}", 900, 5 },
		{ "numbers as text", "{" CODES ",\"expires_in\":\"60\",\"interval\":\"1\"}", 60,
		    1 },
		{ "as long as can be", "{" CODES ",\"expires_in\":86400,\"interval\":300}", 86400,
		    300 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct device_code c;
		struct err err;

		print_message("  %s\n", tc[i].name);
		assert_int_equal(device_code_parse(slice_of(tc[i].body), &c, &err), ERR_OK);
		assert_true(slice_eq(secret_get(c.device), slice_of("SECRET")));
		assert_string_equal(c.user, "AB CD-1");
		assert_string_equal(c.uri, "https://login.example/device");
		assert_int_equal(c.life_s, tc[i].life_s);
		assert_int_equal(c.interval_s, tc[i].interval_s);
		device_code_done(&c);
		assert_null(c.device);
	}
}

#define LONG64 "0123456789012345678901234567890123456789012345678901234567890123"

static void
refused(void **state)
{
	static const struct {
		const char *name;
		const char *body;
		enum err_code code;
		const char *msg;
	} tc[] = {
		{ "no JSON", "<html>", ERR_FORMAT, "the answer is not a JSON object" },
		{ "no code for people", "{\"device_code\":\"SECRET\"," WHERE "}", ERR_FORMAT,
		    "there is no user_code" },
		{ "no code for us", "{\"user_code\":\"A\"," WHERE "}", ERR_FORMAT,
		    "there is no device_code" },
		{ "no place", "{\"device_code\":\"SECRET\",\"user_code\":\"A\"}", ERR_FORMAT,
		    "there is no verification_uri" },
		{ "a code of escapes", "{\"user_code\":\"A\\u001b[1m\"," WHERE "}", ERR_FORMAT,
		    "user_code has characters that nobody can type" },
		{ "a code too long", "{\"user_code\":\"" LONG64 "\"," WHERE "}", ERR_LIMIT,
		    "user_code is longer than 63 bytes" },
		{ "a place that is a program",
		    "{\"user_code\":\"A\",\"verification_uri\":\"javascript:x\"}", ERR_FORMAT,
		    "verification_uri is no web address" },
		{ "a place with a blank",
		    "{\"user_code\":\"A\",\"verification_uri\":\"https://a b\"}", ERR_FORMAT,
		    "verification_uri has characters that nobody can type" },
		{ "good for nothing", "{" CODES ",\"expires_in\":0}", ERR_FORMAT,
		    "expires_in is no sensible number of seconds" },
		{ "good for ever", "{" CODES ",\"expires_in\":86401}", ERR_FORMAT,
		    "expires_in is no sensible number of seconds" },
		{ "never again", "{" CODES ",\"interval\":301}", ERR_FORMAT,
		    "interval is no sensible number of seconds" },
		{ "less than nothing", "{" CODES ",\"interval\":-1}", ERR_FORMAT,
		    "interval is no sensible number of seconds" },
		{ "null", "{" CODES ",\"interval\":null}", ERR_FORMAT,
		    "interval is no sensible number of seconds" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct device_code c = { .life_s = 9 };
		struct err err;

		print_message("  %s\n", tc[i].name);
		assert_int_equal(device_code_parse(slice_of(tc[i].body), &c, &err), tc[i].code);
		assert_string_equal(err.msg, tc[i].msg);
		assert_int_equal(c.life_s, 9);
		assert_null(c.device);
	}
}

static void
news(void **state)
{
	static const struct {
		const char *body;
		enum device_code_news want;
	} tc[] = {
		{ "{\"error\":\"authorization_pending\"}", DEVICE_CODE_PENDING },
		{ "{\"error\":\"slow_down\"}", DEVICE_CODE_SLOW_DOWN },
		{ "{\"error\":\"expired_token\"}", DEVICE_CODE_EXPIRED },
		{ "{\"error\":\"Slow_Down\"}", DEVICE_CODE_OVER },
		{ "{}", DEVICE_CODE_OVER },
		{ "", DEVICE_CODE_OVER },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		const struct http_response rsp = { .status = 400, .body = slice_of(tc[i].body) };

		print_message("  %s\n", tc[i].body);
		assert_int_equal(device_code_news(&rsp), tc[i].want);
	}
}

static void
try_all(void *arg)
{
	struct device_code c = { .life_s = 9 };
	struct err err;

	(void)arg;
	if (device_code_parse(slice_of("{" CODES "}"), &c, &err)) {
		assert_true(alloc_fault_hit());
		assert_int_equal(err.code, ERR_NOMEM);
		assert_int_equal(c.life_s, 9);
		return;
	}
	device_code_done(&c);
}

static void
memory_runs_out(void **state)
{
	(void)state;
	assert_true(alloc_fault_sweep(try_all, NULL) >= 1);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(read_well),
		cmocka_unit_test(refused),
		cmocka_unit_test(news),
		cmocka_unit_test(memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
