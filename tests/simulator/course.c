/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulator/course.h"

enum { QUEUED_MS_MAX = 100 };

/* A moment after a delay that may be endless. */
static uint64_t
later(uint64_t now_ms, uint64_t delay_ms)
{
	return delay_ms == SCENARIO_NEVER ? SCENARIO_NEVER : now_ms + delay_ms;
}

void
course_begin(struct course *c, const struct job_plan *plan, uint64_t now_ms, struct chance *luck)
{
	*c = (struct course){
		.accepted_ms = now_ms,
		.due_ms = later(now_ms, plan->time_ms),
		.forgotten_ms = later(now_ms, plan->forget_after_ms),
		.identifiers = plan->identifiers,
	};
	c->tell_finished = plan->status == FAILED_STATUS_FINISHED ||
	    (plan->status == FAILED_STATUS_RANDOM && chance_hits(luck, 0.5));
	c->show_in_progress = plan->running == RUNNING_FORM_IN_PROGRESS ||
	    (plan->running == RUNNING_FORM_RANDOM && chance_hits(luck, 0.5));
}

void
course_order(enum entry_order order, size_t *out, size_t n, struct chance *luck)
{
	for (size_t i = 0; i < n; i++) {
		size_t place = order == ENTRY_ORDER_SHUFFLED ? chance_below(luck, i + 1) : i;

		out[i] = i;
		out[i] = out[place];
		out[place] = i;
	}
	for (size_t i = 0; order == ENTRY_ORDER_REVERSED && i < n; i++)
		out[i] = n - 1 - i;
}

bool
course_is_queued(const struct course *c, uint64_t now_ms)
{
	uint64_t quarter = (c->due_ms - c->accepted_ms) / 4;

	return !c->settled &&
	    now_ms - c->accepted_ms < (quarter < QUEUED_MS_MAX ? quarter : QUEUED_MS_MAX);
}

const char *
course_word(const struct course *c, bool failed, uint64_t now_ms)
{
	if (course_is_queued(c, now_ms))
		return "queued";
	if (!c->settled)
		return "processing";
	return failed && !c->tell_finished ? "finished_with_errors" : "finished";
}
