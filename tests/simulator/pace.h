/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* What one who is throttled may do. */
struct pace {
	uint64_t window_ms; /* when the window began */
	uint64_t requests;  /* in it */
	uint64_t told_ms;   /* when the last 429 was answered */
	uint64_t until_ms;  /* when it allows the next request */
};

struct exchange;
struct simulator;

/* Notes a request that came before it was allowed to ("retry-too-early"). */
void pace_judge(struct simulator *sim, const struct exchange *x, const struct pace *pace);

/* May one more request pass in the scenario's window? */
bool pace_take(struct simulator *sim, struct pace *pace);

/* The client is being told to wait so long. */
void pace_tell(struct simulator *sim, struct pace *pace, uint64_t retry_after_s);
