/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/demo_folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/sandbox.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])
#define URL "http://127.0.0.1:54321"

static char here[PATH_MAX]; /* the sandbox */
static char data[PATH_MAX]; /* a copy of the demo's files in it, without lists worth reading */

static const char *const files[] = {
	"autoreg.yaml",
	"scenario.yaml",
	"client-secret",
	"refresh-token",
	"lists/contoso/excel.txt",
	"lists/contoso/script.csv",
	"lists/contoso/supplier.csv",
	"lists/fabrikam/configmgr.csv",
	"lists/fabrikam/stations.csv",
};

static const char *const folders[] = { "data", "data/lists", "data/lists/contoso",
	"data/lists/fabrikam", "tmp" };

static int
enter(void **state)
{
	if (sandbox_enter(state) || !getcwd(here, sizeof here - 8))
		return -1;
	for (size_t i = 0; i < LENGTH(folders); i++)
		assert_int_equal(mkdir(folders[i], 0755), 0);
	for (size_t i = 0; i < LENGTH(files); i++) {
		char path[PATH_MAX];

		(void)snprintf(path, sizeof path, "data/%s", files[i]);
		sandbox_write(path, files[i]);
	}
	sandbox_write("data/autoreg.yaml", "a: http://127.0.0.1:8400\nb: http://127.0.0.1:8400/\n");
	assert_non_null(realpath("data", data));
	assert_int_equal(setenv("TMPDIR", "tmp", 1), 0);
	return 0;
}

static int
leave(void **state)
{
	(void)unsetenv("TMPDIR");
	return chdir(here) || sandbox_leave(state);
}

static void
assert_private(const char *path, mode_t mode)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, mode);
}

static void
assert_filled(void)
{
	for (size_t i = 1; i < LENGTH(files); i++) {
		sandbox_assert_content(files[i], slice_of(files[i]));
		assert_private(files[i], 0600);
	}
	sandbox_assert_content("autoreg.yaml", slice_of("a: " URL "\nb: " URL "/\n"));
	assert_private("autoreg.yaml", 0600);
	assert_private("lists/contoso", 0700);
	sandbox_assert_names(".", "autoreg.yaml client-secret lists refresh-token scenario.yaml ");
}

static void
for_a_while(void **state)
{
	struct demo_folder f;
	struct err err;

	(void)state;
	assert_int_equal(demo_folder_enter(data, URL, NULL, &f, &err), ERR_OK);
	assert_filled();
	assert_private(".", 0700);
	assert_int_equal(mkdir("state", 0700), 0);
	sandbox_write("state/more", "more");
	assert_int_equal(symlink(data, "state/link"), 0);
	assert_int_equal(demo_folder_remove(&f, &err), ERR_OK);
	assert_int_equal(chdir(here), 0);
	sandbox_assert_names("tmp", "");
	sandbox_assert_names("data/lists/fabrikam", "configmgr.csv stations.csv ");
}

static void
for_good(void **state)
{
	struct demo_folder f;
	struct err err;

	(void)state;
	assert_int_equal(demo_folder_enter(data, URL, "kept", &f, &err), ERR_OK);
	assert_filled();
	assert_private(".", 0700);
	assert_int_equal(chdir(here), 0);
	sandbox_assert_names(".", "data kept tmp ");
	sandbox_assert_names("tmp", "");
}

static void
cannot_be_made(void **state)
{
	static const struct {
		const char *name;
		const char *keep;
		const char *missing; /* removed from the data before */
		enum err_code want;
		const char *msg;
	} tc[] = {
		{ "something is there", "data", NULL, ERR_EXISTS, "data is there already" },
		{ "no such parent", "no/kept", NULL, ERR_IO, "no/kept: " },
		{ "no configuration", "kept", "autoreg.yaml", ERR_IO, "data/autoreg.yaml: " },
		{ "no configuration, temporary", NULL, "autoreg.yaml", ERR_IO,
		    "data/autoreg.yaml: " },
		{ "no list", NULL, "lists/fabrikam/stations.csv", ERR_IO, "stations.csv: " },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct demo_folder f = { "before" };
		char path[PATH_MAX];
		struct err err;

		print_message("  %s\n", tc[i].name);
		if (tc[i].missing) {
			(void)snprintf(path, sizeof path, "data/%s", tc[i].missing);
			(void)unlink(path);
		}
		assert_int_equal(demo_folder_enter(data, URL, tc[i].keep, &f, &err), tc[i].want);
		assert_non_null(strstr(err.msg, tc[i].msg));
		assert_string_equal(f.path, "before");
		assert_int_equal(chdir(here), 0);
		sandbox_assert_names(".", "data tmp ");
		sandbox_assert_names("tmp", "");
	}
}

static void
bad_configuration(void **state)
{
	static char text[70 * 1024];
	struct demo_folder f = { "before" };
	struct err err;

	(void)state;
	sandbox_write("data/autoreg.yaml", "");
	assert_int_equal(demo_folder_enter(data, URL, NULL, &f, &err), ERR_IO);
	assert_int_equal(chdir(here), 0);
	memset(text, '#', sizeof text - 1);
	sandbox_write("data/autoreg.yaml", text);
	assert_int_equal(demo_folder_enter(data, URL, NULL, &f, &err), ERR_LIMIT);
	assert_int_equal(chdir(here), 0);
	assert_string_equal(f.path, "before");
	sandbox_assert_names("tmp", "");
}

static void
no_place_for_it(void **state)
{
	struct demo_folder f = { "before" };
	struct err err;

	(void)state;
	assert_int_equal(setenv("TMPDIR", "nowhere", 1), 0);
	assert_int_equal(demo_folder_enter(data, URL, NULL, &f, &err), ERR_IO);
	assert_non_null(strstr(err.msg, "nowhere: "));
	assert_string_equal(f.path, "before");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(for_a_while, enter, leave),
		cmocka_unit_test_setup_teardown(for_good, enter, leave),
		cmocka_unit_test_setup_teardown(cannot_be_made, enter, leave),
		cmocka_unit_test_setup_teardown(bad_configuration, enter, leave),
		cmocka_unit_test_setup_teardown(no_place_for_it, enter, leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
