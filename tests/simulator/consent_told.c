/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulator/consent_told.h"

#include "tests/simulator/simulator.h"

enum { MADE_DURABLE_MS = 500 }; /* that there is no consent has to be written down first */

static bool
should_know(const struct exchange *x)
{
	if (x->told->word == CONSENT_TOLD_NO)
		return x->at_ms > x->told->at_ms + MADE_DURABLE_MS;
	return x->told->word == CONSENT_NEVER_TOLD;
}

void
consent_told_judge(struct simulator *sim, struct exchange *x, struct consent_told *told,
    enum consent_word said, const char *upload)
{
	bool whole = !x->delivery.truncated && !(x->fault && x->fault->kind == FAULT_STATUS);

	x->told = told;
	x->said = whole ? said : CONSENT_NEVER_TOLD;
	if (upload && x->refused && should_know(x))
		violations_add(&sim->violations, x->n, upload, "%s: the client was %s",
		    x->customer->name,
		    told->word == CONSENT_TOLD_NO ? "told that there is none"
		                                  : "never told of any");
}

void
consent_told_learn(struct simulator *sim, const struct exchange *x)
{
	if (x->said == CONSENT_NEVER_TOLD || x->said == x->told->word)
		return;
	x->told->word = x->said;
	x->told->at_ms = simulator_now_ms(sim);
}
