/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/channel_fake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { DEVICES_MAX = 1000 };

static enum err_code
begin(struct channel *c, const struct channel_op *like, struct channel_op **out, struct err *err)
{
	struct channel_fake *f = (struct channel_fake *)c;

	if (f->refuses) {
		f->refuses = false;
		return err_set(err, ERR_NOMEM, "request");
	}
	for (size_t i = 0; i < CHANNEL_FAKE_OPS_MAX; i++) {
		if (f->op[i].fake)
			continue;
		f->op[i] = *like;
		f->op[i].fake = f;
		f->asked[like->kind]++;
		*out = &f->op[i];
		return ERR_OK;
	}
	fail_msg("more than %d operations", CHANNEL_FAKE_OPS_MAX);
	return ERR_LIMIT;
}

static enum err_code
submit(struct channel *c, const struct batch *b, channel_submit_fn *done, void *arg,
    struct channel_op **out, struct err *err)
{
	return begin(c,
	    &(struct channel_op){ .kind = FAKE_SUBMIT, .batch = b, .arg = arg, .submitted = done },
	    out, err);
}

static enum err_code
poll(struct channel *c, const struct batch *b, channel_poll_fn *done, void *arg,
    struct channel_op **out, struct err *err)
{
	return begin(c,
	    &(struct channel_op){ .kind = FAKE_POLL, .batch = b, .arg = arg, .polled = done }, out,
	    err);
}

static enum err_code
look(struct channel *c, const struct batch *b, channel_look_fn *done, void *arg,
    struct channel_op **out, struct err *err)
{
	return begin(c,
	    &(struct channel_op){ .kind = FAKE_LOOK, .batch = b, .arg = arg, .looked = done }, out,
	    err);
}

static enum err_code
consent(struct channel *c, const struct channel_tenant *tenant, channel_consent_fn *done, void *arg,
    struct channel_op **out, struct err *err)
{
	return begin(c,
	    &(struct channel_op){ .kind = FAKE_CONSENT,
	        .tenant = tenant->id,
	        .arg = arg,
	        .consented = done },
	    out, err);
}

static enum err_code
link_of_customers(struct channel *c, channel_link_fn *done, void *arg, struct channel_op **out,
    struct err *err)
{
	return begin(c, &(struct channel_op){ .kind = FAKE_LINK, .arg = arg, .linked = done }, out,
	    err);
}

static enum err_code
release(struct channel *c, const struct batch *b, channel_release_fn *done, void *arg,
    struct channel_op **out, struct err *err)
{
	return begin(c,
	    &(struct channel_op){ .kind = FAKE_RELEASE, .batch = b, .arg = arg, .released = done },
	    out, err);
}

static void
cancel(struct channel_op *op)
{
	assert_non_null(op->fake);
	op->cancelled = true;
}

static void
pause_op(struct channel_op *op, int64_t for_ms)
{
	assert_non_null(op->fake);
	op->pause_ms = for_ms;
}

static void
free_nothing(struct channel *c)
{
	(void)c;
}

void
channel_fake_init(struct channel_fake *f)
{
	static const struct channel_ops ops = {
		.submit = submit,
		.poll = poll,
		.look = look,
		.consent = consent,
		.link = link_of_customers,
		.release = release,
		.cancel = cancel,
		.pause = pause_op,
		.free = free_nothing,
	};

	memset(f, 0, sizeof *f);
	f->channel.ops = &ops;
}

size_t
channel_fake_count(const struct channel_fake *f, enum channel_fake_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < CHANNEL_FAKE_OPS_MAX; i++)
		n += f->op[i].fake && f->op[i].kind == kind;
	return n;
}

struct channel_op *
channel_fake_find(struct channel_fake *f, enum channel_fake_kind kind, const char *tag)
{
	for (size_t i = 0; i < CHANNEL_FAKE_OPS_MAX; i++) {
		struct channel_op *op = &f->op[i];

		if (op->fake && op->kind == kind &&
		    (!tag || (op->batch && strcmp(op->batch->tag, tag) == 0)))
			return op;
	}
	fail_msg("nothing of kind %d is under way", (int)kind);
	return NULL;
}

struct channel_answer
channel_fake_answer(enum channel_outcome outcome)
{
	static const unsigned status[] = {
		[CHANNEL_DONE] = 200,
		[CHANNEL_REFUSED] = 400,
		[CHANNEL_TOO_LARGE] = 413,
		[CHANNEL_GONE] = 404,
		[CHANNEL_NO_CONSENT] = 403,
		[CHANNEL_DENIED] = 403,
		[CHANNEL_AUTH] = 401,
		[CHANNEL_THROTTLED] = 429,
		[CHANNEL_SERVER] = 500,
		[CHANNEL_STOPPED] = 0,
	};
	struct channel_answer a = {
		.outcome = outcome,
		.call = "GET customers/{customer}",
		.status = status[outcome],
		.retry_after_ms = -1,
		.message = "what happened",
		.advice = "What to do.",
		.request_id = "their-request",
		.correlation_id = "their-correlation",
	};

	(void)snprintf(a.code, sizeof a.code, "%s", channel_outcome_name(outcome));
	return a;
}

void
channel_fake_end(struct channel_op *op, const struct channel_answer *a, const char *tracking,
    const struct verdict *said, const bool *there)
{
	struct channel_op told = *op;

	assert_non_null(op->fake);
	assert_true(!op->cancelled || a->outcome == CHANNEL_STOPPED);
	memset(op, 0, sizeof *op); /* gone when the callback runs */
	switch (told.kind) {
	case FAKE_SUBMIT:
		told.submitted(told.arg, a, tracking ? tracking : "");
		break;
	case FAKE_POLL:
		told.polled(told.arg, a, said);
		break;
	case FAKE_LOOK:
		told.looked(told.arg, a, there);
		break;
	case FAKE_CONSENT:
		told.consented(told.arg, a, a->outcome == CHANNEL_DONE);
		break;
	case FAKE_LINK:
		told.linked(told.arg, a, a->outcome == CHANNEL_DONE ? FAKE_URL : NULL);
		break;
	case FAKE_RELEASE:
		told.released(told.arg, a, a->outcome == CHANNEL_DONE);
		break;
	case FAKE_KINDS:
		fail();
	}
}

void
channel_fake_say(struct channel_op *op, enum channel_outcome outcome)
{
	struct channel_answer a = channel_fake_answer(outcome);
	static const bool there[DEVICES_MAX];
	static struct verdict said[DEVICES_MAX];
	bool done = outcome == CHANNEL_DONE;

	assert_true(!op->batch || op->batch->ndevice <= DEVICES_MAX);
	for (size_t i = 0; i < DEVICES_MAX; i++)
		said[i].class = VERDICT_OK;
	channel_fake_end(op, &a, done ? "tracking" : "", done ? said : NULL, done ? there : NULL);
}

void
channel_fake_stop_cancelled(struct channel_fake *f)
{
	for (size_t i = 0; i < CHANNEL_FAKE_OPS_MAX; i++) {
		if (f->op[i].fake && f->op[i].cancelled)
			channel_fake_say(&f->op[i], CHANNEL_STOPPED);
	}
}
