/* SPDX-License-Identifier: Apache-2.0 */
#include "store/list_line.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "store/store.h"
#include "store/store_change.h"
#include "tests/unit/sandbox.h"
#include "tests/unit/store_script.h"
#include "tests/unit/store_show.h"

/* What becomes of lists whose lines come in any order is compared with the model of the store. */

static struct store_script ss;

static int
set_up(void **state)
{
	int rc = sandbox_enter(state);

	store_script_open(&ss);
	return rc;
}

static int
tear_down(void **state)
{
	store_script_close(&ss);
	return sandbox_leave(state);
}

/* "3 d1", "4 refused", "nothing" */
static void
describe(const struct list_line *l, char *out, size_t size)
{
	int n = snprintf(out, size, "%" PRIu64, l->number);

	if (l->number == 0)
		(void)snprintf(out, size, "nothing");
	else if (l->device)
		(void)snprintf(out + n, size - (size_t)n, " d%" PRId64 "%s%s", l->device,
		    l->written ? " written" : "", l->follows ? " follows" : "");
	else
		(void)snprintf(out + n, size - (size_t)n, " %s",
		    l->duplicate ? "duplicate" : "refused");
}

#define OTHERS "begin contoso; add 2 X acme t; add 3 Y acme t; end 2; begin contoso;"

static void
test_finding(void **state)
{
	static const struct {
		const char *name;
		const char *script;
		uint64_t line; /* 0: the last */
		const char *want;
	} tc[] = {
		{ "an empty list", OTHERS, 2, "nothing" },
		{ "the last of an empty list", OTHERS, 0, "nothing" },
		{ "the first", OTHERS "add 5 A acme t; add 7 B acme t; add 9 C acme t", 5, "5 d3" },
		{ "one in the middle", OTHERS "add 5 A acme t; add 7 B acme t; add 9 C acme t", 7,
		    "7 d4" },
		{ "the last", OTHERS "add 5 A acme t; add 7 B acme t; add 9 C acme t", 9, "9 d5" },
		{ "between two", OTHERS "add 5 A acme t; add 7 B acme t", 6, "nothing" },
		{ "before all", OTHERS "add 5 A acme t; add 7 B acme t", 4, "nothing" },
		{ "behind all", OTHERS "add 5 A acme t; add 7 B acme t", 8, "nothing" },
		{ "refused", OTHERS "add 5 A acme t; refuse 6 x", 6, "6 refused" },
		{ "a duplicate", OTHERS "add 5 A acme t; dup 6 x", 6, "6 duplicate" },
		{ "follows another list's", OTHERS "add 5 X acme t", 5, "5 d1 written follows" },
		{ "out of order", OTHERS "add 5 A acme t; add 4 B acme t; add 7 C acme t", 4,
		    "4 d4 written" },
		{ "beside what is out of order",
		    OTHERS "add 5 A acme t; add 4 B acme t; add 3 D acme t; add 7 C acme t", 7,
		    "7 d6" },
		{ "whose maker was taken back", OTHERS "add 5 A acme t; add 6 A acme t; refuse 5 x",
		    6, "6 d3 written" },
		{ "the last is a device", OTHERS "refuse 5 x; add 6 A acme t", 0, "6 d3" },
		{ "the last is refused", OTHERS "add 5 A acme t; refuse 6 x", 0, "6 refused" },
		{ "the last is not the newest", OTHERS "add 5 A acme t; add 4 B acme t", 0,
		    "5 d3" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct open_list open;
		struct list_line got;
		struct err err;
		char is[64];

		print_message("  %s\n", tc[i].name);
		assert_int_equal(set_up(NULL), 0);
		store_script_run(&ss, tc[i].script);
		assert_int_equal(open_list_find(ss.store, ss.list, &open, &err), ERR_OK);
		if (tc[i].line)
			assert_int_equal(list_line_find(ss.store, &open, tc[i].line, &got, &err),
			    ERR_OK);
		else
			assert_int_equal(list_line_last(ss.store, &open, &got, &err), ERR_OK);
		open_list_done(&open);
		describe(&got, is, sizeof is);
		assert_string_equal(is, tc[i].want);
		assert_int_equal(tear_down(NULL), 0);
	}
}

enum { ROWS = 1250 };

static void
add_all(void)
{
	for (int i = 1; i <= ROWS; i++) {
		char command[64];

		(void)snprintf(command, sizeof command, "add %d S%d acme t", i, i);
		store_script_run(&ss, command);
	}
}

static void
abort_some(bool want)
{
	bool more = !want;
	struct err err;

	assert_int_equal(store_list_abort(ss.store, ss.list, &more, &err), ERR_OK);
	assert_int_equal(more, want);
}

/* A list that is half given up is one that has come in half. */
static void
test_giving_up_in_steps(void **state)
{
	bool more = true;
	struct err err;

	(void)state;
	store_script_run(&ss, "begin contoso; group");
	add_all();
	store_script_run(&ss, "endgroup");
	abort_some(true);
	store_show_expect(ss.store, "lt",
	    "list 1 contoso 1.csv rows=0 open queued=750\ntally contoso queued 750\n");
	store_script_run(&ss, "reopen; group");
	add_all();
	store_script_run(&ss, "endgroup");
	store_show_expect(ss.store, "lt",
	    "list 1 contoso 1.csv rows=0 open queued=1250\ntally contoso queued 1250\n");
	abort_some(true);
	abort_some(true);
	abort_some(false);
	store_show_expect(ss.store, "lrdt", "");
	assert_int_equal(store_list_abort(ss.store, ss.list, &more, &err), ERR_NOT_FOUND);
	assert_true(more);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_finding),
		cmocka_unit_test_setup_teardown(test_giving_up_in_steps, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
