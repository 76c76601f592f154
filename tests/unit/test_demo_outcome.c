/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/demo_outcome.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "tests/unit/sandbox.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

/* A report with one row of each kind. */
static const char first[] =
    "{\"list\":{\"customer\":\"contoso\",\"file\":\"a.csv\"},\"rows\":["
    "{\"line\":2,\"serial\":\"S1\",\"state\":\"registered\",\"verdict\":{\"class\":\"ok\"}},"
    "{\"line\":3,\"serial\":\"S2\",\"state\":\"claimed\",\"verdict\":{\"name\":\"Held\","
    "\"message\":\"Another has it.\",\"advice\":\"Ask.\"},\"finding\":null},"
    "{\"line\":4,\"serial\":\"S\\u001b3\",\"state\":\"refused\",\"verdict\":null,"
    "\"finding\":{\"code\":\"bad\",\"message\":\"It is bad.\",\"advice\":\"Mend it.\"}},"
    "{\"line\":5,\"serial\":\"S1\",\"state\":\"duplicate\",\"verdict\":null,"
    "\"finding\":{\"code\":\"duplicate\",\"message\":\"Twice.\",\"advice\":\"Nothing.\"}}]}";

static const char second[] =
    "{\"list\":{\"customer\":\"fabrikam\",\"file\":\"b.csv\"},\"rows\":["
    "{\"line\":2,\"serial\":\"S4\",\"state\":\"held\",\"verdict\":null,\"finding\":null,"
    "\"held_for\":\"consent\",\"held_message\":\"It waits.\"}]}";

static const char third[] = "{\"list\":{\"customer\":\"contoso\",\"file\":\"c.csv\"},\"rows\":["
                            "{\"line\":2,\"serial\":\"S5\",\"state\":\"registered\"}]}";

static void
write_report(const char *folder, const char *text)
{
	char path[64];

	assert_int_equal(mkdir(folder, 0700), 0);
	(void)snprintf(path, sizeof path, "%s/x.csv.report.json", folder);
	sandbox_write(path, text);
}

static void
assert_printed(void (*put)(FILE *stream, const json_t *reports), const char *want)
{
	json_t *reports = NULL;
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	struct err err;

	assert_int_equal(demo_outcome_read("state", &reports, &err), ERR_OK);
	assert_non_null(f);
	put(f, reports);
	assert_int_equal(fclose(f), 0);
	assert_string_equal(text, want);
	free(text);
	json_decref(reports);
}

static void
write_all_reports(void)
{
	assert_int_equal(mkdir("state", 0700), 0);
	assert_int_equal(mkdir("state/lists", 0700), 0);
	write_report("state/lists/1", first);
	write_report("state/lists/2", second);
	write_report("state/lists/3", third);
}

static void
table(void **state)
{
	(void)state;
	write_all_reports();
	assert_printed(demo_outcome_put_table,
	    "customer      registered     claimed        held     refused   duplicate\n"
	    "contoso                2           1           0           1           1\n"
	    "fabrikam               0           0           1           0           0\n"
	    "total                  2           1           1           1           1\n");
}

static void
rest(void **state)
{
	(void)state;
	write_all_reports();
	assert_printed(demo_outcome_put_rest,
	    "  contoso/a.csv:3: S2 is claimed (Held)\n"
	    "    Another has it.\n"
	    "    Ask.\n"
	    "  contoso/a.csv:4: S?3 is refused (bad)\n"
	    "    It is bad.\n"
	    "    Mend it.\n"
	    "  fabrikam/b.csv:2: S4 is held (consent)\n"
	    "    It waits.\n"
	    "    \n");
}

static void
no_good_reports(void **state)
{
	static const struct {
		const char *name;
		const char *text; /* NULL: there is no report */
		enum err_code want;
		const char *msg;
	} tc[] = {
		{ "none", NULL, ERR_NOT_FOUND, "no reports in state" },
		{ "empty", "", ERR_FORMAT, "state/lists/1/x.csv.report.json: " },
		{ "cut", "{\"list\":", ERR_FORMAT, "state/lists/1/x.csv.report.json: " },
	};
	json_t *reports = NULL;
	struct err err;

	(void)state;
	assert_int_equal(mkdir("state", 0700), 0);
	assert_int_equal(mkdir("state/lists", 0700), 0);
	assert_int_equal(mkdir("state/lists/1", 0700), 0);
	for (size_t i = 0; i < LENGTH(tc); i++) {
		print_message("  %s\n", tc[i].name);
		if (tc[i].text)
			sandbox_write("state/lists/1/x.csv.report.json", tc[i].text);
		assert_int_equal(demo_outcome_read("state", &reports, &err), tc[i].want);
		assert_non_null(strstr(err.msg, tc[i].msg));
		assert_null(reports);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(table, sandbox_enter, sandbox_leave),
		cmocka_unit_test_setup_teardown(rest, sandbox_enter, sandbox_leave),
		cmocka_unit_test_setup_teardown(no_good_reports, sandbox_enter, sandbox_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
