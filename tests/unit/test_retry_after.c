/* SPDX-License-Identifier: Apache-2.0 */
#include "http/retry_after.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define LENGTH(array) (sizeof array / sizeof(array)[0])

static void
waits(void **state)
{
	/* 1445412480 is Wed, 21 Oct 2015 07:28:00 GMT. */
	static const struct {
		const char *name;
		const char *value;
		const char *date;
		int64_t now_unix_s;
		int64_t want;
	} tc[] = {
		{ "absent", NULL, "Wed, 21 Oct 2015 07:28:00 GMT", 0, -1 },
		{ "empty", "", NULL, 0, -1 },
		{ "now", "0", NULL, 0, 0 },
		{ "a second", "1", NULL, 0, 1000 },
		{ "seconds do not look at clocks", "120", "Wed, 21 Oct 2015 07:28:00 GMT", 77,
		    120000 },
		{ "leading zeros", "007", NULL, 0, 7000 },
		{ "a day", "86400", NULL, 0, 86400000 },
		{ "more than a day", "86401", NULL, 0, 86400000 },
		{ "more than fits", "99999999999999999999999999", NULL, 0, 86400000 },

		{ "negative", "-1", NULL, 0, -1 },
		{ "a sign", "+1", NULL, 0, -1 },
		{ "a fraction", "1.5", NULL, 0, -1 },
		{ "a unit", "120 seconds", NULL, 0, -1 },
		{ "two", "1, 2", NULL, 0, -1 },
		{ "a word", "soon", NULL, 0, -1 },
		{ "a weekday", "Wed", NULL, 0, -1 },

		{ "a date, by our clock", "Wed, 21 Oct 2015 07:28:00 GMT", NULL, 1445412475, 5000 },
		{ "a date, by the answer's", "Wed, 21 Oct 2015 07:28:00 GMT",
		    "Wed, 21 Oct 2015 07:27:30 GMT", 1, 30000 },
		{ "a date beside a broken one", "Wed, 21 Oct 2015 07:28:00 GMT", "yesterday",
		    1445412479, 1000 },
		{ "with dashes", "Wednesday, 21-Oct-15 07:28:00 GMT", NULL, 1445412478, 2000 },
		{ "as asctime writes it", "Wed Oct 21 07:28:00 2015", NULL, 1445412478, 2000 },
		{ "this very second", "Wed, 21 Oct 2015 07:28:00 GMT", NULL, 1445412480, 0 },
		{ "over", "Wed, 21 Oct 2015 07:28:00 GMT", NULL, 1745412480, 0 },
		{ "far away", "Fri, 31 Dec 9999 23:59:59 GMT", NULL, 1445412480, 86400000 },
		{ "a day away", "Thu, 22 Oct 2015 07:28:00 GMT", NULL, 1445412480, 86400000 },
		{ "before all clocks", "Sun, 06 Nov 1930 08:49:37 GMT", NULL, 1445412480, -1 },
		{ "no such date", "Wed, 41 Oct 2015 07:28:00 GMT", NULL, 1445412480, -1 },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		print_message("  %s\n", tc[i].name);
		assert_int_equal(retry_after_ms(tc[i].value, tc[i].date, tc[i].now_unix_s),
		    tc[i].want);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
