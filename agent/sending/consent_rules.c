/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/sending/consent_rules.h"

#include <stddef.h>

/*
 * A no alone does not tell whether there ever was a yes: only what is known from before does. A
 * refused role hides that, so that after it a no starts from nothing.
 */
static enum consent_state
refused(enum consent_state was)
{
	switch (was) {
	case CONSENT_GRANTED:
	case CONSENT_WITHDRAWN:
		return CONSENT_WITHDRAWN;
	case CONSENT_REQUESTED:
		return CONSENT_REQUESTED;
	case CONSENT_UNKNOWN:
	case CONSENT_DENIED:
		break;
	}
	return CONSENT_UNKNOWN;
}

bool
consent_rules_judge(enum consent_state was, enum channel_outcome said, enum consent_state *now)
{
	switch (said) {
	case CHANNEL_DONE:
		*now = CONSENT_GRANTED;
		return true;
	case CHANNEL_NO_CONSENT:
		*now = refused(was);
		return true;
	case CHANNEL_DENIED:
		*now = CONSENT_DENIED;
		return true;
	case CHANNEL_REFUSED:
	case CHANNEL_TOO_LARGE:
	case CHANNEL_GONE:
	case CHANNEL_AUTH:
	case CHANNEL_THROTTLED:
	case CHANNEL_UNSENT:
	case CHANNEL_SERVER:
	case CHANNEL_UNKNOWN:
	case CHANNEL_NAME_CASE:
	case CHANNEL_STOPPED:
		break;
	}
	return false;
}

enum consent_state
consent_rules_request(enum consent_state was)
{
	return was == CONSENT_UNKNOWN ? CONSENT_REQUESTED : was;
}

const char *
consent_rules_event(enum consent_state now)
{
	static const char *const name[] = {
		[CONSENT_REQUESTED] = "consent_requested",
		[CONSENT_GRANTED] = "consent_granted",
		[CONSENT_DENIED] = "consent_denied",
		[CONSENT_WITHDRAWN] = "consent_withdrawn",
	};

	return name[now];
}
