/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/channel_answer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "auth/token_source.h"
#include "base/utf8.h"
#include "http/http_status.h"

static const char *const usual_advice[] = {
	[CHANNEL_DONE] = "",
	[CHANNEL_REFUSED] = "Correct what the message names. If nothing is wrong with it, ask the "
	                    "service's support; they want the request id.",
	[CHANNEL_TOO_LARGE] =
	    "Nothing: smaller batches are sent. Lower batch.max_devices if it lasts.",
	[CHANNEL_GONE] = "",
	[CHANNEL_NO_CONSENT] =
	    "Compare the customer's tenant in the configuration, and have the customer's administrator "
	    "accept what 'autoreg consent link' leads to.",
	[CHANNEL_DENIED] =
	    "An indirect reseller may not use this service: make the file with 'autoreg convert --to "
	    "partner-center' and upload it in Partner Center.",
	[CHANNEL_AUTH] =
	    "Check the credentials in the configuration, and whether the service knows them.",
	[CHANNEL_THROTTLED] = "Nothing: it is tried again later.",
	[CHANNEL_UNSENT] = "Nothing: it is tried again later. If it lasts, check network, name "
	                   "resolution and proxy.",
	[CHANNEL_SERVER] = "Nothing: it is asked what became of it, then tried again.",
	[CHANNEL_UNKNOWN] = "Nothing: it is asked what became of it, then tried again.",
	[CHANNEL_NAME_CASE] =
	    "Give the group tag exactly as the batch is called at the service, or "
	    "have the other batch removed.",
	[CHANNEL_STOPPED] = "",
};

void
channel_answer_init(struct channel_answer *a)
{
	*a = (struct channel_answer){ .call = "", .retry_after_ms = -1, .advice = "" };
}

void
channel_answer_set(struct channel_answer *a, enum channel_outcome outcome, const char *advice,
    const char *fmt, ...)
{
	char text[2 * CHANNEL_MESSAGE_SIZE];
	struct slice message;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	message = utf8_head(slice_of(text), sizeof a->message - 1);
	memcpy(a->message, message.ptr, message.len);
	a->message[message.len] = '\0';
	a->outcome = outcome;
	a->advice = advice ? advice : usual_advice[outcome];
}

void
channel_answer_not_begun(struct channel_answer *a, const struct err *err)
{
	bool stopped = err->code == ERR_NOMEM || err->code == ERR_CANCELLED;

	channel_answer_set(a, stopped ? CHANNEL_STOPPED : CHANNEL_UNSENT, NULL, "%s", err->msg);
}

void
channel_answer_wait(struct channel_answer *a, int64_t for_ms)
{
	channel_answer_set(a, CHANNEL_THROTTLED, NULL,
	    "the service has asked to be left alone: nothing was sent");
	a->retry_after_ms = for_ms;
}

static enum channel_outcome
failed_outcome(enum err_code code)
{
	switch (http_failure_class(code)) {
	case HTTP_UNSENT:
		return CHANNEL_UNSENT;
	case HTTP_STOPPED:
		return CHANNEL_STOPPED;
	default:
		return CHANNEL_UNKNOWN; /* the careful answer: it is asked before it is sent again */
	}
}

void
channel_answer_of_failure(struct channel_answer *a, const struct err *err)
{
	const char *advice = NULL;

	if (err->code == ERR_TLS)
		advice =
		    "Check the machine's clock and trusted certificates, and whether a proxy opens "
		    "encrypted connections.";
	channel_answer_set(a, failed_outcome(err->code), advice, "%s", err->msg);
}

static enum channel_outcome
token_outcome(enum token_trouble trouble)
{
	switch (trouble) {
	case TOKEN_WAIT:
		return CHANNEL_UNSENT;
	case TOKEN_STOPPED:
		return CHANNEL_STOPPED;
	case TOKEN_CREDENTIAL:
	case TOKEN_CONFIG:
	case TOKEN_SIGN_IN:
	case TOKEN_ADMIN:
		break;
	}
	return CHANNEL_AUTH;
}

void
channel_answer_of_token(struct channel_answer *a, const struct token_result *result,
    const struct err *err)
{
	channel_answer_set(a, token_outcome(result->trouble), result->advice, "no token: %s",
	    err->msg);
	a->retry_after_ms = result->retry_after_ms;
	if (result->aadsts > 0)
		(void)snprintf(a->code, sizeof a->code, "AADSTS%u", result->aadsts);
}

void
channel_answer_turn(struct channel_answer *a, enum channel_outcome outcome)
{
	a->outcome = outcome;
	a->advice = usual_advice[outcome];
}
