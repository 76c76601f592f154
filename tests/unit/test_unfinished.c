/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/intake/unfinished.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/sandbox.h"
#include "tests/unit/store_script.h"
#include "tests/unit/store_show.h"

static void
put_file(int64_t list, const char *name)
{
	char path[LIST_PATH_MAX];
	struct err err;

	assert_int_equal(list_files_state("state", list, name, LIST_SOURCE, path, &err), ERR_OK);
	assert_int_equal(list_files_make_folders(path, 0700, &err), ERR_OK);
	sandbox_write(path, "a list");
}

static void
nothing_was_begun(void **state)
{
	struct store_script ss;
	struct unfinished u = { .n = 99 };
	struct err err;

	(void)state;
	store_script_open(&ss);
	store_script_run(&ss, "begin contoso t; add 1 A a; end 1");
	assert_int_equal(unfinished_read(ss.store, "state", &u, &err), ERR_OK);
	assert_int_equal(u.n, 0);
	store_script_close(&ss);
}

static void
what_has_its_file_is_done_again(void **state)
{
	struct store_script ss;
	struct unfinished u;
	struct err err;

	(void)state;
	store_script_open(&ss);
	store_script_run(&ss, "begin contoso t; end 0; begin adatum u; add 1 A a");
	put_file(2, "2.csv");
	assert_int_equal(unfinished_read(ss.store, "state", &u, &err), ERR_OK);
	assert_int_equal(u.n, 1);
	assert_int_equal(u.list[0].id, 2);
	assert_int_equal(u.list[0].source, LIST_FROM_SPOOL);
	assert_string_equal(u.list[0].customer, "adatum");
	assert_string_equal(u.list[0].file, "2.csv");
	assert_string_equal(u.list[0].tag, "u");
	store_show_expect(ss.store, "l",
	    "list 2 adatum 2.csv rows=0 open queued=1\nlist 1 contoso 1.csv rows=0 done\n");
	store_script_close(&ss);
}

/* It is where it was before, and comes in again as a new one. */
static void
what_has_no_file_is_forgotten(void **state)
{
	struct store_script ss;
	struct unfinished u;
	struct err err;

	(void)state;
	store_script_open(&ss);
	store_script_run(&ss, "begin contoso t; add 1 A a");
	assert_int_equal(unfinished_read(ss.store, "state", &u, &err), ERR_OK);
	assert_int_equal(u.n, 0);
	store_show_expect(ss.store, "ld", "");
	store_script_close(&ss);
}

/* The name in the store is as people know it; that of the file is cut. */
static void
a_long_name_in_a_folder(void **state)
{
	struct store_script ss;
	struct unfinished u;
	struct err err;
	char name[400], plain[LIST_NAME_MAX + 1];
	int64_t id;

	(void)state;
	memset(name, 'x', sizeof name);
	memcpy(name + 250, "/a.csv", sizeof "/a.csv");
	store_script_open(&ss);
	assert_int_equal(store_list_begin(ss.store, slice_of("contoso"), slice_of(name),
	                     slice_of(""), LIST_FROM_SOCKET, &id, &err),
	    ERR_OK);
	put_file(id, name);
	assert_int_equal(unfinished_read(ss.store, "state", &u, &err), ERR_OK);
	assert_int_equal(u.n, 1);
	list_files_name(slice_of(name), plain);
	assert_string_equal(u.list[0].file, plain);
	assert_string_equal(u.list[0].tag, "");
	store_script_close(&ss);
}

static void
a_path_that_is_too_long(void **state)
{
	struct store_script ss;
	struct unfinished u = { .n = 99 };
	char folder[LIST_PATH_MAX];
	struct err err;

	(void)state;
	memset(folder, 'a', sizeof folder);
	folder[LIST_PATH_MAX - 1] = '\0';
	store_script_open(&ss);
	store_script_run(&ss, "begin contoso t");
	assert_int_equal(unfinished_read(ss.store, folder, &u, &err), ERR_LIMIT);
	assert_int_equal(u.n, 99);
	store_show_expect(ss.store, "l", "list 1 contoso 1.csv rows=0 open\n");
	store_script_close(&ss);
}

#define IN_SANDBOX(test) cmocka_unit_test_setup_teardown(test, sandbox_enter, sandbox_leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SANDBOX(nothing_was_begun),
		IN_SANDBOX(what_has_its_file_is_done_again),
		IN_SANDBOX(what_has_no_file_is_forgotten),
		IN_SANDBOX(a_long_name_in_a_folder),
		IN_SANDBOX(a_path_that_is_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
