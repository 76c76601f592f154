/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/sending/consent_rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define NSTATE (CONSENT_WITHDRAWN + 1)

static void
each_answer_in_each_state(void **state)
{
	static const struct {
		enum channel_outcome said;
		enum consent_state now[NSTATE]; /* in the order of the enum */
	} tc[] = {
		{ CHANNEL_DONE,
		    { CONSENT_GRANTED, CONSENT_GRANTED, CONSENT_GRANTED, CONSENT_GRANTED,
		        CONSENT_GRANTED } },
		{ CHANNEL_NO_CONSENT,
		    { CONSENT_UNKNOWN, CONSENT_REQUESTED, CONSENT_WITHDRAWN, CONSENT_UNKNOWN,
		        CONSENT_WITHDRAWN } },
		{ CHANNEL_DENIED,
		    { CONSENT_DENIED, CONSENT_DENIED, CONSENT_DENIED, CONSENT_DENIED,
		        CONSENT_DENIED } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		for (enum consent_state was = CONSENT_UNKNOWN; was <= CONSENT_WITHDRAWN; was++) {
			enum consent_state now;

			print_message("  %s, %s\n", consent_state_name(was),
			    channel_outcome_name(tc[i].said));
			assert_true(consent_rules_judge(was, tc[i].said, &now));
			assert_int_equal(now, tc[i].now[was]);
		}
	}
}

static void
others_say_nothing(void **state)
{
	static const enum channel_outcome said[] = { CHANNEL_REFUSED, CHANNEL_TOO_LARGE,
		CHANNEL_GONE, CHANNEL_AUTH, CHANNEL_THROTTLED, CHANNEL_UNSENT, CHANNEL_SERVER,
		CHANNEL_UNKNOWN, CHANNEL_NAME_CASE, CHANNEL_STOPPED };

	(void)state;
	for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
		enum consent_state now = CONSENT_GRANTED;

		assert_false(consent_rules_judge(CONSENT_UNKNOWN, said[i], &now));
		assert_int_equal(now, CONSENT_GRANTED); /* untouched */
	}
}

static void
a_link_requests_what_is_unknown(void **state)
{
	(void)state;
	for (enum consent_state was = CONSENT_UNKNOWN; was <= CONSENT_WITHDRAWN; was++)
		assert_int_equal(consent_rules_request(was),
		    was == CONSENT_UNKNOWN ? CONSENT_REQUESTED : was);
}

static void
names_of_events(void **state)
{
	(void)state;
	assert_null(consent_rules_event(CONSENT_UNKNOWN));
	assert_string_equal(consent_rules_event(CONSENT_REQUESTED), "consent_requested");
	assert_string_equal(consent_rules_event(CONSENT_GRANTED), "consent_granted");
	assert_string_equal(consent_rules_event(CONSENT_DENIED), "consent_denied");
	assert_string_equal(consent_rules_event(CONSENT_WITHDRAWN), "consent_withdrawn");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_answer_in_each_state),
		cmocka_unit_test(others_say_nothing),
		cmocka_unit_test(a_link_requests_what_is_unknown),
		cmocka_unit_test(names_of_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
