/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/sending/agenda_clock.h"

#include "http/retry_after.h"

enum { STEP_MIN_MS = 1000 }; /* less is no step: clocks are steered */

void
agenda_clock_begin(struct agenda *a, const struct clock *clock)
{
	a->begun_unix_ms = clock_unix_ms(clock);
	a->lead_ms = a->begun_unix_ms - (int64_t)clock_mono_ms(clock);
}

/* --- a clock that was set ------------------------------------------------------------------------ */

static void
shift(int64_t *instant, int64_t by_ms)
{
	if (*instant > 0)
		*instant = *instant + by_ms > 1 ? *instant + by_ms : 1;
}

static void
shift_all(struct agenda *a, int64_t by_ms)
{
	for (struct job *j = a->job; j; j = j->next)
		shift(&j->batch.due_unix_ms, by_ms);
	for (size_t i = 0; i < a->roster.nparty; i++) {
		struct party *p = &a->roster.party[i];

		shift(&a->check[i].again_unix_ms, by_ms);
		shift(&p->scope.pause_until_unix_ms, by_ms);
		for (size_t k = 0; k < p->nlane; k++) {
			shift(&p->lane[k].scope.pause_until_unix_ms, by_ms);
			shift(&p->lane[k].waits_unix_ms, by_ms);
		}
	}
	for (size_t i = 0; i < a->roster.nservice; i++) {
		shift(&a->inquiry[i].again_unix_ms, by_ms);
		shift(&a->taking[i].again_unix_ms, by_ms);
		shift(&a->roster.service[i].scope.pause_until_unix_ms, by_ms);
	}
	shift(&a->begun_unix_ms, by_ms);
}

static int64_t
step_ms(int64_t from_lead_ms, int64_t to_lead_ms)
{
	int64_t ms = to_lead_ms - from_lead_ms;

	return ms > -STEP_MIN_MS && ms < STEP_MIN_MS ? 0 : ms;
}

int64_t
agenda_clock_now(struct agenda *a, const struct clock *clock)
{
	int64_t now = clock_unix_ms(clock);
	int64_t by_ms = step_ms(a->lead_ms, now - (int64_t)clock_mono_ms(clock));

	if (by_ms) {
		a->lead_ms += by_ms;
		shift_all(a, by_ms);
	}
	return now;
}

int64_t
agenda_clock_moved(const struct agenda *a, int64_t instant_unix_ms, int64_t lead_ms)
{
	shift(&instant_unix_ms, step_ms(lead_ms, a->lead_ms));
	return instant_unix_ms;
}

/* --- ceilings ------------------------------------------------------------------------------------- */

uint64_t
agenda_clock_longest_ms(const struct agenda *a)
{
	const struct config *c = a->config;
	uint64_t longest = c->retry.max_ms > c->poll.max_ms ? c->retry.max_ms : c->poll.max_ms;

	for (size_t i = 0; i < a->roster.nservice; i++) {
		const struct poll_times *own = a->roster.service[i].limits.poll;

		if (own && longest < own->max_ms)
			longest = own->max_ms;
	}
	for (size_t i = 0; i < c->oems.n; i++) {
		if (longest < c->oems.item[i].not_found.every_ms)
			longest = c->oems.item[i].not_found.every_ms;
	}
	return longest;
}

static void
clamp(int64_t *instant, int64_t latest)
{
	if (*instant > latest)
		*instant = latest;
}

void
agenda_clock_clamp(struct agenda *a, int64_t now)
{
	int64_t latest = now + (int64_t)agenda_clock_longest_ms(a);
	int64_t latest_pause = now + RETRY_AFTER_MAX_MS;

	/* What was put off by a service waits for the end of the pause besides. */
	for (struct job *j = a->job; j; j = j->next)
		clamp(&j->batch.due_unix_ms, latest);
	for (size_t i = 0; i < a->roster.nparty; i++) {
		clamp(&a->check[i].again_unix_ms, latest_pause);
		clamp(&a->roster.party[i].scope.pause_until_unix_ms, latest_pause);
	}
	for (size_t i = 0; i < a->roster.nservice; i++) {
		clamp(&a->inquiry[i].again_unix_ms, latest_pause);
		clamp(&a->taking[i].again_unix_ms, latest_pause);
		clamp(&a->roster.service[i].scope.pause_until_unix_ms, latest_pause);
	}
}
