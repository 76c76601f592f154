/* SPDX-License-Identifier: Apache-2.0 */
#include "partner/partner_error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "channel/channel_answer.h"

#define LENGTH(array) (sizeof array / sizeof(array)[0])
#define X64 "0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopq+"

static void
bodies(void **state)
{
	static const struct {
		const char *name;
		const char *body;
		const char *code;
		const char *text;
	} tc[] = {
		{ "service", "{\"code\":\"3000\",\"description\":\"Invalid property\"}", "3000",
		    "Invalid property" },
		{ "byte order mark", "\xEF\xBB\xBF{\"code\":\"3000\",\"description\":\"Bad\"}",
		    "3000", "Bad" },
		{ "number", "{\"code\":20002,\"description\":\"No\",\"data\":[]}", "20002", "No" },
		{ "negative number", "{\"code\":-1}", "-1", "" },
		{ "a fraction is no code", "{\"code\":1.5,\"description\":\"No\"}", "", "No" },
		{ "gateway", "{ \"statusCode\": 429, \"message\": \"Slower\" }", "", "Slower" },
		{ "description before message", "{\"message\":\"a\",\"description\":\"b\"}", "",
		    "b" },
		{ "data", "{\"description\":\"Bad\",\"data\":[\"Devices[0]\",{\"a\":1},\"b\"]}", "",
		    "Bad; Devices[0]; b" },
		{ "data alone", "{\"data\":[\"Devices[0]\"]}", "", "Devices[0]" },
		{ "data of another kind", "{\"description\":\"Bad\",\"data\":{\"a\":\"b\"}}", "",
		    "Bad" },
		{ "empty", "", "", "" },
		{ "mark alone", "\xEF\xBB\xBF", "", "" },
		{ "HTML", "<html><body>Bad gateway</body></html>", "", "" },
		{ "text", "upstream connect error", "", "" },
		{ "array", "[\"code\"]", "", "" },
		{ "cut", "{\"code\":\"3000\",\"descr", "", "" },
		{ "twice", "{\"code\":\"1\",\"code\":\"2\"}", "", "" },
		{ "members of other kinds", "{\"code\":{},\"description\":7}", "", "" },
		{ "lines", "{\"description\":\" a\\r\\nb\\tc \"}", "", "a  b c" },
		{ "a long code", "{\"code\":\"12345678901234567890123456789012\"}",
		    "1234567890123456789012345678901", "" },
		{ "a code of several words", "{\"code\":\"a b\",\"description\":\"c\"}", "", "c" },
		{ "a code beyond ASCII", "{\"code\":\"\xC3\xA4\"}", "", "" },
		{ "a long word", "{\"description\":\"hash " X64 " bad\"}", "", "hash " X64 " bad" },
		{ "a hash", "{\"description\":\"hash '" X64 "AAAAAAAA==' bad\"}", "",
		    "hash '" X64 "\xE2\x80\xA6' bad" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct partner_error e;

		print_message("  %s\n", tc[i].name);
		memset(&e, '#', sizeof e);
		partner_error_parse(slice_of(tc[i].body), &e);
		assert_string_equal(e.code, tc[i].code);
		assert_string_equal(e.text, tc[i].text);
	}
}

static void
long_text(void **state)
{
	char body[3000] = "{\"description\":\"";
	size_t len = strlen(body);
	struct partner_error e;

	(void)state;
	for (; len < 2900; len += 3)
		memcpy(body + len, "\xE2\x82\xAC", 4);
	memcpy(body + len, "\"}", 3);
	partner_error_parse(slice_of(body), &e);
	assert_int_equal(strlen(e.text), (sizeof e.text - 1) / 3 * 3);

	/* Also where something stands before it, and where nothing more fits in. */
	partner_error_parse(slice_of("{\"description\":\"a\",\"data\":[\"\u20ac\"]}"), &e);
	assert_string_equal(e.text, "a; \xE2\x82\xAC");
	memcpy(body, "{\"data\":[\"1\",  \"", 16); /* as long as what stood there */
	memcpy(body + len, "\",\"2\"]}", 8);
	partner_error_parse(slice_of(body), &e);
	assert_int_equal(strlen(e.text), 3 + (sizeof e.text - 1 - 3) / 3 * 3);
}

/* Every status and code that the documents name, and then what they do not say. */
static void
judgements(void **state)
{
	static const struct {
		const char *name;
		unsigned status;
		const char *code;
		const char *text;
		enum channel_outcome want;
		const char *message; /* part of it */
		const char *advice;  /* part of it */
	} tc[] = {
		{ "invalid property", 400, "3000", "Invalid property", CHANNEL_REFUSED,
		    "something that was sent is invalid: Invalid property (HTTP 400, code 3000)",
		    "Correct" },
		{ "no relationship, as 400", 400, "3000",
		    "Partner customer relationship does not exist", CHANNEL_NO_CONSENT,
		    "no relationship with the customer", "accept" },
		{ "no relationship, without code", 400, "", "no Relationship", CHANNEL_NO_CONSENT,
		    "no relationship with the customer", "accept" },
		{ "invalid input", 400, "800002", "", CHANNEL_REFUSED,
		    "what was sent is invalid (HTTP 400, code 800002)", "Correct" },
		{ "customer id", 400, "900118", "", CHANNEL_NO_CONSENT, "not a valid id",
		    "tenant in the configuration" },
		{ "etag", 400, "2055", "", CHANNEL_REFUSED, "changed", "support" },
		{ "access denied", 401, "400", "", CHANNEL_AUTH, "denies access", "Admin agent" },
		{ "400 with the code 400", 400, "400", "", CHANNEL_REFUSED, "refused the request",
		    "Correct" },
		{ "partner token", 401, "800001", "", CHANNEL_AUTH, "names no partner",
		    "client_id" },
		{ "audience", 401, "900420", "", CHANNEL_AUTH, "audience", "audience" },
		{ "factor", 401, "900421", "", CHANNEL_AUTH, "multi-factor", "multi-factor" },
		{ "no relationship", 403, "20002", "No relationship between caller and account.",
		    CHANNEL_NO_CONSENT,
		    "there is no relationship with the customer: No relationship between caller and "
		    "account. (HTTP 403, code 20002)",
		    "accept" },
		{ "denied", 403, "2032", "", CHANNEL_NO_CONSENT, "denies access",
		    "Partner Center" },
		{ "not allowed", 403, "600006", "", CHANNEL_DENIED, "may not do this",
		    "convert --to partner-center" },
		{ "authorization", 403, "1002", "", CHANNEL_DENIED, "not authorized",
		    "indirect reseller" },
		{ "program", 403, "900149", "", CHANNEL_DENIED, "not active", "status" },
		{ "role", 403, "900150", "", CHANNEL_AUTH, "role", "Sales agent" },
		{ "rights", 403, "900308", "", CHANNEL_NO_CONSENT, "rights", "GDAP" },
		{ "conditional access", 403, "900309", "", CHANNEL_AUTH, "conditional access",
		    "administrator" },
		{ "app only", 403, "900329", "", CHANNEL_AUTH, "token of a user", "refresh_token" },
		{ "downstream token", 403, "90000", "AADSTS1", CHANNEL_AUTH, "AADSTS1",
		    "the message says" },
		{ "not found", 404, "1000", "Not found", CHANNEL_GONE,
		    "does not know this: Not found (HTTP 404, code 1000)", "" },
		{ "tenant", 404, "60003", "", CHANNEL_NO_CONSENT, "this tenant", "accept" },
		{ "unexpected", 500, "800003", "", CHANNEL_SERVER, "failed (HTTP 500", "tried" },
		{ "not defined", 501, "0", "", CHANNEL_REFUSED, "cannot", "support" },

		{ "a code with another of the four statuses", 404, "20002", "", CHANNEL_NO_CONSENT,
		    "no relationship", "accept" },
		{ "a code does not soften a 5xx", 500, "20002", "", CHANNEL_SERVER, "failed",
		    "tried" },
		{ "nor a 429", 429, "3000", "", CHANNEL_THROTTLED, "slow down", "later" },

		{ "400", 400, "", "", CHANNEL_REFUSED, "refused the request (HTTP 400)",
		    "Correct" },
		{ "401", 401, "", "", CHANNEL_AUTH, "does not accept the token (HTTP 401)",
		    "Sign in again" },
		{ "402", 402, "", "", CHANNEL_REFUSED, "refused", "Correct" },
		{ "403", 403, "", "", CHANNEL_NO_CONSENT,
		    "denies access to this customer (HTTP 403)", "accept" },
		{ "403, unknown code", 403, "4711", "Why not", CHANNEL_NO_CONSENT,
		    "customer: Why not (HTTP 403, code 4711)", "accept" },
		{ "404", 404, "", "", CHANNEL_GONE, "does not know this (HTTP 404)", "" },
		{ "405", 405, "", "", CHANNEL_REFUSED, "refused", "Correct" },
		{ "407", 407, "", "", CHANNEL_UNSENT, "between here and the service", "proxy" },
		{ "408", 408, "", "", CHANNEL_UNKNOWN, "gave up waiting", "asked" },
		{ "409", 409, "", "", CHANNEL_REFUSED, "refused", "Correct" },
		{ "410", 410, "", "", CHANNEL_GONE, "does not know", "" },
		{ "413", 413, "", "", CHANNEL_TOO_LARGE, "too large", "max_devices" },
		{ "417", 417, "", "", CHANNEL_REFUSED, "refused", "Correct" },
		{ "429", 429, "", "", CHANNEL_THROTTLED, "slow down (HTTP 429)", "later" },
		{ "302", 302, "", "", CHANNEL_UNSENT, "between here and the service", "proxy" },
		{ "500", 500, "", "", CHANNEL_SERVER, "failed (HTTP 500)", "tried" },
		{ "501", 501, "", "", CHANNEL_REFUSED, "refused", "Correct" },
		{ "502", 502, "", "", CHANNEL_SERVER, "failed", "tried" },
		{ "503", 503, "", "", CHANNEL_SERVER, "failed", "tried" },
		{ "504", 504, "", "", CHANNEL_SERVER, "failed", "tried" },
		{ "599", 599, "", "", CHANNEL_SERVER, "failed", "tried" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct partner_error e = { .code = "" };
		struct channel_answer a;

		print_message("  %s\n", tc[i].name);
		channel_answer_init(&a);
		memcpy(e.code, tc[i].code, strlen(tc[i].code));
		memcpy(e.text, tc[i].text, strlen(tc[i].text));
		partner_error_judge(tc[i].status, &e, &a);
		assert_int_equal(a.outcome, tc[i].want);
		assert_int_equal(a.status, tc[i].status);
		assert_string_equal(a.code, tc[i].code);
		assert_false(a.customer_only);
		assert_non_null(strstr(a.message, tc[i].message));
		assert_non_null(strstr(a.advice, tc[i].advice));
	}
}

static void
names_that_exist(void **state)
{
	static const struct {
		unsigned status;
		const char *text;
		bool want;
	} tc[] = {
		{ 409, "", true },
		{ 409, "conflict", true },
		{ 400, "The batch already exists.", true },
		{ 400, "A batch with this id EXISTS", true },
		{ 400, "Batch does not exist", false },
		{ 400, "Batch doesn't exist", false },
		{ 400, "The relationship exists no more", false },
		{ 400, "Invalid property", false },
		{ 400, "", false },
		{ 404, "exists", false },
		{ 500, "exists", false },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct partner_error e = { .code = "" };

		memcpy(e.text, tc[i].text, strlen(tc[i].text));
		assert_int_equal(partner_error_says_exists(tc[i].status, &e), tc[i].want);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(bodies),
		cmocka_unit_test(long_text),
		cmocka_unit_test(judgements),
		cmocka_unit_test(names_that_exist),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
