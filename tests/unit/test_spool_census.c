/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/intake/spool_census.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/sandbox.h"

static const char *const customer[] = { "contoso", "adatum", "nobody" };

static void
set_time(const char *path, time_t at)
{
	const struct timespec times[2] = { { .tv_sec = at }, { .tv_sec = at } };

	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void
files_are_counted_where_they_lie(void **state)
{
	struct spool_census c;
	struct err err;

	(void)state;
	assert_int_equal(mkdir("spool", 0700), 0);
	assert_int_equal(mkdir("spool/contoso", 0700), 0);
	assert_int_equal(mkdir("spool/contoso/rejected", 0700), 0);
	assert_int_equal(mkdir("spool/contoso/reports", 0700), 0);
	assert_int_equal(mkdir("spool/adatum", 0700), 0);
	assert_int_equal(mkdir("spool/stranger", 0700), 0);
	sandbox_write("spool/contoso/a.csv", "x");
	sandbox_write("spool/contoso/b.csv", "x");
	sandbox_write("spool/contoso/c.csv.part", "x");
	sandbox_write("spool/contoso/.d.csv", "x");
	sandbox_write("spool/contoso/reports/e.csv", "x");
	sandbox_write("spool/contoso/rejected/f.csv", "x");
	sandbox_write("spool/contoso/rejected/f.csv.error.txt", "x");
	sandbox_write("spool/contoso/rejected/g", "x");
	sandbox_write("spool/adatum/h.csv", "x");
	sandbox_write("spool/stranger/i.csv", "x");
	set_time("spool/contoso/a.csv", 2000);
	set_time("spool/contoso/b.csv", 1000);
	set_time("spool/contoso/c.csv.part", 10);
	set_time("spool/contoso/rejected/g", 10);
	assert_int_equal(spool_census_take("spool", customer, 3, &c, &err), ERR_OK);
	assert_int_equal(c.waiting, 3);
	assert_int_equal(c.rejected, 2);
	assert_int_equal(c.oldest_unix_s, 1000);
}

static void
nothing_waits(void **state)
{
	struct spool_census c;
	struct err err;

	(void)state;
	assert_int_equal(mkdir("spool", 0700), 0);
	assert_int_equal(spool_census_take("spool", customer, 3, &c, &err), ERR_OK);
	assert_int_equal(c.waiting, 0);
	assert_int_equal(c.oldest_unix_s, 0);
}

static void
what_cannot_be_read_is_an_error(void **state)
{
	struct spool_census c = { .waiting = 77 };
	struct err err;

	(void)state;
	assert_int_equal(spool_census_take("nowhere", customer, 3, &c, &err), ERR_IO);
	assert_int_equal(mkdir("spool", 0700), 0);
	sandbox_write("spool/adatum", "no folder");
	assert_int_equal(spool_census_take("spool", customer, 3, &c, &err), ERR_IO);
	assert_int_equal(c.waiting, 77);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(files_are_counted_where_they_lie, sandbox_enter,
		    sandbox_leave),
		cmocka_unit_test_setup_teardown(nothing_waits, sandbox_enter, sandbox_leave),
		cmocka_unit_test_setup_teardown(what_cannot_be_read_is_an_error, sandbox_enter,
		    sandbox_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
