/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server/login_json.h"

#include <stdio.h>

#include "agent/records/records_json.h"

static const char *const state_name[NSIGN_IN_STATE] = {
	[SIGN_IN_NONE] = "none",
	[SIGN_IN_ASKING] = "waiting",
	[SIGN_IN_WAITING] = "waiting",
	[SIGN_IN_CHECKING] = "waiting",
	[SIGN_IN_DONE] = "done",
	[SIGN_IN_FAILED] = "failed",
};

static json_t *
text_json(const char *text)
{
	return records_json_text(slice_of(text));
}

static json_t *
message_json(const struct sign_in_news *n)
{
	char text[VERIFICATION_URI_SIZE + USER_CODE_SIZE + 32];

	if (n->user_code[0] == '\0')
		return json_null();
	(void)snprintf(text, sizeof text, "Open %s and enter the code %s.", n->uri, n->user_code);
	return text_json(text);
}

/* A remark on a sign-in that has worked. */
static json_t *
warning_json(const struct sign_in_news *n)
{
	char text[SIGN_IN_MESSAGE_SIZE + 256];

	if (n->state != SIGN_IN_DONE || n->message[0] == '\0')
		return json_null();
	(void)snprintf(text, sizeof text, "%s. %s", n->message, n->advice);
	return text_json(text);
}

static const char *
error_code(enum token_trouble trouble)
{
	if (trouble == TOKEN_WAIT)
		return "temporary";
	return trouble == TOKEN_STOPPED ? "cancelled" : "refused";
}

static json_t *
error_json(const struct sign_in_news *n)
{
	if (n->state != SIGN_IN_FAILED)
		return json_null();
	return json_pack("{s:s, s:o, s:o}", "code", error_code(n->trouble), "message",
	    text_json(n->message), "advice", text_json(n->advice));
}

json_t *
login_json(const char *partner, const struct sign_in_news *n, uint64_t lifetime_ms)
{
	bool done = n->state == SIGN_IN_DONE;

	return json_pack("{s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "partner",
	    text_json(partner), "state", state_name[n->state], "user_code", text_json(n->user_code),
	    "verification_uri", text_json(n->uri), "expires", records_json_time(n->expires_unix_ms),
	    "message", message_json(n), "account", text_json(n->who.account), "roles",
	    text_json(n->who.roles), "renew_by",
	    records_json_time(done ? n->at_unix_ms + (int64_t)lifetime_ms : 0), "warning",
	    warning_json(n), "error", error_json(n));
}
