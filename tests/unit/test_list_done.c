/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/records/list_done.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/sandbox.h"
#include "tests/unit/store_script.h"

enum { TEXT_SIZE = 1024 };

static enum err_code
note(void *arg, const struct store_event *e, struct err *err)
{
	char *text = arg;
	size_t used = strlen(text);

	(void)err;
	(void)snprintf(text + used, TEXT_SIZE - used,
	    SLICE_FMT " " SLICE_FMT " %" PRId64 " " SLICE_FMT "\n", SLICE_ARG(e->actor),
	    SLICE_ARG(e->customer), e->list, SLICE_ARG(e->message));
	return ERR_OK;
}

static void
assert_trail(struct store_script *ss, const char *want)
{
	const struct store_event_query q = { .kind = slice_of("list_done") };
	char text[TEXT_SIZE] = "";
	struct err err;

	assert_int_equal(store_events(ss->store, &q, note, text, &err), ERR_OK);
	assert_string_equal(text, want);
}

static void
end(struct store_script *ss, int64_t list)
{
	struct err err;

	assert_int_equal(list_done_note(ss->store, list, &err), ERR_OK);
}

#define FIRST "agent contoso 1 1.csv: refused 1, registered 1, failed 1\n"
#define OTHER "agent fabrikam 2 2.csv: registered 1\n"

static void
only_what_has_changed_is_told(void **state)
{
	struct store_script ss;

	(void)state;
	store_script_open(&ss);
	store_script_run(&ss,
	    "begin contoso t; add 1 A a; add 2 B a; refuse 3 excel-damage; end 3; claim 1 9;"
	    "settle 1 A registered ok; settle 1 B failed bad_hash");
	end(&ss, 1);
	assert_trail(&ss, FIRST);
	end(&ss, 1);
	assert_trail(&ss, FIRST);
	/* Other lists have nothing to do with it. */
	store_script_run(&ss,
	    "begin fabrikam t; add 1 C a; end 1; claim 2 9; settle 2 C registered ok");
	end(&ss, 2);
	end(&ss, 1);
	assert_trail(&ss, FIRST OTHER);
	/* Tried again in vain. */
	store_script_run(&ss, "retry serial=B; claim 1 9; settle 3 B failed bad_hash");
	end(&ss, 1);
	assert_trail(&ss, FIRST OTHER);
	store_script_run(&ss, "retry serial=B; claim 1 9; settle 4 B registered ok; reopen");
	end(&ss, 1);
	end(&ss, 1);
	assert_trail(&ss, FIRST OTHER "agent contoso 1 1.csv: refused 1, registered 2\n");
	store_script_close(&ss);
}

static void
no_such_list(void **state)
{
	struct store_script ss;
	struct err err;

	(void)state;
	store_script_open(&ss);
	assert_int_equal(list_done_note(ss.store, 7, &err), ERR_NOT_FOUND);
	assert_string_equal(err.msg, "there is no list 7");
	assert_trail(&ss, "");
	store_script_close(&ss);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, sandbox_enter, sandbox_leave)
	const struct CMUnitTest tests[] = {
		TEST(only_what_has_changed_is_told),
		TEST(no_such_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
