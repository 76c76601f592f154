/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/consent_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW 1893456000000 /* 2030-01-01T00:00:00Z */

static void
ages(void **state)
{
	static const struct {
		const char *at;
		const char *want;
	} tc[] = {
		{ NULL, "never" }, { "yesterday", "never" }, { "2030-01-01T00:00:00Z", "0s ago" },
		{ "2029-12-31T23:59:01Z", "59s ago" }, { "2029-12-31T23:59:00Z", "1m ago" },
		{ "2029-12-31T23:00:01Z", "59m ago" }, { "2029-12-31T23:00:00Z", "1h ago" },
		{ "2029-12-31T00:00:01Z", "23h ago" }, { "2029-12-31T00:00:00Z", "1d ago" },
		{ "2030-01-01T00:05:00Z", "0s ago" }, /* a clock that was set back */
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		char out[CONSENT_AGE_SIZE];

		assert_string_equal(consent_text_age(tc[i].at, NOW, out), tc[i].want);
	}
}

static char *
told(void (*tell)(const json_t *doc, FILE *stream), const char *text)
{
	json_t *doc = json_loads(text, 0, NULL);
	char *out = NULL;
	size_t len;
	FILE *f = open_memstream(&out, &len);

	assert_non_null(doc);
	assert_non_null(f);
	tell(doc, f);
	(void)fclose(f);
	json_decref(doc);
	return out;
}

static void
print(const json_t *doc, FILE *stream)
{
	struct err err;

	assert_int_equal(consent_text_print(doc, stream, &err), ERR_OK);
}

static void
texts(void **state)
{
	static const struct {
		const char *name;
		void (*tell)(const json_t *doc, FILE *stream);
		const char *doc;
		const char *want;
	} tc[] = {
		{ "nobody", print, "{\"consent\":[]}", "" },
		{ "never asked", print,
		    "{\"consent\":[{\"customer\":\"a\",\"via\":\"intune\",\"state\":\"unknown\","
		    "\"since\":null,\"checked\":null}]}",
		    "CUSTOMER  VIA     STATE    SINCE  CHECKED\n"
		    "a         intune  unknown         never\n" },
		{ "not configured", print,
		    "{\"consent\":[],\"unconfigured\":[{\"partner\":\"p\",\"tenant\":\"t\","
		    "\"domain\":\"d\",\"company\":\"C\\u001b[2J\",\"granted\":true}]}",
		    "\n"
		    "NOT CONFIGURED  TENANT  DOMAIN  PARTNER  CONSENT\n"
		    "C?[2J           t       d       p        granted\n" },
		{ "granted", consent_text_tell_check,
		    "{\"consent\":[{\"customer\":\"a\",\"state\":\"granted\"}],"
		    "\"check\":{\"message\":\"\",\"advice\":\"\"}}",
		    "a: granted\n" },
		{ "not granted", consent_text_tell_check,
		    "{\"consent\":[{\"customer\":\"a\",\"state\":\"withdrawn\"}],"
		    "\"check\":{\"message\":\"no\",\"advice\":\"Ask.\"}}",
		    "a: withdrawn: no\nAsk.\n" },
		{ "all partners said", consent_text_tell_failed, "{\"failed\":[]}", "" },
		{ "one did not", consent_text_tell_failed,
		    "{\"failed\":[{\"partner\":\"p\",\"message\":\"down\",\"advice\":\"Wait.\"}]}",
		    "autoreg: partner p: down\nWait.\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		char *out = told(tc[i].tell, tc[i].doc);

		print_message("  %s\n", tc[i].name);
		assert_string_equal(out, tc[i].want);
		free(out);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(ages),
		cmocka_unit_test(texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
