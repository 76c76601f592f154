/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/sending/flush.h"

#include <string.h>

/* So that a lane's time is over, whatever time it is. */
#define LONG_AGO (-(INT64_C(1) << 60))

int64_t
flush_due(const struct lane *l)
{
	const struct oem *oem = l->party->service->oem;

	if (!oem || l->queued >= oem->flush.devices)
		return 0;
	return l->waits_unix_ms + (int64_t)oem->flush.after_ms;
}

bool
flush_ask(struct roster *r, const char *customer)
{
	bool found = !customer;

	for (size_t i = 0; i < r->nparty; i++) {
		if (customer && strcmp(r->party[i].customer->name, customer) != 0)
			continue;
		r->party[i].flush = FLUSH_ASKED;
		found = true;
	}
	return found;
}

void
flush_begin_reading(struct roster *r)
{
	for (size_t i = 0; i < r->nparty; i++) {
		if (r->party[i].flush == FLUSH_ASKED)
			r->party[i].flush = FLUSH_READING;
	}
}

static void
begin_waiting(struct lane *l, bool flush, int64_t now)
{
	if (l->queued == 0)
		l->waits_unix_ms = 0;
	else if (flush)
		l->waits_unix_ms = LONG_AGO;
	else if (l->waits_unix_ms == 0)
		l->waits_unix_ms = now;
}

void
flush_take_news(struct roster *r, int64_t now)
{
	for (size_t i = 0; i < r->nparty; i++) {
		struct party *p = &r->party[i];
		bool flush = p->flush == FLUSH_READING;

		for (size_t k = 0; k < p->nlane; k++)
			begin_waiting(&p->lane[k], flush, now);
		if (flush)
			p->flush = FLUSH_NONE;
	}
}
