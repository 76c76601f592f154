/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "tests/simulator/simulator.h"

/* How one gets into the maker's service: a certificate, a fixed token, or one that is asked for. */

/* Finds the token of the exchange. */
void maker_access_meet(struct simulator *sim, struct exchange *x);

/* False: the exchange has got its refusal. */
bool maker_access_admit(struct simulator *sim, struct exchange *x);

/* The token endpoint, as plain OAuth has it. Source: sources.md#oauth-client-credentials */
void maker_access_token(struct simulator *sim, struct exchange *x);
