/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/sending/batch_count.h"

static enum meter_api
api_of(const struct party *p)
{
	return p->service->oem ? METER_OEM : METER_PARTNER;
}

/* The request comes again because of the answer, and not because a person or the job's end wants it. */
static void
count_retry(struct meter *m, const struct job *j, const struct batch_step_result *r)
{
	enum meter_reason reason;

	switch (r->answer->outcome) {
	case CHANNEL_THROTTLED:
		reason = METER_THROTTLED;
		break;
	case CHANNEL_SERVER:
		reason = METER_SERVER;
		break;
	case CHANNEL_UNSENT:
	case CHANNEL_UNKNOWN:
		reason = METER_NETWORK;
		break;
	case CHANNEL_AUTH:
		reason = METER_AUTH;
		break;
	case CHANNEL_DONE:
	case CHANNEL_REFUSED:
	case CHANNEL_TOO_LARGE:
	case CHANNEL_GONE:
	case CHANNEL_NO_CONSENT:
	case CHANNEL_DENIED:
	case CHANNEL_NAME_CASE:
	case CHANNEL_STOPPED:
	default:
		return;
	}
	meter_retry(m, api_of(j->party), reason);
}

static void
count_settled(struct meter_customer *c, const struct batch_step_result *r, int64_t now_unix_ms)
{
	for (size_t i = 0; i < r->batch->ndevice; i++) {
		enum device_state state = r->settlement[i].state;

		/* What goes back to the queue, or stays in the batch, has not come to rest. */
		if (state != DEVICE_SUBMITTED && state != DEVICE_QUEUED)
			meter_device(c, state, now_unix_ms - r->batch->device[i].received_unix_ms);
	}
	if (r->decision->state == BATCH_CLOSED)
		meter_batch_end(c, METER_SETTLED);
}

void
batch_count(struct meter *m, const struct job *j, const struct batch_step_result *r,
    int64_t now_unix_ms)
{
	struct meter_customer *c = meter_customer(m, j->party->customer->name);

	if (j->kind == STEP_CLAIM && r->answer->outcome != CHANNEL_STOPPED)
		meter_batch_sent(m, r->batch->ndevice);
	count_retry(m, j, r);
	switch (r->decision->action) {
	case BATCH_ACCEPT:
		meter_batch_end(c, METER_TAKEN);
		break;
	case BATCH_SETTLE:
		count_settled(c, r, now_unix_ms);
		break;
	case BATCH_SPLIT:
		meter_batch_end(c, METER_SPLIT);
		break;
	case BATCH_DISSOLVE:
		meter_batch_end(c, METER_RETURNED);
		break;
	case BATCH_MOVE:
	case BATCH_LEAVE:
		break;
	}
}

static void
count_pause(struct meter *m, const struct party *p, int64_t until_unix_ms, int64_t now_unix_ms)
{
	int64_t paused = roster_party_pause(p);
	int64_t from = paused > now_unix_ms ? paused : now_unix_ms;

	meter_throttle(meter_customer(m, p->customer->name), until_unix_ms - from);
}

void
batch_count_pause(struct meter *m, const struct roster *r, const struct party *p,
    const struct service *s, int64_t until_unix_ms, int64_t now_unix_ms)
{
	for (size_t i = 0; i < r->nparty; i++) {
		if (p ? p == &r->party[i] : r->party[i].service == s)
			count_pause(m, &r->party[i], until_unix_ms, now_unix_ms);
	}
}
