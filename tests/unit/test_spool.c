/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/intake/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/sandbox.h"
#include "tests/unit/spool_fixture.h"

#define LENGTH(array) (sizeof array / sizeof(array)[0])

enum { MANY = 10 * 1000, SOME = 1000 };

/* --- which files are ready ---------------------------------------------------------------------- */

static void
closed_by_its_writer(void **state)
{
	FILE *f;

	(void)state;
	fixture_open(2);
	fixture_settle();
	f = fopen("spool/contoso/a.csv", "we");
	assert_non_null(f);
	assert_true(fputs("x", f) >= 0 && fflush(f) == 0);
	fixture_settle();
	fixture_look();
	assert_int_equal(fixture.ready, 0);
	fixture_assert_none();

	assert_int_equal(fclose(f), 0);
	fixture_settle();
	assert_int_equal(fixture.ready, 1);
	fixture_assert_next("contoso", "a.csv");
	fixture_assert_none();
	fixture_assert_told("");
}

/* Whose file it is matters not if there was an event. */
static void
anothers_file_that_was_closed(void **state)
{
	(void)state;
	fixture.others_files = true;
	fixture_open(2);
	fixture_settle();
	sandbox_write("spool/contoso/a.csv", "x");
	fixture_settle();
	fixture_assert_next("contoso", "a.csv");
}

/* As install(1) makes it: closed, then given its mode. */
static void
rights_come_last(void **state)
{
	(void)state;
	fixture.unreadable = true;
	fixture_open(2);
	fixture_settle();
	sandbox_write("spool/contoso/a.csv", "x");
	fixture_settle();
	fixture_assert_none();
	fixture.unreadable = false;
	assert_int_equal(chmod("spool/contoso/a.csv", 0640), 0);
	fixture_settle();
	fixture_assert_next("contoso", "a.csv");
}

/* Then it is handed out, so that somebody hears of it. */
static void
rights_that_never_come(void **state)
{
	(void)state;
	fixture.unreadable = true;
	fixture_open(2);
	fixture_settle();
	sandbox_write("spool/contoso/a.csv", "x");
	fixture_settle();
	fixture_assert_none();
	fixture_look();
	fixture_assert_next("contoso", "a.csv");
}

static void
moved_in(void **state)
{
	(void)state;
	fixture.others_files = true;
	fixture_open(2);
	fixture_settle();
	sandbox_write("spool/contoso/a.csv.part", "x");
	sandbox_write("b.csv", "x");
	fixture_settle();
	fixture_look();
	fixture_look();
	assert_int_equal(fixture.ready, 0);
	assert_int_equal(rename("spool/contoso/a.csv.part", "spool/contoso/a.csv"), 0);
	fixture_settle();
	fixture_assert_next("contoso", "a.csv");
	assert_int_equal(rename("b.csv", "spool/adatum/b.csv"), 0);
	fixture_settle();
	fixture_assert_next("adatum", "b.csv");
}

static void
there_before(void **state)
{
	int writer;

	(void)state;
	assert_int_equal(mkdir("spool", 0700) | mkdir("spool/contoso", 0700), 0);
	sandbox_write("spool/contoso/a.csv", "x");
	sandbox_write("spool/contoso/b.csv", "x");
	writer = open("spool/contoso/b.csv", O_WRONLY | O_CLOEXEC);
	assert_true(writer >= 0);
	fixture_open(2);
	fixture_settle();
	assert_int_equal(fixture.ready, 1);
	fixture_assert_next("contoso", "a.csv");
	assert_int_equal(unlink("spool/contoso/a.csv"), 0);
	fixture_look();
	fixture_look();
	fixture_assert_none();
	assert_int_equal(close(writer), 0);
	fixture_look();
	fixture_assert_next("contoso", "b.csv");
}

/* Nothing tells about a writer: the file must be the same in two looks. */
static void
two_looks(void **state)
{
	(void)state;
	fixture.others_files = true;
	fixture.init_errno = EMFILE; /* as on a file system of another machine: no event */
	assert_int_equal(mkdir("spool", 0700) | mkdir("spool/contoso", 0700), 0);
	sandbox_write("spool/contoso/a.csv", "x");
	fixture_open(2);
	fixture_settle();
	assert_int_equal(fixture.ready, 0);
	sandbox_write("spool/contoso/a.csv", "xy");
	fixture_look();
	assert_int_equal(fixture.ready, 0);
	fixture_look();
	assert_int_equal(fixture.ready, 1);
	fixture_assert_next("contoso", "a.csv");
	fixture_assert_none();
}

/* Another event of the folder is no look. */
static void
two_looks_too_near(void **state)
{
	(void)state;
	fixture.others_files = true;
	assert_int_equal(mkdir("spool", 0700) | mkdir("spool/contoso", 0700), 0);
	sandbox_write("spool/contoso/a.csv", "x");
	fixture_open(2);
	fixture_settle();
	fixture.now_ms += FIXTURE_RESCAN_MS / 2 - 1;
	sandbox_write("spool/contoso/b.csv", "x");
	fixture_settle();
	fixture_assert_next("contoso", "b.csv");
	fixture_assert_none();
	assert_int_equal(unlink("spool/contoso/b.csv"), 0);
	fixture_look();
	fixture_assert_next("contoso", "a.csv");
}

static void
never_ready(void **state)
{
	(void)state;
	fixture_open(2);
	fixture_settle();
	assert_int_equal(mkdir("spool/contoso/reports", 0700), 0);
	assert_int_equal(mkdir("spool/contoso/rejected", 0700), 0);
	assert_int_equal(mkfifo("spool/contoso/pipe.csv", 0600), 0);
	assert_int_equal(symlink("../../out.csv", "spool/contoso/link.csv"), 0);
	sandbox_write("spool/contoso/reports/a.csv", "x");
	sandbox_write("spool/contoso/rejected/a.csv", "x");
	sandbox_write("spool/contoso/.a.csv", "x");
	sandbox_write("spool/contoso/a.csv.tmp", "x");
	sandbox_write("spool/a.csv", "x");
	sandbox_write("out.csv", "x");
	fixture_settle();
	fixture_look();
	fixture_look();
	assert_int_equal(fixture.ready, 0);
	fixture_assert_none();
	fixture_assert_told("");
}

/* --- handing out -------------------------------------------------------------------------------- */

static void
told_once_until_asked(void **state)
{
	(void)state;
	fixture_open(2);
	fixture_settle();
	sandbox_write("spool/contoso/a.csv", "x");
	fixture_settle();
	sandbox_write("spool/contoso/b.csv", "x");
	fixture_settle();
	fixture_look();
	assert_int_equal(fixture.ready, 1);
	fixture_assert_next("contoso", "a.csv");
	assert_int_equal(fixture.ready, 1);
	fixture_settle();
	assert_int_equal(fixture.ready, 2);
	fixture_assert_next("contoso", "b.csv");
	fixture_assert_none();
	fixture_settle();
	assert_int_equal(fixture.ready, 2);
}

static void
stays_where_it_is(void **state)
{
	(void)state;
	fixture_open(2);
	fixture_settle();
	sandbox_write("spool/contoso/a.csv", "x");
	fixture_settle();
	fixture_assert_next("contoso", "a.csv");
	fixture_settle();
	fixture_assert_none();
	sandbox_write("spool/contoso/b.csv", "x");
	fixture_settle();
	fixture_assert_next("contoso", "b.csv");
	fixture_assert_none();
	assert_int_equal(unlink("spool/contoso/b.csv"), 0);
	fixture_look();
	fixture_assert_next("contoso", "a.csv");
	fixture_assert_none();

	/* A new one of that name comes at once. */
	sandbox_write("spool/contoso/a.csv", "xy");
	fixture_settle();
	fixture_assert_next("contoso", "a.csv");
}

static void
changed_while_it_waits(void **state)
{
	FILE *f;

	(void)state;
	fixture_open(2);
	fixture_settle();
	sandbox_write("spool/contoso/a.csv", "x");
	sandbox_write("spool/contoso/b.csv", "x");
	fixture_settle();
	assert_int_equal(unlink("spool/contoso/b.csv"), 0);
	f = fopen("spool/contoso/a.csv", "ae");
	assert_non_null(f);
	assert_true(fputs("y", f) >= 0 && fflush(f) == 0);
	fixture_assert_none();
	fixture_settle();
	fixture_look();
	fixture_assert_none();
	assert_int_equal(fclose(f), 0);
	fixture_settle();
	fixture_assert_next("contoso", "a.csv");
}

static void
in_turn(void **state)
{
	static const size_t want[] = { 0, 1, 2, 0, 1, 0, 0, 0 };
	static const char *const file[] = { "adatum/1", "adatum/2", "adatum/3", "adatum/4",
		"adatum/5", "contoso/1", "contoso/2", "fabrikam/1" };
	struct spool_file f;

	(void)state;
	fixture_open(3);
	fixture_settle();
	for (size_t i = 0; i < LENGTH(file); i++) {
		char path[32];

		(void)snprintf(path, sizeof path, "spool/%s", file[i]);
		sandbox_write(path, "x");
	}
	fixture_settle();
	for (size_t i = 0; i < LENGTH(want); i++) {
		assert_true(spool_next(fixture.spool, &f));
		assert_int_equal(f.customer, want[i]);
	}
	assert_false(spool_next(fixture.spool, &f));
}

static void
take_a(void)
{
	fixture_assert_next("contoso", "a.csv");
}

/* The look finds the file, and it is taken, before its event is read: many others come first. */
static void
event_of_what_was_taken(void **state)
{
	(void)state;
	fixture_open(2);
	fixture_settle();
	for (unsigned i = 0; i < 4 * SOME; i++)
		sandbox_write(i % 2 ? "spool/adatum/1.part" : "spool/adatum/2.part", "");
	sandbox_write("spool/contoso/a.csv", "x");
	fixture.on_callback = take_a;
	fixture_look();
	assert_null(fixture.on_callback);
	fixture_assert_none();
}

/* The folder is read on while files of it are taken. There is no event that would mend a mistake. */
static void
taken_while_it_is_read(void **state)
{
	unsigned n = 0;

	(void)state;
	assert_int_equal(mkdir("spool", 0700) | mkdir("spool/contoso", 0700), 0);
	for (unsigned i = 0; i < SOME; i++) {
		char path[64];

		(void)snprintf(path, sizeof path, "spool/contoso/%u%s", i, i % 4 ? ".part" : "");
		sandbox_write(path, "x");
	}
	fixture_open(2);
	for (unsigned turn = 0; turn < SOME; turn++) {
		struct spool_file f;

		(void)uv_run(&fixture.loop, UV_RUN_NOWAIT);
		if (!spool_next(fixture.spool, &f))
			continue;
		assert_int_equal(unlink(f.path), 0);
		n++;
	}
	assert_int_equal(n, SOME / 4);
}

static void
make_files(unsigned from, unsigned n)
{
	for (unsigned i = from; i < from + n; i++) {
		char path[32];

		(void)snprintf(path, sizeof path, "spool/contoso/%u", i);
		assert_int_equal(close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600)), 0);
	}
}

/* Takes what comes until nothing does. Each file is one that was not there before. */
static unsigned
take_files(bool got[MANY], bool stay)
{
	struct spool_file f;
	unsigned n = 0;

	for (fixture_settle(); spool_next(fixture.spool, &f); fixture_settle()) {
		uint64_t number;

		assert_string_equal(fixture_customers[f.customer], "contoso");
		assert_true(slice_to_u64(slice_of(f.name), MANY - 1, &number));
		assert_false(got[number]);
		got[number] = true;
		n++;
		if (!stay)
			assert_int_equal(unlink(f.path), 0);
	}
	return n;
}

/* They come while they are read. */
static void
many_that_go(void **state)
{
	bool got[MANY] = { false };

	(void)state;
	fixture_open(2);
	fixture_settle();
	make_files(0, MANY / 2);
	fixture_settle();
	make_files(MANY / 2, MANY / 2);
	assert_int_equal(take_files(got, false), MANY);
	sandbox_assert_names("spool/contoso", "");
}

static void
many_that_stay(void **state)
{
	bool got[MANY] = { false };

	(void)state;
	fixture_open(2);
	fixture_settle();
	make_files(0, SOME);
	assert_int_equal(take_files(got, true), SOME);
	fixture_look();
	memset(got, 0, sizeof got);
	assert_int_equal(take_files(got, true), SOME);
}

static void
many_of_others_without_events(void **state)
{
	bool got[MANY] = { false };

	(void)state;
	fixture.others_files = true;
	fixture.init_errno = EMFILE;
	fixture_open(2);
	fixture_settle();
	make_files(0, SOME);
	fixture_look();
	assert_int_equal(take_files(got, false), 0);
	fixture_look();
	assert_int_equal(take_files(got, false), SOME);
}

/* Nobody waits until all of another customer's are done. */
static void
many_of_one_customer(void **state)
{
	struct spool_file f;
	unsigned n = 0;

	(void)state;
	fixture_open(3);
	fixture_settle();
	make_files(0, SOME);
	fixture_settle();
	sandbox_write("spool/fabrikam/a.csv", "x");
	fixture_settle();
	do {
		assert_true(spool_next(fixture.spool, &f));
		n++;
	} while (f.customer != 2);
	assert_true(n <= 2);
}

/* --- what the kernel cannot do ------------------------------------------------------------------ */

static void
no_inotify(void **state)
{
	(void)state;
	fixture.init_errno = EMFILE;
	fixture_open(2);
	fixture_assert_told("");
	fixture_settle();
	fixture_assert_told("spool: new lists are found only every 1 s: the limit "
	                    "fs.inotify.max_user_instances is reached; raise it with sysctl\n");
	sandbox_write("spool/contoso/a.csv", "x");
	fixture_settle();
	assert_int_equal(fixture.ready, 0);
	fixture_look();
	fixture_assert_next("contoso", "a.csv");
	fixture_assert_told("");
}

static void
too_few_watches(void **state)
{
	(void)state;
	fixture.watches = 1;
	fixture_open(2);
	fixture_settle();
	fixture_assert_told("spool/adatum: new lists are found only every 1 s: the limit "
	                    "fs.inotify.max_user_watches is reached; raise it with sysctl\n");
	sandbox_write("spool/contoso/a.csv", "x");
	fixture_settle();
	assert_int_equal(fixture.ready, 0);
	fixture_look();
	fixture_assert_next("contoso", "a.csv");
	fixture_assert_told("");
}

static void
lost_events(void **state)
{
	(void)state;
	fixture_open(2);
	fixture_settle();
	fixture.events_lost = true;
	sandbox_write("spool/contoso/a.csv", "x");
	fixture_settle();
	assert_false(fixture.events_lost);
	fixture_assert_next("contoso", "a.csv");
}

#define IN_SANDBOX(test) cmocka_unit_test_setup_teardown(test, fixture_begin, fixture_end)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_SANDBOX(closed_by_its_writer),
		IN_SANDBOX(anothers_file_that_was_closed),
		IN_SANDBOX(rights_come_last),
		IN_SANDBOX(rights_that_never_come),
		IN_SANDBOX(moved_in),
		IN_SANDBOX(there_before),
		IN_SANDBOX(two_looks),
		IN_SANDBOX(two_looks_too_near),
		IN_SANDBOX(never_ready),
		IN_SANDBOX(told_once_until_asked),
		IN_SANDBOX(stays_where_it_is),
		IN_SANDBOX(changed_while_it_waits),
		IN_SANDBOX(in_turn),
		IN_SANDBOX(event_of_what_was_taken),
		IN_SANDBOX(taken_while_it_is_read),
		IN_SANDBOX(many_that_go),
		IN_SANDBOX(many_that_stay),
		IN_SANDBOX(many_of_others_without_events),
		IN_SANDBOX(many_of_one_customer),
		IN_SANDBOX(no_inotify),
		IN_SANDBOX(too_few_watches),
		IN_SANDBOX(lost_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
