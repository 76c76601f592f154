/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define LENGTH(array) (sizeof array / sizeof(array)[0])

/* Each row goes up to the next one's status; the last is where HTTP ends. */
static void
statuses(void **state)
{
	static const struct {
		unsigned from;
		enum http_class want;
	} tc[] = {
		{ 100, HTTP_UNKNOWN },
		{ 200, HTTP_DONE },
		{ 300, HTTP_REFUSED },
		{ 401, HTTP_UNAUTHORIZED },
		{ 402, HTTP_REFUSED },
		{ 403, HTTP_FORBIDDEN },
		{ 404, HTTP_NOT_FOUND },
		{ 405, HTTP_REFUSED },
		{ 408, HTTP_UNKNOWN },
		{ 409, HTTP_REFUSED },
		{ 410, HTTP_NOT_FOUND },
		{ 411, HTTP_REFUSED },
		{ 413, HTTP_TOO_LARGE },
		{ 414, HTTP_REFUSED },
		{ 429, HTTP_THROTTLED },
		{ 430, HTTP_REFUSED },
		{ 500, HTTP_UNKNOWN },
		{ 501, HTTP_REFUSED },
		{ 502, HTTP_UNKNOWN },
		{ 505, HTTP_REFUSED },
		{ 506, HTTP_UNKNOWN },
		{ 1000, HTTP_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i + 1 < LENGTH(tc); i++) {
		for (unsigned status = tc[i].from; status < tc[i + 1].from; status++) {
			if (http_status_class(status) != tc[i].want)
				fail_msg("%u", status);
		}
	}
}

static void
failures(void **state)
{
	static const enum http_class want[] = {
		[ERR_NOMEM] = HTTP_STOPPED,
		[ERR_IO] = HTTP_STOPPED,
		[ERR_FORMAT] = HTTP_STOPPED,
		[ERR_LIMIT] = HTTP_UNKNOWN,
		[ERR_USAGE] = HTTP_STOPPED,
		[ERR_EXISTS] = HTTP_STOPPED,
		[ERR_INTERRUPTED] = HTTP_STOPPED,
		[ERR_NOT_FOUND] = HTTP_STOPPED,
		[ERR_BUSY] = HTTP_STOPPED,
		[ERR_CONNECT] = HTTP_UNSENT,
		[ERR_NET] = HTTP_UNKNOWN,
		[ERR_TIMEOUT] = HTTP_UNKNOWN,
		[ERR_TLS] = HTTP_UNSENT,
		[ERR_CANCELLED] = HTTP_STOPPED,
	};

	(void)state;
	for (unsigned code = ERR_NOMEM; code < LENGTH(want); code++) {
		if (http_failure_class((enum err_code)code) != want[code])
			fail_msg("%u", code);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(statuses),
		cmocka_unit_test(failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
