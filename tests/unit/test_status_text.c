/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/status_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static enum err_code
print(const char *json, char **text, struct err *err)
{
	json_t *status = json_loads(json, 0, NULL);
	size_t len;
	FILE *f = open_memstream(text, &len);
	enum err_code rc;

	assert_non_null(f);
	rc = status_text_print(status, f, err);
	json_decref(status);
	assert_int_equal(fclose(f), 0);
	return rc;
}

static void
prints(void **state)
{
	static const struct {
		const char *name;
		const char *json;
		const char *want;
	} tc[] = {
		{ "a running agent",
		    "{\"version\":\"1.2\",\"running\":true,\"customers\":[{\"name\":\"contoso\","
		    "\"consent\":\"withdrawn\",\"states\":{\"held\":2,\"registered\":3},"
		    "\"held_for\":\"consent\",\"held_message\":\"Ask.\\u001b\",\"next\":null},"
		    "{\"name\":\"adatum\",\"consent\":\"granted\",\"states\":{},\"held_for\":null,"
		    "\"held_message\":null,\"next\":\"2030-01-01T00:00:00Z\"}],\"partners\":["
		    "{\"name\":\"northwind\",\"token\":\"refused\",\"expires\":null,"
		    "\"account\":\"eve@x.example\",\"good_until\":\"2030-04-01T00:00:00Z\","
		    "\"message\":\"Log in.\"}],\"queue\":{\"queued\":4,"
		    "\"oldest\":\"2030-01-01T00:00:00Z\"}}",
		    "autoreg 1.2 is running\n"
		    "\n"
		    "CUSTOMER  CONSENT    HELD FOR  NEXT                  DEVICES\n"
		    "contoso   withdrawn  consent                         held 2, registered 3\n"
		    "adatum    granted              2030-01-01T00:00:00Z  \n"
		    "\n"
		    "PARTNER    TOKEN    EXPIRES  SIGNED IN      GOOD UNTIL\n"
		    "northwind  refused           eve@x.example  2030-04-01T00:00:00Z\n"
		    "\n"
		    "4 queued, the oldest since 2030-01-01T00:00:00Z\n"
		    "contoso: Ask.?\n"
		    "northwind: Log in.\n" },
		{ "a maker's service",
		    "{\"version\":\"1.2\",\"running\":true,\"customers\":[],\"partners\":[],\"oems\":["
		    "{\"name\":\"fabrikam\",\"credential\":\"refused\",\"certificate_until\":"
		    "\"2030-04-01T00:00:00Z\",\"message\":\"Get a new one.\"}],"
		    "\"queue\":{\"queued\":0,\"oldest\":null}}",
		    "autoreg 1.2 is running\n\n\n\n"
		    "OEM       CREDENTIAL  CERTIFICATE UNTIL\n"
		    "fabrikam  refused     2030-04-01T00:00:00Z\n"
		    "\n0 queued\n"
		    "fabrikam: Get a new one.\n" },
		{ "nothing",
		    "{\"version\":\"1.2\",\"running\":false,\"customers\":[],\"partners\":[],"
		    "\"queue\":{\"queued\":0,\"oldest\":null}}",
		    "autoreg 1.2 is not running; this is what it left\n\n\n\n0 queued\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		char *text = NULL;
		struct err err;

		print_message("  %s\n", tc[i].name);
		assert_int_equal(print(tc[i].json, &text, &err), ERR_OK);
		assert_string_equal(text, tc[i].want);
		free(text);
	}
}

static void
refuses(void **state)
{
	static const char *const tc[] = { "", "[]", "{}", "{\"customers\":[],\"partners\":[]}",
		"{\"customers\":{},\"partners\":[],\"queue\":{}}" };

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		char *text = NULL;
		struct err err;

		print_message("  %s\n", tc[i]);
		assert_int_equal(print(tc[i], &text, &err), ERR_FORMAT);
		assert_string_equal(text, "");
		free(text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prints),
		cmocka_unit_test(refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
