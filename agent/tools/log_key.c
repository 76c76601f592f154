/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/tools/log_key.h"

#include "base/log.h"

static const struct {
	const char *name, *meaning;
} def[NLOG_KEY] = {
	[LOG_TEXT_ACCOUNT] = { "account", "who has signed in" },
	[LOG_TEXT_ACTOR] = { "actor", "who gave the order" },
	[LOG_NUMBER_ATTEMPT] = { "attempt", "how often it was tried" },
	[LOG_NUMBER_BATCH_ID] = { "batch_id", "the batch, as `autoreg devices` shows it" },
	[LOG_TEXT_CODE] = { "code", "the service's own code for what is wrong" },
	[LOG_NUMBER_COLUMN] = { "column", "the column in that line of the file" },
	[LOG_TEXT_CUSTOMER] = { "customer", "the customer, by its name in the configuration" },
	[LOG_NUMBER_DEVICES] = { "devices", "how many devices it is about" },
	[LOG_TEXT_ENDS] = { "ends", "when it ends" },
	[LOG_TEXT_ERROR] = { "error", "what went wrong, in words" },
	[LOG_TEXT_FILE] = { "file", "the file, by its name" },
	[LOG_TEXT_FOLDER] = { "folder", "the folder in the spool" },
	[LOG_TEXT_HOOK] = { "hook", "the program that is told of events" },
	[LOG_NUMBER_HTTP_STATUS] = { "http_status",
	    "the status that the service answered with; 0: none" },
	[LOG_TEXT_KIND] = { "kind", "the kind of the event in the trail" },
	[LOG_NUMBER_LINE] = { "line", "the line in the file" },
	[LOG_NUMBER_LIST] = { "list", "the number of the list, as `autoreg lists` shows it" },
	[LOG_NUMBER_LOST] = { LOG_LOST, "how many lines were lost" },
	[LOG_TEXT_ORDER] = { "order", "what was ordered" },
	[LOG_TEXT_OUTCOME] = { "outcome", "what came of it, in one word" },
	[LOG_TEXT_PARTNER] = { "partner", "the partner, by its name in the configuration" },
	[LOG_TEXT_REASON] = { "reason", "why it is held, in one word" },
	[LOG_NUMBER_REFUSED] = { "refused", "how many rows of the list were refused" },
	[LOG_NUMBER_REPEATED] = { LOG_REPEATED, "how many lines like this one were left out" },
	[LOG_TEXT_REQUEST_ID] = { "request_id", "the request, as the service's support knows it" },
	[LOG_TEXT_SCOPE] = { "scope", "what is concerned: a customer, a partner, an oem" },
	[LOG_NUMBER_SETTLED] = { "settled", "how many devices were settled by it" },
	[LOG_TEXT_STATE] = { "state", "how it stands now" },
	[LOG_NUMBER_TRAIL_ID] = { "trail_id",
	    "the event in the trail, as `autoreg events` shows it" },
	[LOG_TEXT_WAS] = { "was", "how it stood before" },
	[LOG_TEXT_WHAT] = { "what", "what it is about" },
};

const char *
log_key_name(enum log_key key)
{
	return def[key].name;
}

bool
log_key_varies(enum log_key key)
{
	return key == LOG_NUMBER_ATTEMPT || key == LOG_NUMBER_BATCH_ID ||
	    key == LOG_TEXT_REQUEST_ID || key == LOG_NUMBER_TRAIL_ID;
}

const char *
log_key_meaning(enum log_key key)
{
	return def[key].meaning;
}
