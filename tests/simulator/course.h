/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/simulator/chance.h"
#include "tests/simulator/scenario.h"

/* How a job goes, whose ever it is: when it is over, and what is told of it. */
struct course {
	uint64_t accepted_ms;
	uint64_t due_ms; /* SCENARIO_NEVER: never */
	uint64_t forgotten_ms;
	bool settled;
	bool identifiers;
	bool tell_finished;    /* finished, although devices failed */
	bool show_in_progress; /* entries while it runs */
};

void course_begin(struct course *c, const struct job_plan *plan, uint64_t now_ms,
    struct chance *luck);

/* out: a permutation of the places 0 to n - 1. */
void course_order(enum entry_order order, size_t *out, size_t n, struct chance *luck);

/* A job waits for a quarter of its time. */
bool course_is_queued(const struct course *c, uint64_t now_ms);

/* "queued", "processing", "finished" or "finished_with_errors". failed: a device has. */
const char *course_word(const struct course *c, bool failed, uint64_t now_ms);
