/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/reload_wait.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

#include <cmocka.h>

#include "tests/unit/alloc_fault.h"

enum { HOUR_MS = 60 * 60 * 1000 };

struct bench {
	uv_loop_t loop;
	unsigned calls;
	struct err told;
};

static void
on_done(void *arg, const struct err *err)
{
	struct bench *b = arg;

	b->calls++;
	b->told = err ? *err : (struct err){ ERR_OK, "" };
}

static struct reload_wait *
begin(struct bench *b, uint64_t patience_ms)
{
	struct reload_wait *w = NULL;
	struct err err;

	*b = (struct bench){ .calls = 0 };
	assert_int_equal(uv_loop_init(&b->loop), 0);
	assert_int_equal(reload_wait_start(&b->loop, patience_ms, on_done, b, &w, &err), ERR_OK);
	(void)uv_run(&b->loop, UV_RUN_NOWAIT);
	return w;
}

static void
finish(struct bench *b)
{
	(void)uv_run(&b->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&b->loop), 0);
	assert_int_equal(b->calls, 1);
}

static void
test_told_at_the_end(void **state)
{
	static const struct {
		const char *name;
		struct err why;
	} tc[] = {
		{ "in force", { ERR_OK, "" } },
		{ "the secret is gone", { ERR_NOT_FOUND, "it is not there" } },
	};
	struct bench b;

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct reload_wait *w = begin(&b, HOUR_MS);

		print_message("  %s\n", tc[i].name);
		assert_int_equal(b.calls, 0);
		reload_wait_end(w, tc[i].why.code ? &tc[i].why : NULL);
		assert_int_equal(b.calls, 0); /* never inside end */
		finish(&b);
		assert_int_equal(b.told.code, tc[i].why.code);
		assert_string_equal(b.told.msg, tc[i].why.msg);
	}
}

/* Once, and the end that comes after all is told to nobody. */
static void
test_told_that_it_hangs(void **state)
{
	struct bench b;
	struct reload_wait *w = begin(&b, 0);

	(void)state;
	assert_int_equal(b.calls, 1);
	assert_int_equal(b.told.code, ERR_BUSY);
	assert_non_null(strstr(b.told.msg, "has not ended yet"));
	reload_wait_end(w, NULL);
	finish(&b);
	assert_int_equal(b.told.code, ERR_BUSY);
}

static void
test_nobody_waits(void **state)
{
	(void)state;
	reload_wait_end(NULL, NULL);
}

static void
test_no_memory(void **state)
{
	struct bench b = { .calls = 0 };
	struct reload_wait *w = NULL;
	struct err err;

	(void)state;
	assert_int_equal(uv_loop_init(&b.loop), 0);
	alloc_fault_arm(1);
	assert_int_equal(reload_wait_start(&b.loop, 0, on_done, &b, &w, &err), ERR_NOMEM);
	assert_null(w);
	(void)uv_run(&b.loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&b.loop), 0);
	assert_int_equal(b.calls, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_told_at_the_end),
		cmocka_unit_test(test_told_that_it_hangs),
		cmocka_unit_test(test_nobody_waits),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
