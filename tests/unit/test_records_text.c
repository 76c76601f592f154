/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/records_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char devices[] =
    "{\"devices\":[\n"
    "{\"serial\":\"PF1\",\"customer\":\"contoso\",\"list\":\"7\",\"line\":2,\"state\":\"held\","
    "\"verdict\":null,\"held_for\":\"consent\",\"held_message\":\"Ask.\"},\n"
    "{\"serial\":null,\"product_id\":\"123\",\"customer\":\"contoso\",\"list\":\"7\",\"line\":10,"
    "\"state\":\"claimed\",\"verdict\":{\"class\":\"claimed_elsewhere\",\"code\":808,"
    "\"name\":null,\"message\":\"=No, \\\"no\\\"\"},\"held_for\":null,\"held_message\":null}\n"
    "]}\n";

static const char lists[] =
    "{\"lists\":[\n"
    "{\"id\":\"7\",\"customer\":\"contoso\",\"file\":\"a.csv\",\"received\":"
    "\"2030-01-01T00:00:00Z\",\"rows\":3,\"done\":true,\"states\":{\"refused\":1,"
    "\"registered\":2}}\n"
    "]}\n";

static const char report[] =
    "{\"list\":{\"id\":\"7\",\"states\":{}},\"rows\":[\n"
    "{\"line\":2,\"serial\":\"PF1\",\"state\":\"registered\",\"verdict\":{\"class\":\"ok\","
    "\"name\":null,\"message\":null},\"finding\":null},\n"
    "{\"line\":3,\"serial\":\"PF2\",\"state\":\"refused\",\"verdict\":null,\"finding\":"
    "{\"code\":\"hash-truncated\",\"message\":\"too short\",\"advice\":\"again\"}}\n"
    "]}\n";

#define MARK "\xEF\xBB\xBF"

static const struct records_case {
	const char *name;
	enum question_kind kind;
	enum records_form form;
	const char *json;
	const char *want;
} cases[] = {
	{ "devices", QUESTION_DEVICES, RECORDS_TABLE, devices,
	    "SERIAL  CUSTOMER  LIST  LINE  STATE    WHY                MESSAGE\n"
	    "PF1     contoso      7     2  held     consent            Ask.\n"
	    "123     contoso      7    10  claimed  claimed_elsewhere  =No, \"no\"\n" },
	{ "devices as CSV", QUESTION_DEVICES, RECORDS_CSV, devices,
	    MARK
	    "\"Serial Number\",\"Product ID\",\"Manufacturer\",\"Model\",\"Customer\",\"List\","
	    "\"Line\",\"Group Tag\",\"State\",\"Verdict\",\"Code\",\"Name\",\"Message\","
	    "\"Advice\",\"Held For\",\"Attempts\",\"Request ID\",\"Correlation ID\","
	    "\"Updated\"\r\n"
	    "\"PF1\",\"\",\"\",\"\",\"contoso\",\"7\",\"2\",\"\",\"held\",\"\",\"\",\"\","
	    "\"Ask.\",\"\",\"consent\",\"\",\"\",\"\",\"\"\r\n"
	    "\"\",\"123\",\"\",\"\",\"contoso\",\"7\",\"10\",\"\",\"claimed\","
	    "\"claimed_elsewhere\",\"808\",\"\",\"'=No, \"\"no\"\"\",\"\",\"\",\"\",\"\","
	    "\"\",\"\"\r\n" },
	{ "lists", QUESTION_LISTS, RECORDS_TABLE, lists,
	    "ID  CUSTOMER  FILE   RECEIVED              ROWS  DONE  DEVICES\n"
	    " 7  contoso   a.csv  2030-01-01T00:00:00Z     3  yes   refused 1, registered 2\n" },
	{ "lists as CSV", QUESTION_LISTS, RECORDS_CSV, lists,
	    MARK "\"ID\",\"Customer\",\"File\",\"Received\",\"Rows\",\"Done\",\"Queued\","
	         "\"Submitted\",\"Registered\",\"Ready\",\"Claimed\",\"Held\",\"Failed\","
	         "\"Refused\"\r\n"
	         "\"7\",\"contoso\",\"a.csv\",\"2030-01-01T00:00:00Z\",\"3\",\"yes\",\"\",\"\","
	         "\"2\",\"\",\"\",\"\",\"\",\"1\"\r\n" },
	{ "report", QUESTION_REPORT, RECORDS_TABLE, report,
	    "LINE  SERIAL  STATE       WHY             MESSAGE\n"
	    "   2  PF1     registered  ok              \n"
	    "   3  PF2     refused     hash-truncated  too short\n" },
	{ "no lists", QUESTION_LISTS, RECORDS_TABLE, "{\"lists\":[\n]}\n", "" },
};

/* Puts the document in pieces of that many bytes. */
static void
check(const struct records_case *tc, size_t step)
{
	struct slice rest = slice_of(tc->json);
	struct records_text r;
	char *text = NULL;
	struct err err;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	records_text_init(&r, tc->kind, tc->form, f);
	while (rest.len > 0) {
		struct slice piece = slice_head(rest, step);

		assert_int_equal(records_text_put(&r, piece, &err), ERR_OK);
		rest = slice_from(rest, piece.len);
	}
	assert_int_equal(records_text_end(&r, &err), ERR_OK);
	records_text_done(&r);
	assert_int_equal(fclose(f), 0);
	assert_string_equal(text, tc->want);
	free(text);
}

static void
prints(void **state)
{
	static const size_t step[] = { 1, 7, 100, SIZE_MAX };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		print_message("  %s\n", cases[i].name);
		for (size_t k = 0; k < sizeof step / sizeof step[0]; k++)
			check(&cases[i], step[k]);
	}
}

static void
refuses(void **state)
{
	static const struct {
		const char *name;
		const char *json;
		const char *msg;
	} tc[] = {
		{ "nothing", "", "breaks off" },
		{ "cut between lines", "{\"lists\":[\n{}\n", "breaks off" },
		{ "cut within a line", "{\"lists\":[\n{}", "breaks off" },
		{ "no JSON", "{\"lists\":[\n{\n]}\n", "understood" },
		{ "no object", "{\"lists\":[\n7\n]}\n", "understood" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct records_text r;
		char *text = NULL;
		struct err err, late;
		size_t len;
		FILE *f = open_memstream(&text, &len);
		enum err_code put, end;

		print_message("  %s\n", tc[i].name);
		assert_non_null(f);
		records_text_init(&r, QUESTION_LISTS, RECORDS_TABLE, f);
		put = records_text_put(&r, slice_of(tc[i].json), &err);
		end = records_text_end(&r, put ? &late : &err);
		records_text_done(&r);
		assert_int_equal(put ? put : end, ERR_FORMAT);
		assert_non_null(strstr(err.msg, tc[i].msg));
		assert_int_equal(fclose(f), 0);
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
