/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "agent/sending/roster.h"
#include "base/err.h"
#include "channel/channel.h"
#include "config/config.h"
#include "store/store.h"

/*
 * What a service said of a customer's consent, made durable: the state with its evidence, the event
 * in the trail if the state has changed, the hold that follows or its end. All of it blocks, on the
 * store's thread, as part of the work in which the answer is kept. Errors: those of the store.
 */

enum { CONSENT_EVIDENCE_SIZE = CHANNEL_MESSAGE_SIZE + 256 };

/*
 * service_scope: "partner/northwind". at_unix_ms: when it was asked. *state: as it is now, whether
 * the answer has said anything about it or not.
 */
MUST_USE enum err_code consent_record_answer(struct store *s, const struct customer *customer,
    const char *service_scope, const struct channel_answer *answer, int64_t at_unix_ms,
    enum consent_state *state, struct err *err);

/* Somebody is given the link for the customer. */
MUST_USE enum err_code consent_record_request(struct store *s, const struct customer *customer,
    int64_t at_unix_ms, struct err *err);

/* The link of a service is known: whoever waits for one of its customers reads it in the hold. */
MUST_USE enum err_code consent_record_link(struct store *s, const struct config *config,
    const char *service_scope, const char *url, struct err *err);
