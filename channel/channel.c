/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/channel.h"

const char *
channel_outcome_name(enum channel_outcome outcome)
{
	static const char *const name[] = {
		[CHANNEL_DONE] = "done",
		[CHANNEL_REFUSED] = "refused",
		[CHANNEL_TOO_LARGE] = "too_large",
		[CHANNEL_GONE] = "gone",
		[CHANNEL_NO_CONSENT] = "no_consent",
		[CHANNEL_DENIED] = "denied",
		[CHANNEL_AUTH] = "auth",
		[CHANNEL_THROTTLED] = "throttled",
		[CHANNEL_UNSENT] = "unsent",
		[CHANNEL_SERVER] = "server",
		[CHANNEL_UNKNOWN] = "unknown",
		[CHANNEL_NAME_CASE] = "name_case",
		[CHANNEL_STOPPED] = "stopped",
	};

	return name[outcome];
}
