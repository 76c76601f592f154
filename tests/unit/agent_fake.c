/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/agent_fake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

const struct config *
agent_config(const struct agent *a)
{
	return a->config;
}

struct store_async *
agent_reader(struct agent *a)
{
	return a->reader;
}

/* What comes of it is in test_api_login. */
struct login_desk *
agent_login_desk(const struct agent *a)
{
	(void)a;
	return NULL;
}

static void
tell_of_consent(struct agent *a, const struct err *err)
{
	static const struct channel_answer no = {
		.outcome = CHANNEL_NO_CONSENT,
		.call = "GET customers/{customer}",
		.status = 403,
		.code = "20002",
		.message = "no",
		.advice = "Ask.",
	};
	static const struct discovered found = { "northwind", "t", "d", "C", true };
	const struct undiscovered lost = { "northwind", no };
	const struct discovery_result result = { &found, 1, &lost, 1 };
	const struct dispatch_consent consent = { CONSENT_WITHDRAWN, &no };
	dispatch_consent_fn *consent_done = a->consent_done;
	dispatch_link_fn *link_done = a->link_done;
	discovery_fn *discovered = a->discovered;
	reload_wait_fn *reloaded = a->reloaded;

	a->consent_done = NULL;
	a->link_done = NULL;
	a->discovered = NULL;
	a->reloaded = NULL;
	if (consent_done)
		consent_done(a->arg, &consent, err);
	else if (link_done)
		link_done(a->arg, err ? NULL : "https://a", err ? &no : NULL, err);
	else if (reloaded)
		reloaded(a->arg, err);
	else
		discovered(a->arg, err ? NULL : &result, err);
}

/* The first of them; the others have to wait for another turn. */
static void
tell_of_unit(struct agent *a, const struct err *err)
{
	const struct agent_fake_unit u = a->unit[0];
	const struct unit_answer answer = {
		.accepted = u.text[0] != '!',
		.serial = slice_of(u.text),
		.taken = { .list = 7, .line = 1, .state = DEVICE_QUEUED, .known = true },
		.code = "no-identity",
		.message = slice_of("why not"),
		.advice = slice_of("Do so."),
	};

	a->nunit--;
	memmove(a->unit, a->unit + 1, a->nunit * sizeof a->unit[0]);
	u.done(u.arg, err ? NULL : &answer, err);
}

static void
on_later(uv_timer_t *timer)
{
	struct agent *a = timer->data;
	const struct err *err = a->failure.code ? &a->failure : NULL;
	const struct incoming_taken taken = { 42, 3, 2, 1, 0, a->rejected };

	if (a->nunit > 0) {
		tell_of_unit(a, err);
		if (a->nunit > 0)
			(void)uv_timer_start(timer, on_later, 0, 0);
		return;
	}
	if (a->list_done)
		a->list_done(a->arg, err ? NULL : &taken, err);
	else if (a->done)
		a->done(a->arg, 5, err);
	else
		tell_of_consent(a, err);
}

static enum err_code
answer_later(struct agent *a, incoming_fn *list_done, agent_done_fn *done, void *arg,
    struct err *err)
{
	if (a->refusal.code) {
		*err = a->refusal;
		return err->code;
	}
	a->list_done = list_done;
	a->done = done;
	a->arg = arg;
	return (enum err_code)uv_timer_start(&a->later, on_later, 0, 0);
}

enum err_code
agent_take_list(struct agent *a, const struct incoming_list *list, incoming_fn *done, void *arg,
    struct err *err)
{
	char content[64] = "";
	FILE *f = fopen(list->path, "r");

	assert_non_null(f);
	assert_true(fread(content, 1, sizeof content - 1, f) < sizeof content);
	(void)fclose(f);
	assert_int_equal(list->source, LIST_FROM_SOCKET);
	assert_true(list->move);
	(void)snprintf(a->seen, sizeof a->seen, "list %s %s %s %s", list->customer->name,
	    list->name, list->tag ? list->tag : "-", content);
	return answer_later(a, done, NULL, arg, err);
}

enum err_code
agent_take_unit(struct agent *a, struct slice text, const char *customer, unit_fn *done, void *arg,
    struct err *err)
{
	struct agent_fake_unit *u = &a->unit[a->nunit];

	(void)snprintf(a->seen, sizeof a->seen, "unit %s " SLICE_FMT, customer ? customer : "-",
	    SLICE_ARG(slice_head(text, sizeof a->seen / 2)));
	if (a->refusal.code) {
		*err = a->refusal;
		return err->code;
	}
	assert_true(a->nunit < AGENT_FAKE_UNITS_MAX);
	u->done = done;
	u->arg = arg;
	(void)snprintf(u->text, sizeof u->text, SLICE_FMT,
	    SLICE_ARG(slice_head(text, sizeof u->text - 1)));
	if (++a->nunit > a->nunit_most)
		a->nunit_most = a->nunit;
	return (enum err_code)uv_timer_start(&a->later, on_later, 0, 0);
}

enum err_code
agent_flush(struct agent *a, const char *customer, struct err *err)
{
	(void)snprintf(a->seen, sizeof a->seen, "flush %s", customer ? customer : "all");
	*err = a->refusal;
	return err->code;
}

/* Orders come over the socket, whose other end is this very process. */
static void __attribute__((format(printf, 3, 4)))
note(struct agent *a, const char *actor, const char *fmt, ...)
{
	char want[32];
	va_list ap;

	(void)snprintf(want, sizeof want, "uid %ld", (long)getuid());
	assert_string_equal(actor, want);
	va_start(ap, fmt);
	(void)vsnprintf(a->seen, sizeof a->seen, fmt, ap);
	va_end(ap);
}

static void
note_query(struct agent *a, const char *actor, const char *order,
    const struct store_device_query *q)
{
	note(a, actor, "%s [" SLICE_FMT "] [" SLICE_FMT "] %lld %s", order, SLICE_ARG(q->serial),
	    SLICE_ARG(q->customer), (long long)q->list,
	    q->by_state ? device_state_name(q->state) : "-");
}

enum err_code
agent_retry(struct agent *a, const struct store_device_query *q, const char *actor,
    agent_done_fn *done, void *arg, struct err *err)
{
	note_query(a, actor, "retry", q);
	return answer_later(a, NULL, done, arg, err);
}

enum err_code
agent_release(struct agent *a, const struct store_device_query *q, const char *actor,
    agent_done_fn *done, void *arg, struct err *err)
{
	note_query(a, actor, "release", q);
	return answer_later(a, NULL, done, arg, err);
}

enum err_code
agent_pause(struct agent *a, const char *customer, const char *actor, agent_done_fn *done,
    void *arg, struct err *err)
{
	note(a, actor, "pause %s", customer ? customer : "all");
	return answer_later(a, NULL, done, arg, err);
}

enum err_code
agent_resume(struct agent *a, const char *customer, const char *actor, agent_done_fn *done,
    void *arg, struct err *err)
{
	note(a, actor, "resume %s", customer ? customer : "all");
	return answer_later(a, NULL, done, arg, err);
}

enum err_code
agent_acknowledge_image(struct agent *a, const struct store_device_query *q, const char *actor,
    agent_done_fn *done, void *arg, struct err *err)
{
	note(a, actor, "image [" SLICE_FMT "] [" SLICE_FMT "] %lld", SLICE_ARG(q->serial),
	    SLICE_ARG(q->customer), (long long)q->list);
	return answer_later(a, NULL, done, arg, err);
}

enum err_code
agent_change_claim(struct agent *a, const struct agent_claim_change *change, const char *actor,
    agent_done_fn *done, void *arg, struct err *err)
{
	note(a, actor, "claim %d [%s] [%s] [%s]", (int)change->part, change->serial,
	    change->customer ? change->customer : "", change->text ? change->text : "");
	return answer_later(a, NULL, done, arg, err);
}

/* What is asked of a service has tests of its own. */
enum err_code
agent_check_consent(struct agent *a, const char *customer, dispatch_consent_fn *done, void *arg,
    struct err *err)
{
	(void)snprintf(a->seen, sizeof a->seen, "check %s", customer);
	a->consent_done = done;
	return answer_later(a, NULL, NULL, arg, err);
}

enum err_code
agent_link(struct agent *a, const char *customer, bool requested, dispatch_link_fn *done, void *arg,
    struct err *err)
{
	(void)snprintf(a->seen, sizeof a->seen, "link %s %d", customer, requested);
	a->link_done = done;
	return answer_later(a, NULL, NULL, arg, err);
}

enum err_code
agent_discover(struct agent *a, discovery_fn *done, void *arg, struct err *err)
{
	(void)snprintf(a->seen, sizeof a->seen, "discover");
	a->discovered = done;
	return answer_later(a, NULL, NULL, arg, err);
}

struct store_async *
agent_writer(struct agent *a)
{
	return a->writer;
}

struct meter *
agent_meter(struct agent *a)
{
	return &a->meter;
}

enum err_code
agent_reload(struct agent *a, const char *actor, reload_wait_fn *done, void *arg, struct err *err)
{
	note(a, actor, "reload");
	a->reloaded = done;
	return answer_later(a, NULL, NULL, arg, err);
}

void
agent_config_status(const struct agent *a, struct agent_config_status *out)
{
	(void)a;
	*out = (struct agent_config_status){ .loaded_unix_ms = AGENT_FAKE_NOW };
}

void
agent_customer_status(const struct agent *a, size_t i, struct agent_customer_status *out)
{
	(void)a;
	assert_int_equal(i, 0);
	*out = (struct agent_customer_status){
		.consent = "withdrawn",
		.held_for = "consent",
		.held_message = "Ask <them>.",
		.next_unix_ms = AGENT_FAKE_NOW,
		.in_flight = 1,
	};
}

void
agent_partner_status(const struct agent *a, size_t i, struct agent_partner_status *out)
{
	(void)a;
	assert_int_equal(i, 0);
	*out = (struct agent_partner_status){
		.token = "valid",
		.expires_unix_ms = AGENT_FAKE_NOW,
		.signed_in = true,
		.message = "",
	};
}

void
agent_oem_status(const struct agent *a, size_t i, struct agent_oem_status *out)
{
	(void)a;
	assert_int_equal(i, 0);
	*out = (struct agent_oem_status){ "refused", AGENT_FAKE_NOW / 1000, "Get <another>." };
}

void
agent_fake_init(struct agent *a, uv_loop_t *loop)
{
	assert_int_equal(uv_timer_init(loop, &a->later), 0);
	a->later.data = a;
}

void
agent_fake_close(struct agent *a)
{
	uv_close((uv_handle_t *)&a->later, NULL);
}
