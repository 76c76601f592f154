/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/sending/claim_round.h"

#include <inttypes.h>
#include <stddef.h>

#include "agent/tools/log_event.h"
#include "store/store_async.h"

enum { SLACK = 10 }; /* the part of the shortest interval by which a claim is asked too early */

static enum err_code
queue_claims(struct store *s, void *arg, struct err *err)
{
	struct claim_round *r = arg;

	return store_claims_ask(s, slice_of(r->party->customer->name), r->until_unix_ms, &r->n,
	    err);
}

static void
on_queued(void *arg, const struct err *err)
{
	struct claim_round *r = arg;
	const char *customer = r->party->customer->name;

	r->party = NULL;
	if (!err)
		log_event(LOG_CLAIMS_ASKED_AGAIN, LOG_TEXT(CUSTOMER, customer),
		    LOG_NUMBER(DEVICES, r->n));
	r->done(r->arg, err);
}

static int64_t
slack_ms(const struct duration_list *recheck)
{
	uint64_t shortest = recheck->n > 0 ? recheck->item_ms[0] : 0;

	for (size_t i = 1; i < recheck->n; i++) {
		if (recheck->item_ms[i] < shortest)
			shortest = recheck->item_ms[i];
	}
	return (int64_t)(shortest / SLACK);
}

static void
start(struct claim_round *r, struct party *p, int64_t now)
{
	struct err err;

	/* Until the news tell of the next; without them nothing else starts it again. */
	p->claims_unix_ms = 0;
	r->party = p;
	r->until_unix_ms = now + slack_ms(&r->dispatch->config->claims.recheck);
	if (store_async_start(r->dispatch->writer, queue_claims, on_queued, r, &err)) {
		r->party = NULL;
		p->claims_unix_ms = now + (int64_t)r->dispatch->config->retry.max_ms;
		log_event(LOG_CLAIMS_NOT_ASKED, LOG_TEXT(CUSTOMER, p->customer->name),
		    LOG_TEXT(ERROR, err.msg));
	}
}

void
claim_round_serve(struct claim_round *r)
{
	int64_t now = clock_unix_ms(r->dispatch->clock);

	for (size_t i = 0; !r->party && i < r->agenda->roster.nparty; i++) {
		struct party *p = &r->agenda->roster.party[i];

		if (agenda_claims_due(r->agenda, p, now) <= now)
			start(r, p, now);
	}
}

bool
claim_round_is_busy(const struct claim_round *r)
{
	return r->party;
}

void
claim_round_init(struct claim_round *r, const struct dispatch_options *dispatch,
    struct agenda *agenda, claim_round_fn *done, void *arg)
{
	*r = (struct claim_round){
		.dispatch = dispatch,
		.agenda = agenda,
		.done = done,
		.arg = arg,
	};
}
