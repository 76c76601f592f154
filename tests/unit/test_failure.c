/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/failure.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "agent/commands/command.h"
#include "agent/tools/err_advice.h"
#include "tests/unit/sandbox.h"

static void
exit_codes(void **state)
{
	static const struct {
		enum err_code code;
		enum exit_code want;
	} tc[] = {
		{ ERR_NOMEM, EXIT_FAILED },
		{ ERR_IO, EXIT_FAILED },
		{ ERR_FORMAT, EXIT_FAILED },
		{ ERR_LIMIT, EXIT_FAILED },
		{ ERR_USAGE, EXIT_USAGE },
		{ ERR_EXISTS, EXIT_FAILED },
		{ ERR_INTERRUPTED, EXIT_INTERRUPTED },
		{ ERR_NOT_FOUND, EXIT_NOT_FOUND },
		{ ERR_BUSY, EXIT_TEMPORARY },
		{ ERR_CONNECT, EXIT_TEMPORARY },
		{ ERR_NET, EXIT_TEMPORARY },
		{ ERR_TIMEOUT, EXIT_TEMPORARY },
		{ ERR_TLS, EXIT_FAILED },
		{ ERR_CANCELLED, EXIT_FAILED },
	};
	const struct options o = { .config = "" };

	(void)state;
	assert_non_null(freopen("err", "w", stderr));
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		const struct err err = { tc[i].code, "why" };

		assert_int_equal(failure_report(&o, &err), tc[i].want);
		assert_true(strlen(err_advice(tc[i].code)) > 0);
	}
}

static void
what_is_told(void **state)
{
	const struct options o = { .config = "", .json = true, .command = command_find("retry") };

	(void)state;
	assert_non_null(freopen("out", "w", stdout));
	assert_non_null(freopen("err", "w", stderr));
	(void)failure_report(&o, &(struct err){ ERR_USAGE, "a\nb" });
	assert_int_equal(failure_no_daemon(&o, &(struct err){ ERR_CONNECT, "nobody" }),
	    EXIT_NO_DAEMON);
	assert_int_equal(fflush(stdout), 0);
	assert_int_equal(fflush(stderr), 0);
	sandbox_restore_streams();
	sandbox_assert_content("out",
	    slice_of("{\"error\":{\"code\":\"usage\",\"message\":\"a?b\","
	             "\"advice\":\"Try 'autoreg help retry'.\"}}\n"
	             "{\"error\":{\"code\":\"no-daemon\",\"message\":\"nobody\","
	             "\"advice\":\"Start 'autoreg run', or check 'control'.\"}}\n"));
	sandbox_assert_content("err",
	    slice_of("autoreg: a?b\nTry 'autoreg help retry'.\n"
	             "autoreg: nobody\nStart 'autoreg run', or check 'control'.\n"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(exit_codes, sandbox_enter, sandbox_leave),
		cmocka_unit_test_setup_teardown(what_is_told, sandbox_enter, sandbox_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
