/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/tools/log_event.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/log_catch.h"

static void
assert_caught(const char *want)
{
	assert_string_equal(log_catch_end(), want);
	log_catch_begin(LOG_LEVEL_INFO);
}

static void
test_what_is_told(void **state)
{
	char text[] = "a b";

	(void)state;
	log_catch_begin(LOG_LEVEL_INFO);
	log_event(LOG_READY);
	assert_caught("info: ready\n");
	log_event(LOG_LIST_DONE, LOG_NUMBER(LIST, 7));
	assert_caught("info: list done list=7\n");
	log_event(LOG_BATCH_DELAYED, LOG_NUMBER(BATCH_ID, INT64_MIN), LOG_TEXT(CUSTOMER, text),
	    LOG_NUMBER(HTTP_STATUS, 0), LOG_TEXT(ERROR, "no"));
	assert_caught("warning: batch delayed batch_id=-9223372036854775808 customer=\"a b\" "
	              "http_status=0 error=no\n");
	log_event(LOG_ORDER, LOG_TEXT(ORDER, "pause"), LOG_TEXT(CUSTOMER, (const char *)NULL),
	    LOG_TEXT(PARTNER, ""), LOG_TEXT(ACTOR, "uid 0"));
	assert_caught("info: an order was given order=pause actor=\"uid 0\"\n");
	(void)log_catch_end();
}

static bool
is_name(const char *s, const char *allowed)
{
	return s[0] != '\0' && strspn(s, allowed) == strlen(s);
}

static bool
ends_sentence(const char *s)
{
	return s[strlen(s) - 1] == '.';
}

/* Scripts rely on names and ids, people on the rest. */
static void
test_classes(void **state)
{
	(void)state;
	for (enum log_class i = 0; i < NLOG_CLASS; i++) {
		const struct log_class_info *c = log_class_info(i);

		assert_non_null(c->name);
		print_message("  %s\n", c->name);
		assert_true(is_name(c->name, "abcdefghijklmnopqrstuvwxyz-"));
		assert_true(is_name(c->id, "0123456789abcdef"));
		assert_int_equal(strlen(c->id), 32);
		assert_true(c->level < LOG_LEVEL_TRACE);
		assert_true(c->message && !ends_sentence(c->message));
		assert_true(c->meaning && ends_sentence(c->meaning));
		/* An error is for a person, who has to know what to do. */
		assert_true(c->advice ? ends_sentence(c->advice) : c->level != LOG_LEVEL_ERROR);
		for (enum log_class k = 0; k < i; k++) {
			assert_string_not_equal(c->name, log_class_info(k)->name);
			assert_string_not_equal(c->id, log_class_info(k)->id);
		}
	}
}

/* Names of fields become those of the journal, which begin with AUTOREG_ and have at most 64 bytes. */
static void
test_keys(void **state)
{
	uint64_t used = UINT64_C(1) << LOG_NUMBER_REPEATED; /* of any class */

	(void)state;
	for (enum log_key k = 0; k < NLOG_KEY; k++) {
		assert_true(is_name(log_key_name(k), "abcdefghijklmnopqrstuvwxyz_"));
		assert_in_range(strlen(log_key_name(k)), 1, 64 - sizeof "AUTOREG_" + 1);
		assert_string_not_equal(log_key_name(k), "event");
		assert_true(log_key_meaning(k)[0] != '\0');
		if (k > 0)
			assert_true(strcmp(log_key_name(k - 1), log_key_name(k)) < 0);
	}
	for (enum log_class i = 0; i < NLOG_CLASS; i++)
		used |= log_class_info(i)->keys;
	assert_int_equal(used, (UINT64_C(1) << NLOG_KEY) - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_told),
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
