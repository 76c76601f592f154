/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/consent_mail.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct consent_mail_values values = {
	.customer = "contoso",
	.domain = "contoso.example",
	.tenant = "2222",
	.partner = "northwind",
	.link = "https://a.example/?b={link}",
};

static void
templates(void **state)
{
	static const struct {
		const char *name;
		const char *template;
		enum err_code want;
		const char *text; /* or part of the message */
	} tc[] = {
		{ "empty", "", ERR_OK, "" },
		{ "no names", "Hello\n", ERR_OK, "Hello\n" },
		{ "all names", "{customer} {domain} {tenant} {partner}", ERR_OK,
		    "contoso contoso.example 2222 northwind" },
		{ "twice, side by side", "{tenant}{tenant}", ERR_OK, "22222222" },
		{ "a value is not filled in again", "<{link}>", ERR_OK,
		    "<https://a.example/?b={link}>" },
		{ "plain braces", "{ {} {A} {a b} {1} }{", ERR_OK, "{ {} {A} {a b} {1} }{" },
		{ "not closed", "{tenant", ERR_OK, "{tenant" },
		{ "a brace before a name", "{{tenant}", ERR_OK, "{2222" },
		{ "unknown", "{name}", ERR_FORMAT, "line 1, column 1: nothing is known as {name}" },
		{ "unknown, further on", "a\nbc {tenant} {tennant}\n", ERR_FORMAT,
		    "line 2, column 13: nothing is known as {tennant}; there are {customer}," },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct err err = { 0 };
		struct buf out;

		print_message("  %s\n", tc[i].name);
		buf_init(&out, 4096);
		assert_int_equal(consent_mail_fill(slice_of(tc[i].template), &values, &out, &err),
		    tc[i].want);
		buf_add_char(&out, '\0');
		if (tc[i].want == ERR_OK)
			assert_string_equal(out.ptr, tc[i].text);
		else
			assert_non_null(strstr(err.msg, tc[i].text));
		buf_done(&out);
	}
}

static void
too_long(void **state)
{
	struct err err;
	struct buf out;

	(void)state;
	buf_init(&out, 10);
	assert_int_equal(consent_mail_fill(slice_of("{domain}"), &values, &out, &err), ERR_LIMIT);
	buf_done(&out);
}

/* What a customer has to be told, and nothing that was left open. */
static void
built_in(void **state)
{
	static const char *const told[] = {
		"Subject: ",
		"northwind",
		"contoso.example (2222)",
		"\n    https://a.example/",
		"reseller relationship",
		"no delegated administration",
		"Global Administrator",
		"same region",
	};
	struct consent_mail_values v = values;
	struct err err;
	struct buf out;

	(void)state;
	v.link = "https://a.example/";
	buf_init(&out, 64 * 1024);
	assert_int_equal(consent_mail_fill(slice_of(consent_mail_template()), &v, &out, &err),
	    ERR_OK);
	buf_add_char(&out, '\0');
	for (size_t i = 0; i < sizeof told / sizeof told[0]; i++)
		assert_non_null(strstr(out.ptr, told[i]));
	assert_null(strchr(out.ptr, '{'));
	buf_done(&out);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(templates),
		cmocka_unit_test(too_long),
		cmocka_unit_test(built_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
