/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/slice.h"
#include "channel/channel.h"

/*
 * What Partner Center says when it does not do what it was asked.
 *
 * Errors come as {"code","description","data","source"} from the service, as
 * {"statusCode","message"} from the gateway before it, without a body with a refused token, and
 * as anything at all from proxies. Source: sources.md#partner-errors
 */
enum { PARTNER_ERROR_TEXT_SIZE = 320 };

/* A plain value. */
struct partner_error {
	char code[CHANNEL_CODE_SIZE];       /* "20002", whether text or number; "" if none */
	char text[PARTNER_ERROR_TEXT_SIZE]; /* one line; "" if none */
};

/*
 * From the body of an answer. Whatever looks like a hardware hash in the text is cut short, for it
 * ends in messages.
 */
void partner_error_parse(struct slice body, struct partner_error *out);

/*
 * What an answer other than 2xx means for a request about a customer: outcome, status, code,
 * message and advice of *out.
 *
 * Of the statuses 400, 401, 403 and 404 the code decides; all others speak for themselves, and a
 * 5xx may have taken effect whatever it says. Three decisions where the documents are silent:
 *
 * A 403 without a known code is taken for a missing relationship (CHANNEL_NO_CONSENT). It has been
 * seen for single customers without a cause; and if it is the partner's trouble after all, the other
 * customers say so one by one, while the other way round one customer would stop them all.
 *
 * 1002, 600006 and 900149 are what partners get who may not use the service at all, as indirect
 * resellers (CHANNEL_DENIED): no sign-in and no customer's consent would help them.
 *
 * A 429 throttles the partner as a whole: it comes from the gateway, which says nothing of the
 * customer, and some calls are counted for the partner alone.
 */
void partner_error_judge(unsigned status, const struct partner_error *e,
    struct channel_answer *out);

/* Was a batch not made because there is one of that name? No document says how this looks. */
bool partner_error_says_exists(unsigned status, const struct partner_error *e);
