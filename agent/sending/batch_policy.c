/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/sending/batch_policy.h"

#include <assert.h>
#include <string.h>

#include "base/rfc3339.h"
#include "base/utf8.h"

enum {
	HALVE_AFTER = 3, /* server errors */
	POLL_GAP_MIN_MS = 200,
	SHIFT_MAX = 30,      /* beyond it every delay is at its ceiling */
	STATUS_BROKEN = 500, /* the one 5xx that blames the body rather than the day */
	LEAD_SIZE = 100,     /* more than what we say before what the service said */
};

/* How long a device may be missing from the service's list before it counts as lost. */
#define MISSING_MS (UINT64_C(10) * 60 * 1000)

uint64_t
batch_policy_backoff_ms(const struct retry_times *retry, unsigned attempt,
    const struct random *random)
{
	uint64_t most = retry->max_ms;
	uint64_t chance;
	struct err err;

	if (attempt < SHIFT_MAX && retry->base_ms < retry->max_ms >> attempt)
		most = retry->base_ms << attempt;
	if (most == 0 || random_u64(random, &chance, &err))
		return most;
	return 1 + chance % most;
}

/* --- answers that concern more than the batch ----------------------------------------------------- */

bool
batch_policy_waits(const struct channel_answer *a)
{
	return a->retry_after_ms > 0 &&
	    (a->outcome == CHANNEL_THROTTLED || a->outcome == CHANNEL_UNSENT);
}

/* As the service says, or by ourselves the longer the more often: "at once" is no answer. */
static int64_t
pause_ms(const struct batch_rules *r, const struct channel_answer *a)
{
	if (a->retry_after_ms > 0)
		return a->retry_after_ms;
	return (int64_t)batch_policy_backoff_ms(&r->config->retry, r->strikes, r->random);
}

/* Fills in what the answer means for others; true if it said all there is to say. */
static bool
judge_scope(const struct batch_rules *r, const struct channel_answer *a, struct batch_decision *d)
{
	switch (a->outcome) {
	case CHANNEL_NO_CONSENT:
	case CHANNEL_DENIED:
		d->hold = SCOPE_CUSTOMER;
		d->reason = "consent";
		return true;
	case CHANNEL_AUTH:
		d->hold = SCOPE_SERVICE;
		d->reason = "credentials";
		return true;
	case CHANNEL_NAME_CASE:
		d->hold = SCOPE_LANE;
		d->reason = "tag";
		return true;
	case CHANNEL_THROTTLED:
		d->pause = a->customer_only ? SCOPE_CUSTOMER : SCOPE_SERVICE;
		d->pause_until_unix_ms = r->now_unix_ms + pause_ms(r, a);
		d->out_of_reach = a->retry_after_ms <= 0; /* so that the next pause is longer */
		return true;
	case CHANNEL_UNSENT:
		d->pause = SCOPE_SERVICE;
		d->pause_until_unix_ms = r->now_unix_ms + pause_ms(r, a);
		d->out_of_reach = true;
		return true;
	case CHANNEL_SERVER:
	case CHANNEL_UNKNOWN:
		if (a->status == STATUS_BROKEN)
			return false;
		d->pause = SCOPE_SERVICE;
		d->pause_until_unix_ms = r->now_unix_ms + pause_ms(r, a);
		d->out_of_reach = true;
		return false;
	case CHANNEL_DONE:
	case CHANNEL_REFUSED:
	case CHANNEL_TOO_LARGE:
	case CHANNEL_GONE:
	case CHANNEL_STOPPED:
		return false;
	}
	return false;
}

static void
move(struct batch_decision *d, enum batch_state state, int64_t due_unix_ms)
{
	d->action = BATCH_MOVE;
	d->state = state;
	d->due_unix_ms = due_unix_ms;
}

static int64_t
backoff(const struct batch_rules *r, unsigned attempt)
{
	return r->now_unix_ms +
	    (int64_t)batch_policy_backoff_ms(&r->config->retry, attempt, r->random);
}

/* --- devices ------------------------------------------------------------------------------------- */

static struct store_verdict
told(const struct verdict *v)
{
	return (struct store_verdict){
		.class = slice_of(verdict_class_name(v->class)),
		.code = v->code,
		.name = slice_of(v->name),
		.message = slice_of(v->message),
	};
}

/* Another organization has to let the device go, which takes longer the longer it has taken. */
static int64_t
ask_claim_at(const struct batch_rules *r, uint32_t claims)
{
	const struct duration_list *recheck = &r->config->claims.recheck;
	size_t i = claims;

	if (recheck->n == 0)
		return 0;
	if (i >= recheck->n)
		i = recheck->n - 1;
	return r->now_unix_ms + (int64_t)recheck->item_ms[i];
}

static void
settle(struct batch_outcome *out, const struct batch *b, size_t i, enum device_state state)
{
	out->settlement[i] = (struct store_settlement){
		.device = b->device[i].id,
		.state = state,
	};
	if (state != DEVICE_SUBMITTED && state != DEVICE_QUEUED)
		out->settlement[i].verdict = told(&out->verdict[i]);
	if (state == DEVICE_HELD)
		out->settlement[i].held_for = slice_of("directory");
}

/* Every device fails for the same reason. */
static void
fail_all(struct batch_outcome *out, const struct batch *b, enum verdict_class class,
    const struct channel_answer *a)
{
	out->decision.action = BATCH_SETTLE;
	out->decision.state = BATCH_CLOSED;
	for (size_t i = 0; i < b->ndevice; i++) {
		verdict_set(&out->verdict[i], class, (int32_t)a->status, a->code, "%s", a->message);
		settle(out, b, i, DEVICE_FAILED);
	}
}

/* Something in it is bad, and the service does not say what: it is found by halving. */
static void
narrow(const struct batch_rules *r, const struct batch *b, enum verdict_class class,
    const struct channel_answer *a, struct batch_outcome *out)
{
	if (b->ndevice > 1) {
		out->decision.action = BATCH_SPLIT;
		out->decision.due_unix_ms = r->now_unix_ms;
		out->decision.new_request = true;
	} else {
		fail_all(out, b, class, a);
	}
}

/* Each time that a device was not found was an attempt as well. */
static uint64_t
attempts_max(const struct batch_rules *r)
{
	const struct oem_not_found *n = r->oem ? &r->oem->not_found : NULL;

	return r->config->retry.attempts + (n ? n->for_ms / n->every_ms : 0);
}

/* Known not to have happened: again, unless that has been tried often enough. */
static void
send_again(const struct batch_rules *r, const struct store_batch *s, const struct batch *b,
    const struct channel_answer *a, struct batch_outcome *out)
{
	if (s->server_errors >= HALVE_AFTER)
		narrow(r, b, VERDICT_UNEXPECTED, a, out);
	else if (s->attempts >= attempts_max(r))
		fail_all(out, b, VERDICT_TRANSIENT, a);
	else
		move(&out->decision, BATCH_RESEND, backoff(r, s->attempts ? s->attempts - 1 : 0));
}

/* --- after a submission -------------------------------------------------------------------------- */

static int64_t
first_poll(const struct batch_rules *r)
{
	uint64_t wait = r->poll->first_ms;

	if (wait < r->typical_ms + POLL_GAP_MIN_MS && r->typical_ms > 0)
		wait = r->typical_ms + POLL_GAP_MIN_MS;
	if (wait > r->poll->max_ms)
		wait = r->poll->max_ms;
	return r->now_unix_ms + (int64_t)wait;
}

void
batch_policy_submitted(const struct batch_rules *r, const struct store_batch *s,
    const struct batch *b, const struct channel_answer *a, struct batch_outcome *out)
{
	struct batch_decision *d = &out->decision;
	bool scoped;

	memset(d, 0, sizeof *d);
	scoped = judge_scope(r, a, d);
	switch (a->outcome) {
	case CHANNEL_DONE:
		d->action = BATCH_ACCEPT;
		d->due_unix_ms = first_poll(r);
		break;
	case CHANNEL_REFUSED:
	case CHANNEL_TOO_LARGE:
		narrow(r, b, VERDICT_BAD_INPUT, a, out);
		break;
	case CHANNEL_GONE: /* the group of devices went away between two requests */
		send_again(r, s, b, a, out);
		d->new_request = true;
		break;
	case CHANNEL_NO_CONSENT:
	case CHANNEL_DENIED:
	case CHANNEL_AUTH:
	case CHANNEL_NAME_CASE:
		assert(scoped);
		d->action = BATCH_DISSOLVE;
		break;
	case CHANNEL_THROTTLED:
	case CHANNEL_UNSENT:
		move(d, BATCH_RESEND, d->pause_until_unix_ms);
		d->new_request = !r->oem && a->status != 0;
		break;
	case CHANNEL_SERVER:
	case CHANNEL_UNKNOWN:
		move(d, BATCH_UNKNOWN, backoff(r, 0));
		d->server_error = a->status == STATUS_BROKEN;
		break;
	case CHANNEL_STOPPED:
		d->action = BATCH_LEAVE;
		break;
	}
}

/* --- after a poll ---------------------------------------------------------------------------------- */

/*
 * Until the job has taken as long as its like, wait for that; then look in steps that grow with its
 * age, so that the delay in noticing stays a fraction of the whole. A job from ahead of now is of an
 * age that nobody knows, since the clock was set back; it must not be asked about like a new one for
 * as long as that lasts.
 */
static int64_t
next_poll(const struct batch_rules *r, const struct store_batch *s)
{
	const struct poll_times *p = r->poll;
	int64_t age = r->now_unix_ms - s->since_unix_ms;
	uint64_t wait = age > 0 ? (uint64_t)age / 8 : 0;

	if (age >= 0 && (uint64_t)age < r->typical_ms)
		wait = r->typical_ms - (uint64_t)age + POLL_GAP_MIN_MS;
	if (wait < p->first_ms / 4)
		wait = p->first_ms / 4;
	if (wait < POLL_GAP_MIN_MS && POLL_GAP_MIN_MS < p->first_ms)
		wait = POLL_GAP_MIN_MS;
	if (wait > p->max_ms || age < 0)
		wait = p->max_ms;
	return r->now_unix_ms + (int64_t)(wait ? wait : 1);
}

/* Of a batch that was made ahead of now nobody knows how old it is: the clock was wrong. */
static bool
may_be_found(const struct batch_rules *r, const struct store_batch *s)
{
	int64_t age = r->now_unix_ms - s->begun_unix_ms;

	return r->oem && (age < 0 || (uint64_t)age < r->oem->not_found.for_ms);
}

static enum device_state
state_after(const struct batch_rules *r, const struct store_batch *s, uint32_t attempts,
    enum verdict_class class)
{
	switch (class) {
	case VERDICT_OK:
	case VERDICT_ALREADY_HERE:
		return DEVICE_REGISTERED;
	case VERDICT_CLAIMED_ELSEWHERE:
		return DEVICE_CLAIMED;
	case VERDICT_DIRECTORY:
		return DEVICE_HELD;
	case VERDICT_TRANSIENT:
	case VERDICT_THROTTLED:
	case VERDICT_NO_CONSENT: /* withdrawn meanwhile: the next request is refused as a whole */
		return attempts < attempts_max(r) ? DEVICE_QUEUED : DEVICE_FAILED;
	case VERDICT_NONE:
		return DEVICE_SUBMITTED;
	case VERDICT_NOT_FOUND:
		return may_be_found(r, s) ? DEVICE_QUEUED : DEVICE_FAILED;
	case VERDICT_BAD_HASH:
	case VERDICT_BAD_INPUT:
	case VERDICT_AUTH:
	case VERDICT_CONFIG:
	case VERDICT_UNEXPECTED:
		return DEVICE_FAILED;
	}
	return DEVICE_FAILED;
}

/* What the service said of it is shown while it waits, and what comes next. */
static void
wait_to_be_found(struct batch_outcome *out, size_t i)
{
	struct verdict *v = &out->verdict[i];
	const struct verdict said = *v;
	struct slice message = utf8_head(slice_of(said.message), VERDICT_MESSAGE_SIZE - LEAD_SIZE);
	char when[RFC3339_SIZE];

	verdict_set(v, said.class, said.code, said.name,
	    "Sent again at %s: its maker may not have reported it yet. " SLICE_FMT,
	    rfc3339_format(out->decision.due_unix_ms, when), SLICE_ARG(message));
	out->settlement[i].verdict = told(v);
}

/*
 * Those that go again stay in the batch: a device that is not found yet for as long as the maker's
 * service has it asked about, others for a shorter time, so that nobody waits for those.
 */
static void
stay_to_go_again(const struct batch_rules *r, const struct store_batch *s, const struct batch *b,
    struct batch_outcome *out)
{
	struct batch_decision *d = &out->decision;
	bool stumbled = false;

	for (size_t i = 0; i < b->ndevice; i++)
		stumbled |= out->settlement[i].state == DEVICE_QUEUED &&
		    out->verdict[i].class != VERDICT_NOT_FOUND;
	d->state = BATCH_RESEND;
	d->new_request = true;
	d->due_unix_ms = stumbled ? backoff(r, s->attempts ? s->attempts - 1 : 0)
	                          : r->now_unix_ms + (int64_t)r->oem->not_found.every_ms;
	for (size_t i = 0; i < b->ndevice; i++) {
		if (out->settlement[i].state != DEVICE_QUEUED)
			continue;
		out->settlement[i].state = DEVICE_SUBMITTED;
		if (out->verdict[i].class == VERDICT_NOT_FOUND)
			wait_to_be_found(out, i);
	}
}

/*
 * The batch's own status proves nothing: each device has its verdict. Those of which nothing was
 * said stay and are looked for. Those that the service stumbled over, or does not know yet, stay to be
 * sent again later, unless others are looked for: then they go back to the queue.
 */
static void
settle_job(const struct batch_rules *r, const struct store_batch *s, const struct batch *b,
    const struct verdict *said, struct batch_outcome *out)
{
	struct batch_decision *d = &out->decision;
	size_t missing = 0, again = 0;

	for (size_t i = 0; i < b->ndevice; i++) {
		enum device_state state =
		    state_after(r, s, b->device[i].attempts + s->attempts, said[i].class);

		out->verdict[i] = said[i];
		settle(out, b, i, state);
		if (state == DEVICE_CLAIMED)
			out->settlement[i].ask_unix_ms = ask_claim_at(r, b->device[i].claims);
		missing += state == DEVICE_SUBMITTED;
		again += state == DEVICE_QUEUED;
	}
	d->action = BATCH_SETTLE;
	d->state = missing ? BATCH_MISSING : BATCH_CLOSED;
	d->due_unix_ms = r->now_unix_ms;
	if (missing == 0 && again > 0)
		stay_to_go_again(r, s, b, out);
}

void
batch_policy_polled(const struct batch_rules *r, const struct store_batch *s, const struct batch *b,
    const struct channel_answer *a, const struct verdict *said, struct batch_outcome *out)
{
	struct batch_decision *d = &out->decision;
	int64_t deadline = s->since_unix_ms + (int64_t)r->poll->deadline_ms;

	memset(d, 0, sizeof *d);
	(void)judge_scope(r, a, d);
	if (a->outcome == CHANNEL_STOPPED)
		d->action = BATCH_LEAVE;
	else if (said)
		settle_job(r, s, b, said, out);
	else if (a->outcome == CHANNEL_GONE || r->now_unix_ms >= deadline)
		move(d, BATCH_MISSING, r->now_unix_ms);
	else if (d->pause)
		move(d, BATCH_ACCEPTED, d->pause_until_unix_ms);
	else if (d->hold)
		move(d, BATCH_ACCEPTED, r->now_unix_ms + (int64_t)r->poll->max_ms);
	else
		move(d, BATCH_ACCEPTED, next_poll(r, s));
}

/* --- after a look in the service's list -------------------------------------------------------------- */

/*
 * Has the batch been in this state for so long? If the clock was set back nobody knows; then the
 * looks are counted, which are poll.max apart or more.
 */
static bool
has_waited(const struct batch_rules *r, const struct store_batch *s, uint64_t ms)
{
	int64_t age = r->now_unix_ms - s->since_unix_ms;

	return age < 0 ? s->looks * r->poll->max_ms >= ms : (uint64_t)age >= ms;
}

/* Those that are there are registered. Returns how many are not. */
static size_t
settle_those_there(const struct batch *b, const bool *there, struct batch_outcome *out)
{
	size_t absent = 0;

	for (size_t i = 0; i < b->ndevice; i++) {
		bool is_there = there && there[i];

		if (is_there)
			verdict_set(&out->verdict[i], VERDICT_OK, 0, "",
			    "found in the service's list of the group");
		settle(out, b, i, is_there ? DEVICE_REGISTERED : DEVICE_SUBMITTED);
		absent += !is_there;
	}
	return absent;
}

/* The service was given time enough: what it has lost once is sent once more. */
static void
give_up_missing(const struct batch *b, const struct channel_answer *a, struct batch_outcome *out)
{
	for (size_t i = 0; i < b->ndevice; i++) {
		if (out->settlement[i].state != DEVICE_SUBMITTED)
			continue;
		if (b->device[i].lost) {
			verdict_set(&out->verdict[i], VERDICT_UNEXPECTED, (int32_t)a->status, "",
			    "the service took the device twice and never said what became of it");
			settle(out, b, i, DEVICE_FAILED);
		} else {
			settle(out, b, i, DEVICE_QUEUED);
			out->settlement[i].lost = true;
		}
	}
}

void
batch_policy_looked(const struct batch_rules *r, const struct store_batch *s, const struct batch *b,
    const struct channel_answer *a, const bool *there, struct batch_outcome *out)
{
	struct batch_decision *d = &out->decision;
	int64_t again = r->now_unix_ms + (int64_t)r->poll->max_ms;
	bool over = has_waited(r, s, MISSING_MS);
	/* A request that was about to leave when the program died counts as left. */
	enum batch_state here = s->state == BATCH_MISSING ? BATCH_MISSING : BATCH_UNKNOWN;
	size_t absent;

	memset(d, 0, sizeof *d);
	(void)judge_scope(r, a, d);
	if (a->outcome == CHANNEL_STOPPED) {
		d->action = BATCH_LEAVE;
		return;
	}
	if (a->outcome != CHANNEL_DONE && a->outcome != CHANNEL_GONE) {
		move(d, here, d->pause ? d->pause_until_unix_ms : backoff(r, s->looks));
		if (d->hold)
			d->due_unix_ms = again;
		return;
	}
	absent = settle_those_there(b, there, out);
	d->action = BATCH_SETTLE;
	d->state = absent ? here : BATCH_CLOSED;
	d->due_unix_ms = again;
	if (absent == 0)
		return;
	d->new_request = absent < b->ndevice;
	if (here == BATCH_MISSING) {
		if (over) {
			d->state = BATCH_CLOSED;
			give_up_missing(b, a, out);
		}
	} else if (absent < b->ndevice) {
		/* More may follow; but what did not arrive by now will not. */
		if (over)
			d->state = BATCH_RESEND;
	} else if (s->looks > 0 && has_waited(r, s, r->poll->max_ms)) {
		d->new_request = !r->oem;
		send_again(r, s, b, a, out);
	}
}
