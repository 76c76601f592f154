/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "agent/sending/roster.h"
#include "channel/channel.h"

/*
 * How a customer's consent changes. Pure.
 */

/*
 * The state after a service has said something about a customer; false: it said nothing of consent
 * (it was out of reach, it was busy), so that what is known stays as it is, and as old.
 */
bool consent_rules_judge(enum consent_state was, enum channel_outcome said,
    enum consent_state *now);

/* The state once somebody has the link in hand. */
enum consent_state consent_rules_request(enum consent_state was);

/* What the trail calls the change to a state, "consent_granted"; NULL: it is none of its own. */
const char *consent_rules_event(enum consent_state now);
