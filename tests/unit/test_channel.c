/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/channel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void
outcome_names(void **state)
{
	static const struct {
		enum channel_outcome outcome;
		const char *name;
	} tc[] = {
		{ CHANNEL_DONE, "done" },
		{ CHANNEL_REFUSED, "refused" },
		{ CHANNEL_TOO_LARGE, "too_large" },
		{ CHANNEL_GONE, "gone" },
		{ CHANNEL_NO_CONSENT, "no_consent" },
		{ CHANNEL_DENIED, "denied" },
		{ CHANNEL_AUTH, "auth" },
		{ CHANNEL_THROTTLED, "throttled" },
		{ CHANNEL_UNSENT, "unsent" },
		{ CHANNEL_SERVER, "server" },
		{ CHANNEL_UNKNOWN, "unknown" },
		{ CHANNEL_NAME_CASE, "name_case" },
		{ CHANNEL_STOPPED, "stopped" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++)
		assert_string_equal(channel_outcome_name(tc[i].outcome), tc[i].name);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(outcome_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
