/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/gate/gate_rules.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "channel/verdict.h"
#include "config/image_table.h"

const char *
gate_cause_word(enum gate_cause cause)
{
	static const char *const word[] = {
		[GATE_UNKNOWN] = "unknown",
		[GATE_CLAIMED] = "claimed",
		[GATE_HELD] = "held",
		[GATE_FAILED] = "failed",
		[GATE_TAG] = "tag",
		[GATE_WAITS] = "waits",
		[GATE_IMAGE] = "image",
		[GATE_ALREADY_HERE] = "already_here",
		[GATE_GOOD] = "good",
	};

	return word[cause];
}

bool
gate_cause_may_ship(enum gate_cause cause)
{
	return cause == GATE_ALREADY_HERE || cause == GATE_GOOD;
}

static void __attribute__((format(printf, 4, 5)))
say(struct gate_verdict *v, enum gate_cause cause, const char *advice, const char *fmt, ...)
{
	va_list ap;
	size_t len;

	v->cause = cause;
	v->advice = advice;
	va_start(ap, fmt);
	(void)vsnprintf(v->reason, sizeof v->reason, fmt, ap);
	va_end(ap);
	len = strlen(v->reason);
	if (len > 0 && v->reason[len - 1] == '.') /* of a message of the service */
		v->reason[len - 1] = '\0';
}

struct gate_facts
gate_facts_of(const struct store_gate_device *d)
{
	return (struct gate_facts){
		.accepted = d->state != DEVICE_REFUSED,
		.sent = d->sent,
		.registered = d->state == DEVICE_REGISTERED || d->state == DEVICE_READY,
	};
}

/* Of a customer that is gone from the configuration nobody can say less than the default. */
static bool
needs(const struct customer *c, const char *what)
{
	if (!c)
		return strcmp(what, "registered") == 0;
	for (size_t i = 0; i < c->gate.needs.n; i++) {
		if (strcmp(c->gate.needs.item[i], what) == 0)
			return true;
	}
	return false;
}

static bool
is_allowed(const struct text_list *tags, struct slice tag)
{
	for (size_t i = 0; i < tags->n; i++) {
		if (slice_eq(slice_of(tags->item[i]), tag))
			return true;
	}
	return tags->n == 0;
}

/* --- the causes, each of which is told or is none --- */

static bool
is_claimed(const struct store_gate_device *d, struct gate_verdict *v)
{
	const char *advice = verdict_class_advice(VERDICT_CLAIMED_ELSEWHERE);

	if (d->state != DEVICE_CLAIMED && !d->claimed)
		return false;
	if (d->verdict.name.len > 0)
		say(v, GATE_CLAIMED, advice, "held by another organization (%d " SLICE_FMT ")",
		    (int)d->verdict.code, SLICE_ARG(d->verdict.name));
	else
		say(v, GATE_CLAIMED, advice, "held by another organization");
	return true;
}

static bool
is_contested(const struct store_gate_device *d)
{
	return d->state == DEVICE_HELD && slice_eq(d->held_for, slice_of("conflict"));
}

/* It has become another unit, or that is being arranged: no box has this number any more. */
static bool
is_superseded(const struct store_gate_device *d, struct gate_verdict *v)
{
	if (!(d->state == DEVICE_REFUSED && slice_eq(d->verdict.class, slice_of("superseded"))) &&
	    !(d->state == DEVICE_HELD && slice_eq(d->held_for, slice_of("superseded"))))
		return false;
	say(v, GATE_FAILED, "Ask for the serial number that the unit has now.",
	    "it has become another unit");
	return true;
}

/* What it was has to be taken back first, which happens by itself. */
static bool
waits_for_other(const struct store_gate_device *d)
{
	return d->state == DEVICE_HELD && slice_eq(d->held_for, slice_of("supersede"));
}

static bool
is_held(const struct store_gate_device *d, struct gate_verdict *v)
{
	if (d->state != DEVICE_HELD || waits_for_other(d))
		return false;
	if (is_contested(d))
		say(v, GATE_HELD,
		    "Find out whose it is. If it is this customer's: autoreg retry --serial SERIAL "
		    "--customer NAME.",
		    "another customer has it as well");
	else
		say(v, GATE_HELD, verdict_advice_for(d->verdict.class),
		    "held (" SLICE_FMT ")%s" SLICE_FMT, SLICE_ARG(d->held_for),
		    d->held_message.len > 0 ? ": " : "", SLICE_ARG(d->held_message));
	return true;
}

static bool
has_failed(const struct store_gate_device *d, struct gate_verdict *v)
{
	if (d->state == DEVICE_REFUSED) {
		say(v, GATE_FAILED, "Correct its row and send the list again.",
		    "its row was refused");
		return true;
	}
	if (d->state != DEVICE_FAILED)
		return false;
	say(v, GATE_FAILED, verdict_advice_for(d->verdict.class),
	    "failed (%d " SLICE_FMT ")%s" SLICE_FMT, (int)d->verdict.code,
	    SLICE_ARG(d->verdict.name.len > 0 ? d->verdict.name : d->verdict.class),
	    d->verdict.message.len > 0 ? ": " : "", SLICE_ARG(d->verdict.message));
	return true;
}

/* A misspelt tag registers without an error, and gets no profile. Source: sources.md#group-tag */
static bool
has_wrong_tag(const struct store_gate_device *d, const struct customer *c, struct gate_verdict *v)
{
	if (!c) {
		say(v, GATE_TAG, "Add the customer again, or ask whose device it is.",
		    "its customer " SLICE_FMT " is not in the configuration any more",
		    SLICE_ARG(d->customer));
		return true;
	}
	if (is_allowed(&c->allowed_tags, d->tag))
		return false;
	say(v, GATE_TAG,
	    "Ask the customer's administrator to set the right tag; a list cannot change it any more.",
	    "its group tag \"" SLICE_FMT "\" is not one of the customer's", SLICE_ARG(d->tag));
	return true;
}

static bool
waits(const struct store_gate_device *d, bool for_sent, struct gate_verdict *v)
{
	static const char advice[] =
	    "Ask again later, and do not switch it on before: it would have to be reset.";

	if (waits_for_other(d))
		say(v, GATE_WAITS, advice, "what it was before is being taken back");
	else if (d->state == DEVICE_QUEUED)
		say(v, GATE_WAITS, advice, "not sent yet");
	else if (d->state != DEVICE_SUBMITTED || (for_sent && d->sent))
		return false;
	else if (d->sent)
		say(v, GATE_WAITS, advice, "sent, and not settled yet");
	else
		say(v, GATE_WAITS, advice, "on its way, and not accepted yet");
	return true;
}

static bool
has_no_image(const struct store_gate_device *d, const struct config *c, struct gate_verdict *v)
{
	const struct image_device device = { d->manufacturer, d->model, d->family };
	const struct image_rule *rule = image_table_find(c->image_table, &device);

	if (d->image_unix_ms > 0 || rule->image == IMAGE_OK)
		return false;
	say(v, GATE_IMAGE, rule->advice, "nobody has acknowledged its image");
	return true;
}

/* --- all of them --- */

/* What has to be so before anything of the image is asked. True: one reason was told. */
static bool
is_not_there(const struct store_gate_device *d, const struct customer *c, struct gate_verdict *v)
{
	bool registered = needs(c, "registered");
	bool sent = registered || needs(c, "sent");
	bool accepted = sent || needs(c, "accepted");

	if (((sent || is_contested(d)) && is_held(d, v)) ||
	    (accepted && (has_failed(d, v) || has_wrong_tag(d, c, v))))
		return true;
	return sent && waits(d, !registered, v);
}

static const char *
good_reason(const struct customer *c)
{
	if (needs(c, "registered"))
		return "registered";
	if (needs(c, "sent"))
		return "the service has accepted it";
	return needs(c, "accepted") ? "taken in, and will be sent" : "nothing stands against it";
}

static void
judge(const struct config *c, const struct store_gate_device *d, struct gate_verdict *v)
{
	const struct customer *customer = config_customer(c, d->customer);

	v->device = d;
	if (is_claimed(d, v) || is_superseded(d, v) || is_not_there(d, customer, v) ||
	    (needs(customer, "image") && has_no_image(d, c, v)))
		return;
	if (slice_eq(d->verdict.class, slice_of("already_here")))
		say(v, GATE_ALREADY_HERE,
		    "Compare its tag in the customer's portal: only the customer can change it.",
		    "already here: it keeps the group tag that it had before");
	else
		say(v, GATE_GOOD, "", "%s", good_reason(customer));
}

void
gate_rules_judge(const struct config *c, const struct store_gate_device *device, size_t n,
    struct gate_verdict *out)
{
	struct gate_verdict v = { .cause = GATE_GOOD };

	say(out, GATE_UNKNOWN, "Check the serial number; register the device first.",
	    "no device has this serial number");
	out->device = NULL;
	for (size_t i = 0; i < n; i++) {
		judge(c, &device[i], &v);
		if (i == 0 || v.cause < out->cause)
			*out = v;
	}
}
