/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server/header_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/raw_request.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])
#define TWICE "a header that there may be once is there twice"
#define BLANK "a header has a blank or the like in its name"
#define CONTINUED "the length of the body is on a line that was continued"
#define BOTH "Content-Length and Transfer-Encoding are both there"

static void
heads_are_judged(void **state)
{
	static const struct {
		const char *name;
		const char *headers; /* behind the request line */
		const char *fault;   /* NULL: none */
	} tc[] = {
		{ "none", "", NULL },
		{ "one of each", "Host: a\r\nAuthorization: Bearer x\r\nContent-Length: 0\r\n",
		    NULL },
		{ "chunks", "Host: a\r\nTransfer-Encoding: chunked\r\n", NULL },
		{ "others may be there twice", "Accept: a\r\nAccept: b\r\n", NULL },
		{ "a blank in a value", "X: a b\r\n", NULL },
		{ "two lengths", "Content-Length: 1\r\nContent-Length: 2\r\n", TWICE },
		{ "the same length twice", "Content-Length: 1\r\nContent-Length: 1\r\n", TWICE },
		{ "in other letters", "content-length: 1\r\nCONTENT-LENGTH: 2\r\n", TWICE },
		{ "something between them", "Content-Length: 1\r\nX: y\r\nContent-Length: 2\r\n",
		    TWICE },
		{ "two encodings", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
		    TWICE },
		{ "two hosts", "Host: a\r\nhost: b\r\n", TWICE },
		{ "two tokens", "Authorization: Bearer a\r\nAuthorization: Bearer b\r\n", TWICE },
		{ "length and encoding", "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
		    BOTH },
		{ "encoding and length", "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n",
		    BOTH },
		{ "a blank before the colon", "Content-Length : 1\r\n", BLANK },
		{ "a tab before the colon", "Transfer-Encoding\t: chunked\r\n", BLANK },
		{ "a blank in a name", "X Content-Length: 1\r\n", BLANK },
		{ "a control character in a name", "Content-Length\v: 1\r\n", BLANK },
		{ "a length on the next line", "Content-Length:\r\n 1\r\n", CONTINUED },
		{ "an encoding on the next line", "Transfer-Encoding:\r\n\tchunked\r\n",
		    CONTINUED },
		{ "a header on the next line", "X: y\r\n Content-Length: 1\r\n", BLANK },
		{ "a carriage return", "X: y\rContent-Length: 1\r\n",
		    "a header has a carriage return in its value" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		char text[256];
		struct raw_request r;
		int n = snprintf(text, sizeof text, "GET / HTTP/1.0\r\n%s\r\n", tc[i].headers);

		print_message("  %s\n", tc[i].name);
		assert_in_range(n, 1, sizeof text - 1);
		r = raw_request_judge((struct slice){ text, (size_t)n });
		assert_true(r.read);
		if (tc[i].fault)
			assert_string_equal(r.fault, tc[i].fault);
		else
			assert_null(r.fault);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(heads_are_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
