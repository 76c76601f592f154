/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "tests/simulator/simulator.h"

/*
 * What all calls of Partner Center have in common.
 * Source: sources.md#partner-errors
 */

/* Finds token and customer of the exchange, and notes what is wrong with how it was sent. */
void partner_center_meet(struct simulator *sim, struct exchange *x);

/*
 * Limits, token, customer and relationship. False if the exchange has got its refusal; otherwise
 * it has its customer, if its path names one.
 */
bool partner_center_admit(struct simulator *sim, struct exchange *x);

/* Once the answer stands: what it says of consent, and whether this upload should have been sent. */
void partner_center_judge_consent(struct simulator *sim, struct exchange *x);

/* Answers 429, and remembers that the client was told to wait. */
void partner_center_throttle(struct simulator *sim, struct exchange *x, uint64_t retry_after_s,
    enum retry_form form);

void partner_center_not_found(struct simulator *sim, struct exchange *x);

/* 400; what: the member that is wrong. */
void partner_center_invalid(struct simulator *sim, struct exchange *x, const char *what);
