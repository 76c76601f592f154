/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulator/faults.h"

#include <string.h>
#include <strings.h>

#include "tests/simulator/entra_refusal.h"
#include "tests/simulator/forms.h"
#include "tests/simulator/maker_service.h"
#include "tests/simulator/partner_center.h"

static bool
meets(const struct fault *f, const struct exchange *x)
{
	if (x->at_ms < f->since_ms || x->at_ms >= f->until_ms)
		return false;
	if (f->on != OPERATION_ANY && f->on != x->operation)
		return false;
	return !f->customer ||
	    (x->customer &&
	        (strcmp(f->customer, x->customer->name) == 0 ||
	            strcasecmp(f->customer, x->customer->tenant) == 0));
}

/* At its seen-th request. Chance is asked whether or not an earlier fault strikes. */
static bool
is_due(const struct fault *f, struct chance *luck)
{
	if (f->nth > 0)
		return f->seen == f->nth;
	if (f->every > 0)
		return f->seen % f->every == 0;
	if (f->from > 0)
		return f->seen >= f->from && (f->to == 0 || f->seen <= f->to);
	return f->chance < 0 || chance_hits(luck, f->chance);
}

void
faults_choose(struct simulator *sim, struct exchange *x)
{
	for (struct fault *f = sim->scenario->faults; f; f = f->next) {
		if (!meets(f, x))
			continue;
		f->seen++;
		if (is_due(f, &sim->luck) && !x->fault)
			x->fault = f;
	}
}

static void
answer_status(struct exchange *x, const struct fault *f)
{
	exchange_answer(x, (unsigned)f->number);
	for (const struct header *h = f->headers; h; h = h->next)
		exchange_set_header(x, h->name, h->value);
	if (f->body)
		exchange_set_body(x, NULL, slice_of(f->body));
}

static void
expire_token(struct simulator *sim, struct exchange *x)
{
	if (x->token)
		x->token->revoked = true;
	if (operation_service(x->operation) == SERVICE_MAKER)
		maker_service_bad_token(sim, x);
	else
		forms_bad_token(x);
}

/* Cut or hung up on: there is no answer. */
static void
answer_nothing(struct exchange *x, const struct fault *f)
{
	exchange_answer(x, 0);
	x->delivery.cut = f->kind == FAULT_CUT;
	x->delivery.hang = f->kind == FAULT_HANG;
}

bool
faults_before(struct simulator *sim, struct exchange *x)
{
	const struct fault *f = x->fault;

	if (!f || f->moment == FAULT_AFTER)
		return false;
	switch (f->kind) {
	case FAULT_STATUS:
		answer_status(x, f);
		return true;
	case FAULT_CUT:
	case FAULT_HANG:
		answer_nothing(x, f);
		return true;
	case FAULT_THROTTLE:
		if (operation_service(x->operation) == SERVICE_MAKER)
			maker_service_throttle(sim, x, f->number, f->retry_as);
		else
			partner_center_throttle(sim, x, f->number, f->retry_as);
		return true;
	case FAULT_TOKEN_EXPIRED:
		expire_token(sim, x);
		return true;
	case FAULT_AADSTS:
		entra_refusal(sim, x, (unsigned)f->number, NULL);
		return true;
	case FAULT_DELAY:
	case FAULT_TRUNCATE:
	case FAULT_TRICKLE:
		break;
	}
	return false;
}

void
faults_after(struct exchange *x)
{
	const struct fault *f = x->fault;

	if (!f)
		return;
	switch (f->kind) {
	case FAULT_STATUS:
		answer_status(x, f);
		break;
	case FAULT_CUT:
	case FAULT_HANG:
		answer_nothing(x, f);
		break;
	case FAULT_DELAY:
		x->delivery.delay_ms = f->number;
		break;
	case FAULT_TRUNCATE:
		x->delivery.truncated = true;
		x->delivery.truncate_bytes = f->number;
		break;
	case FAULT_TRICKLE:
		x->delivery.trickle = f->number;
		break;
	case FAULT_THROTTLE:
	case FAULT_TOKEN_EXPIRED:
	case FAULT_AADSTS:
		break;
	}
}

const char *
faults_word(const struct fault *f)
{
	static const char *const word[] = {
		[FAULT_STATUS] = "status",
		[FAULT_DELAY] = "delay",
		[FAULT_CUT] = "cut",
		[FAULT_TRUNCATE] = "truncate",
		[FAULT_TRICKLE] = "trickle",
		[FAULT_THROTTLE] = "throttle",
		[FAULT_TOKEN_EXPIRED] = "token_expired",
		[FAULT_HANG] = "hang",
		[FAULT_AADSTS] = "aadsts",
	};

	return word[f->kind];
}
