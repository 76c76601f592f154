/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "tests/simulator/simulator.h"

/* The faults of the scenario: the first one in the file that is due strikes. */

/* Counts the exchange for all faults that it may meet; sets x->fault if one strikes. */
void faults_choose(struct simulator *sim, struct exchange *x);

/* Before the request has its effect. True: it must have none, and the exchange is answered. */
bool faults_before(struct simulator *sim, struct exchange *x);

/* Once it had its effect and its answer: changes the answer, or how it is delivered. */
void faults_after(struct exchange *x);

/* For the record: the word by which a scenario calls it. */
const char *faults_word(const struct fault *f);
