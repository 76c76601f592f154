/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/checkup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct check fine = { "clock", "a", CHECK_OK, EXIT_DONE, "right", NULL };

static void
the_worst_counts(void **state)
{
	static const struct {
		const char *name;
		enum check_status status[3];
		enum exit_code exit[3];
		enum exit_code want;
	} tc[] = {
		{ "fine", { CHECK_OK, CHECK_WARNING, CHECK_SKIPPED },
		    { EXIT_FAILED, EXIT_CONFIG, EXIT_AUTH }, EXIT_DONE },
		{ "nothing said", { CHECK_OK, CHECK_FAILED, CHECK_OK },
		    { EXIT_DONE, EXIT_DONE, EXIT_DONE }, EXIT_FAILED },
		{ "may pass", { CHECK_FAILED, CHECK_OK, CHECK_OK },
		    { EXIT_TEMPORARY, EXIT_DONE, EXIT_DONE }, EXIT_TEMPORARY },
		{ "rights before what may pass", { CHECK_FAILED, CHECK_FAILED, CHECK_OK },
		    { EXIT_TEMPORARY, EXIT_AUTH, EXIT_DONE }, EXIT_AUTH },
		{ "failures before rights", { CHECK_FAILED, CHECK_FAILED, CHECK_FAILED },
		    { EXIT_AUTH, EXIT_FAILED, EXIT_TEMPORARY }, EXIT_FAILED },
		{ "the configuration before all", { CHECK_FAILED, CHECK_FAILED, CHECK_FAILED },
		    { EXIT_FAILED, EXIT_CONFIG, EXIT_AUTH }, EXIT_CONFIG },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct checkup *c = checkup_new();

		print_message("  %s\n", tc[i].name);
		assert_non_null(c);
		for (size_t k = 0; k < 3; k++) {
			struct check check = fine;

			check.status = tc[i].status[k];
			check.exit = tc[i].exit[k];
			checkup_add(c, &check);
		}
		assert_int_equal(checkup_exit(c), tc[i].want);
		checkup_free(c);
	}
}

static void
is_shown(void **state)
{
	struct checkup *c = checkup_new();
	char *text = NULL, *json;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	json_t *doc;

	(void)state;
	assert_non_null(c);
	assert_non_null(f);
	checkup_add(c, &fine);
	checkup_add(c,
	    &(struct check){ "dns", "x\033[1m", CHECK_FAILED, EXIT_TEMPORARY, "gone", "wait" });
	checkup_put(c, f);
	assert_int_equal(fclose(f), 0);
	assert_string_equal(text, "ok    clock a: right\nfail  dns x?[1m: gone\n      wait\n");
	doc = checkup_json(c);
	json = json_dumps(doc, JSON_COMPACT);
	assert_string_equal(json,
	    "{\"checks\":[{\"name\":\"clock\",\"subject\":\"a\",\"status\":\"ok\",\"message\":\"right\","
	    "\"advice\":null},{\"name\":\"dns\",\"subject\":\"x?[1m\",\"status\":\"failed\","
	    "\"message\":\"gone\",\"advice\":\"wait\"}]}");
	json_decref(doc);
	free(json);
	free(text);
	checkup_free(c);
}

static void
has_a_ceiling(void **state)
{
	struct checkup *c = checkup_new();
	char text[2000];
	json_t *doc;

	(void)state;
	assert_non_null(c);
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	for (size_t i = 0; i < CHECKUP_MAX; i++)
		checkup_add(c, &(struct check){ "disk", text, CHECK_OK, EXIT_DONE, text, text });
	assert_int_equal(checkup_exit(c), EXIT_DONE);
	checkup_add(c, &fine);
	assert_int_equal(checkup_exit(c), EXIT_FAILED);
	doc = checkup_json(c);
	assert_int_equal(json_array_size(json_object_get(doc, "checks")), CHECKUP_MAX);
	json_decref(doc);
	checkup_free(c);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_worst_counts),
		cmocka_unit_test(is_shown),
		cmocka_unit_test(has_a_ceiling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
