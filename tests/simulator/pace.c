/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulator/pace.h"

#include "tests/simulator/simulator.h"

void
pace_judge(struct simulator *sim, const struct exchange *x, const struct pace *pace)
{
	if (x->at_ms > pace->told_ms + SIMULATOR_ON_THE_WAY_MS && x->at_ms < pace->until_ms)
		violations_add(&sim->violations, x->n, "retry-too-early",
		    "%s %s: %llu ms before Retry-After was over", x->method, x->uri,
		    (unsigned long long)(pace->until_ms - x->at_ms));
}

bool
pace_take(struct simulator *sim, struct pace *pace)
{
	const struct throttle_plan *plan = &sim->scenario->throttle;
	uint64_t now = simulator_now_ms(sim);

	if (plan->requests == 0)
		return true;
	if (now - pace->window_ms >= plan->window_ms) {
		pace->window_ms = now;
		pace->requests = 0;
	}
	return pace->requests++ < plan->requests;
}

void
pace_tell(struct simulator *sim, struct pace *pace, uint64_t retry_after_s)
{
	pace->told_ms = simulator_now_ms(sim);
	pace->until_ms = pace->told_ms + retry_after_s * 1000;
}
