/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/intake/spool.h"

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/alloc_fault.h"
#include "tests/unit/sandbox.h"
#include "tests/unit/spool_fixture.h"

/* Opening, closing, and callbacks that do things. */

static void
cannot_be_opened(void **state)
{
	static char long_path[PATH_MAX];
	static const struct {
		const char *path;
		const char *msg;
	} tc[] = {
		{ "file", "file/adatum: Not a directory" },
		{ "no/spool", "no/spool: No such file or directory" },
		{ long_path, "xxx" },
	};

	(void)state;
	sandbox_write("file", "x");
	memset(long_path, 'x', sizeof long_path - 1);
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct spool_options opt = fixture_options(2);
		struct spool *sp = NULL;
		struct err err = { 0 };

		opt.path = tc[i].path;
		assert_int_equal(spool_open(&fixture.loop, &opt, &sp, &err), ERR_IO);
		assert_int_equal(err.code, ERR_IO);
		assert_memory_equal(err.msg, tc[i].msg, strlen(tc[i].msg));
		assert_null(sp);
	}
}

static void
default_rescan(void **state)
{
	struct spool_options opt = fixture_options(1);
	struct err err;

	(void)state;
	opt.rescan_ms = 0;
	assert_int_equal(spool_open(&fixture.loop, &opt, &fixture.spool, &err), ERR_OK);
	assert_int_equal(fixture.timer_ms, 60 * 1000);
}

static void
closed_at_once(void **state)
{
	(void)state;
	assert_int_equal(mkdir("spool", 0700) | mkdir("spool/adatum", 0700), 0);
	sandbox_write("spool/adatum/a.csv", "x");
	fixture_open(2);
	fixture_close();
	assert_int_equal(fixture.closed, 0);
	fixture_settle();
	assert_int_equal(fixture.closed, 1);
	assert_int_equal(fixture.ready, 0);
}

static void
closed_with_files_waiting(void **state)
{
	(void)state;
	fixture_open(2);
	fixture_settle();
	sandbox_write("spool/adatum/a.csv", "x");
	sandbox_write("spool/contoso/b.csv", "x");
	fixture_settle();
	fixture_assert_next("adatum", "a.csv");
	fixture_close();
	fixture_settle();
	assert_int_equal(fixture.closed, 1);
}

/* A spool of adatum alone, in which this is found, so that there is a callback: it calls fn. */
static void
call_back_for(const char *found, void (*fn)(void))
{
	assert_int_equal(mkdir("spool", 0700) | mkdir("spool/adatum", 0700), 0);
	if (strcmp(found, "spool/stranger") == 0)
		assert_int_equal(mkdir(found, 0700), 0);
	else
		sandbox_write(found, "x");
	fixture.on_callback = fn;
	fixture_open(1);
	fixture_settle();
	assert_null(fixture.on_callback);
}

static void
closed_by_on_ready(void **state)
{
	(void)state;
	call_back_for("spool/adatum/a.csv", fixture_close);
	assert_int_equal(fixture.closed, 1);
}

static void
closed_by_on_stranger(void **state)
{
	(void)state;
	call_back_for("spool/stranger", fixture_close);
	assert_int_equal(fixture.closed, 1);
	fixture_assert_told("stranger stranger\n");
}

static void
closed_by_on_trouble(void **state)
{
	(void)state;
	fixture.init_errno = EMFILE;
	call_back_for("spool/adatum/a.csv", fixture_close);
	assert_int_equal(fixture.closed, 1);
	assert_int_equal(fixture.ready, 0);
}

static void
attempt(void *arg)
{
	struct spool_options opt = fixture_options(2);
	struct spool *sp = arg;
	struct err err = { 0 };
	enum err_code rc = spool_open(&fixture.loop, &opt, &sp, &err);

	if (rc) {
		assert_true(alloc_fault_hit());
		assert_int_equal(rc, ERR_NOMEM);
		assert_int_equal(err.code, ERR_NOMEM);
		assert_ptr_equal(sp, arg);
		return;
	}
	spool_close(sp, NULL, NULL); /* it also opens if it was only the watch that failed */
	fixture_settle();
}

static void
memory_runs_out(void **state)
{
	int somewhere;

	(void)state;
	assert_int_equal(alloc_fault_sweep(attempt, &somewhere), 4);
}

/* Two lists, of which the first cannot be taken. */
static void
comes_again(void **state)
{
	struct spool_file file;
	bool a;

	(void)state;
	fixture_open(1);
	fixture_settle();
	sandbox_write("spool/adatum/a.csv", "x");
	fixture_settle();
	fixture_assert_next("adatum", "a.csv");
	fixture_settle();
	fixture_assert_none();
	spool_again(fixture.spool);
	sandbox_write("spool/adatum/b.csv", "x");
	fixture_settle();
	/* Which of them is first, the file system says. */
	assert_true(spool_next(fixture.spool, &file));
	a = strcmp(file.name, "a.csv") == 0;
	assert_true(a || strcmp(file.name, "b.csv") == 0);
	fixture_assert_next("adatum", a ? "b.csv" : "a.csv");
	fixture_settle();
	fixture_assert_none();
}

static void
does_not_come_again_if_it_is_gone(void **state)
{
	(void)state;
	fixture_open(1);
	fixture_settle();
	sandbox_write("spool/adatum/a.csv", "x");
	fixture_settle();
	fixture_assert_next("adatum", "a.csv");
	assert_int_equal(unlink("spool/adatum/a.csv"), 0);
	spool_again(fixture.spool);
	fixture_settle();
	fixture_assert_none();
}

#define IN_SANDBOX(test) cmocka_unit_test_setup_teardown(test, fixture_begin, fixture_end)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_SANDBOX(cannot_be_opened),
		IN_SANDBOX(default_rescan),
		IN_SANDBOX(comes_again),
		IN_SANDBOX(does_not_come_again_if_it_is_gone),
		IN_SANDBOX(closed_at_once),
		IN_SANDBOX(closed_with_files_waiting),
		IN_SANDBOX(closed_by_on_ready),
		IN_SANDBOX(closed_by_on_stranger),
		IN_SANDBOX(closed_by_on_trouble),
		IN_SANDBOX(memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
