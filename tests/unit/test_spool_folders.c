/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/intake/spool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/sandbox.h"
#include "tests/unit/spool_fixture.h"

/* --- folders ------------------------------------------------------------------------------------ */

static void
assert_mode(const char *path, mode_t want)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, want);
}

static void
folders_are_made(void **state)
{
	mode_t umask_before = umask(077);

	(void)state;
	fixture_open(2);
	assert_mode("spool", 0750);
	assert_mode("spool/adatum", 0750);
	assert_mode("spool/contoso", 0750);
	sandbox_assert_names("spool", "adatum contoso ");
	(void)umask(umask_before);
}

static void
folders_of_a_group(void **state)
{
	mode_t umask_before = umask(077);

	(void)state;
	assert_int_equal(mkdir("spool", 0700) | chmod("spool", 02775), 0);
	assert_int_equal(mkdir("spool/adatum", 0700) | chmod("spool/adatum", 0700), 0);
	fixture_open(2);
	assert_mode("spool", 02775);
	assert_mode("spool/adatum", 0700);
	assert_mode("spool/contoso", 02770);
	(void)umask(umask_before);
}

static void
strangers(void **state)
{
	(void)state;
	fixture_open(2);
	fixture_settle();
	assert_int_equal(mkdir("spool/fabrikam", 0700) | mkdir("spool/.snapshot", 0700), 0);
	sandbox_write("spool/fabrikam/a.csv", "x");
	fixture_settle();
	fixture_assert_told("stranger fabrikam\n");
	for (int i = 0; i < 5; i++)
		fixture_look();
	fixture_assert_told("");
	assert_int_equal(fixture.ready, 0);
}

static void
folder_removed_and_made_again(void **state)
{
	(void)state;
	fixture.others_files = true;
	fixture_open(2);
	fixture_settle();
	assert_int_equal(rmdir("spool/contoso"), 0);
	fixture_settle();
	fixture_look();
	fixture_look();
	fixture_assert_told("spool/contoso cannot be read: No such file or directory\n");
	assert_int_equal(mkdir("spool/contoso", 0700), 0);
	fixture_settle();
	sandbox_write("spool/contoso/a.csv", "x");
	fixture_settle();
	fixture_assert_next("contoso", "a.csv");
	fixture_assert_told("");

	assert_int_equal(rename("spool/contoso", "elsewhere"), 0);
	fixture_settle();
	fixture_assert_told("spool/contoso cannot be read: No such file or directory\n");
	sandbox_write("elsewhere/b.csv", "x");
	fixture_settle();
	fixture_assert_none();
}

/* Whichever of the two is looked at first, the new name stays watched. */
static void
folder_renamed_to_another_customers(void **state)
{
	(void)state;
	fixture.others_files = true;
	fixture_open(2);
	fixture_settle();
	assert_int_equal(rmdir("spool/contoso") | rename("spool/adatum", "spool/contoso"), 0);
	fixture_settle();
	sandbox_write("spool/contoso/a.csv", "x");
	fixture_settle();
	fixture_assert_next("contoso", "a.csv");
	fixture_assert_told("spool/adatum cannot be read: No such file or directory\n");

	assert_int_equal(rename("spool/contoso", "spool/adatum"), 0);
	fixture_settle();
	sandbox_write("spool/adatum/b.csv", "x");
	fixture_settle();
	fixture_assert_next("adatum", "b.csv");
	fixture_assert_told("spool/contoso cannot be read: No such file or directory\n");
}

/* As when the file system with the spool is taken away, and comes back. */
static void
whole_spool_away_and_back(void **state)
{
	(void)state;
	fixture.others_files = true;
	fixture_open(2);
	fixture_settle();
	assert_int_equal(rename("spool", "away"), 0);
	fixture_settle();
	fixture_look();
	fixture_assert_told("spool cannot be read: No such file or directory\n");
	assert_int_equal(mkdir("spool", 0700), 0);
	fixture_look();
	fixture_look();
	fixture_assert_told("spool/adatum cannot be read: No such file or directory\n"
	                    "spool/contoso cannot be read: No such file or directory\n");
	sandbox_assert_names("spool", "");

	assert_int_equal(rmdir("spool") | rename("away", "spool"), 0);
	fixture_look();
	fixture_assert_told("");
	sandbox_write("spool/contoso/a.csv", "x");
	fixture_settle();
	fixture_assert_next("contoso", "a.csv");
}

static void
links_are_not_followed(void **state)
{
	(void)state;
	assert_int_equal(mkdir("spool", 0700) | mkdir("elsewhere", 0700), 0);
	assert_int_equal(symlink("../elsewhere", "spool/contoso"), 0);
	assert_int_equal(symlink("../elsewhere", "spool/stranger"), 0);
	sandbox_write("elsewhere/a.csv", "x");
	fixture_open(2);
	fixture_settle();
	sandbox_write("elsewhere/b.csv", "x");
	fixture_settle();
	fixture_look();
	assert_int_equal(fixture.ready, 0);
	fixture_assert_told("spool/contoso cannot be read: Not a directory\n");
}

static void
spool_behind_a_link(void **state)
{
	(void)state;
	assert_int_equal(mkdir("elsewhere", 0700) | symlink("elsewhere", "spool"), 0);
	fixture_open(2);
	fixture_settle();
	sandbox_write("spool/contoso/a.csv", "x");
	fixture_settle();
	fixture_assert_next("contoso", "a.csv");
}

#define IN_SANDBOX(test) cmocka_unit_test_setup_teardown(test, fixture_begin, fixture_end)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_SANDBOX(folders_are_made),
		IN_SANDBOX(folders_of_a_group),
		IN_SANDBOX(strangers),
		IN_SANDBOX(folder_removed_and_made_again),
		IN_SANDBOX(folder_renamed_to_another_customers),
		IN_SANDBOX(whole_spool_away_and_back),
		IN_SANDBOX(links_are_not_followed),
		IN_SANDBOX(spool_behind_a_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
