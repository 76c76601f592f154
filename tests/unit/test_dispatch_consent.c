/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/sending/dispatch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/dispatch_rig.h"
#include "tests/unit/sandbox.h"
#include "tests/unit/store_async_fake.h"

static const struct party *
party(const struct rig *r, size_t i)
{
	return &dispatch_roster(r->dispatch)->party[i];
}

/* --- people who ask ------------------------------------------------------------------------------ */

/* What somebody was told: "granted 200; ", "failed; " or "cancelled; ". */
struct visitor {
	char told[256];
};

static void
tell(struct visitor *v, const char *what, const struct channel_answer *answer,
    const struct err *err)
{
	size_t used = strlen(v->told);

	if (err)
		(void)snprintf(v->told + used, sizeof v->told - used, "%s; ",
		    err->code == ERR_CANCELLED ? "cancelled" : "failed");
	else
		(void)snprintf(v->told + used, sizeof v->told - used, "%s %u; ", what,
		    answer ? answer->status : 0);
}

static void
on_consent(void *arg, const struct dispatch_consent *c, const struct err *err)
{
	assert_true(!c->answer == (err != NULL));
	tell(arg, consent_state_name(c->state), c->answer, err);
}

static void
on_link(void *arg, const char *url, const struct channel_answer *answer, const struct err *err)
{
	assert_true(!url == (err != NULL));
	tell(arg, url, answer, err);
}

static void
check(struct rig *r, const char *customer, struct visitor *v)
{
	struct err err;
	char before[sizeof v->told];

	memcpy(before, v->told, sizeof before);
	assert_int_equal(dispatch_check_consent(r->dispatch, customer, on_consent, v, &err),
	    ERR_OK);
	assert_string_equal(v->told, before); /* never inside */
}

static void
ask_link(struct rig *r, bool requested, struct visitor *v)
{
	struct err err;
	char before[sizeof v->told];

	memcpy(before, v->told, sizeof before);
	assert_int_equal(dispatch_link(r->dispatch, "contoso", requested, on_link, v, &err),
	    ERR_OK);
	assert_string_equal(v->told, before);
	rig_settle(r);
}

static void
several_wait_for_one_check(void **state)
{
	struct visitor v[3] = { { "" }, { "" }, { "" } };
	struct rig r;

	(void)state;
	rig_open(&r, "");
	check(&r, "contoso", &v[0]);
	rig_assert_wakes(&r, 1);
	rig_wait_ms(&r, 1);
	assert_int_equal(rig_count(&r, FAKE_CONSENT), 1);
	check(&r, "contoso", &v[1]);
	check(&r, "adatum", &v[2]);
	rig_wait_ms(&r, 1);
	assert_int_equal(rig_count(&r, FAKE_CONSENT), 2);
	rig_consent(&r);
	assert_string_equal(v[0].told, "granted 200; ");
	assert_string_equal(v[1].told, "granted 200; ");
	assert_string_equal(v[2].told, "granted 200; ");
	assert_int_equal(r.channel.asked[FAKE_CONSENT], 2);
	check(&r, "contoso", &v[0]); /* and anew */
	rig_wait_ms(&r, 1);
	rig_say(&r, FAKE_CONSENT, NULL, CHANNEL_NO_CONSENT);
	assert_string_equal(v[0].told, "granted 200; withdrawn 403; ");
	check(&r, "contoso", &v[1]);
	rig_wait_ms(&r, 1);
	rig_say(&r, FAKE_CONSENT, NULL, CHANNEL_SERVER); /* nobody knows, so it stays */
	assert_string_equal(v[1].told, "granted 200; withdrawn 500; ");
	rig_close(&r);
}

/* Asks again for as long as it is answered. */
struct insistent {
	struct rig *rig;
	unsigned answers;
};

static void
insist(void *arg, const struct dispatch_consent *c, const struct err *err)
{
	struct insistent *i = arg;
	struct err mine;

	(void)c;
	i->answers++;
	if (!err)
		assert_int_equal(
		    dispatch_check_consent(i->rig->dispatch, "contoso", insist, i, &mine), ERR_OK);
}

static void
who_comes_again_waits_again(void **state)
{
	struct rig r;
	struct insistent i = { &r, 0 };
	struct err err;

	(void)state;
	rig_open(&r, "");
	assert_int_equal(dispatch_check_consent(r.dispatch, "contoso", insist, &i, &err), ERR_OK);
	rig_wait_ms(&r, 1);
	rig_say(&r, FAKE_CONSENT, NULL, CHANNEL_DONE);
	assert_int_equal(i.answers, 1);
	assert_int_equal(rig_count(&r, FAKE_CONSENT), 1); /* a new one */
	rig_close(&r);
	assert_int_equal(i.answers, 2);
}

static void
whom_nobody_can_ask_for(void **state)
{
	struct visitor v = { "" };
	struct err err;
	struct rig r;

	(void)state;
	rig_open(&r, "pause partner/northwind 40000");
	assert_int_equal(dispatch_check_consent(r.dispatch, "nobody", on_consent, &v, &err),
	    ERR_NOT_FOUND);
	assert_int_equal(dispatch_check_consent(r.dispatch, "litware", on_consent, &v, &err),
	    ERR_USAGE);
	assert_int_equal(dispatch_link(r.dispatch, "litware", true, on_link, &v, &err), ERR_USAGE);
	assert_int_equal(dispatch_check_consent(r.dispatch, "contoso", on_consent, &v, &err),
	    ERR_BUSY);
	assert_int_equal(dispatch_link(r.dispatch, "contoso", true, on_link, &v, &err), ERR_BUSY);
	rig_wait_ms(&r, 10000);
	check(&r, "contoso", &v); /* the rest of the pause can be waited for */
	rig_wait_ms(&r, 28999);
	assert_int_equal(rig_count(&r, FAKE_CONSENT), 0);
	rig_wait_ms(&r, 1);
	rig_consent(&r);
	assert_string_equal(v.told, "granted 200; ");
	rig_close(&r);
}

static enum err_code
note_consent(void *arg, const struct store_consent *c, struct err *err)
{
	char *text = arg;

	(void)err;
	(void)snprintf(text, 256, SLICE_FMT " since=%d checked=%d " SLICE_FMT, SLICE_ARG(c->state),
	    (int)c->since_unix_ms, (int)c->checked_unix_ms, SLICE_ARG(c->evidence));
	return ERR_OK;
}

static void
a_link_that_is_handed_out(void **state)
{
	struct visitor v[2] = { { "" }, { "" } };
	char text[256] = "";
	struct err err;
	struct rig r;

	(void)state;
	rig_open(&r, "");
	ask_link(&r, false, &v[0]);
	ask_link(&r, true, &v[1]);
	rig_wait_ms(&r, 1);
	assert_int_equal(rig_count(&r, FAKE_LINK), 1);
	rig_say(&r, FAKE_LINK, NULL, CHANNEL_DONE);
	assert_string_equal(v[0].told, FAKE_URL " 0; ");
	assert_string_equal(v[1].told, FAKE_URL " 0; ");
	assert_int_equal(party(&r, 0)->consent, CONSENT_REQUESTED);
	assert_int_equal(store_consents(r.script.store, note_consent, text, &err), ERR_OK);
	assert_string_equal(text,
	    "requested since=1001 checked=0 the link for the customer was handed out");
	ask_link(&r, true, &v[0]); /* it is known by now */
	assert_string_equal(v[0].told, FAKE_URL " 0; " FAKE_URL " 0; ");
	assert_int_equal(r.channel.asked[FAKE_LINK], 1);
	rig_close(&r);
}

/* The store has the link, but nobody has looked there yet. */
static void
a_link_that_is_known_soon(void **state)
{
	struct visitor v = { "" };
	struct err err;
	struct rig r;

	(void)state;
	rig_init(&r, "");
	assert_int_equal(store_link_save(r.script.store, slice_of("partner/northwind"),
	                     slice_of(FAKE_URL), &err),
	    ERR_OK);
	assert_int_equal(rig_open_dispatch(&r, store_async_fake_open(r.script.store), &err),
	    ERR_OK);
	ask_link(&r, false, &v);
	assert_string_equal(v.told, FAKE_URL " 0; ");
	assert_int_equal(r.channel.asked[FAKE_LINK], 0);
	rig_close(&r);
}

static void
a_link_that_is_not_to_be_had(void **state)
{
	struct visitor v = { "" };
	struct rig r;

	(void)state;
	rig_open(&r, TWO);
	rig_say(&r, FAKE_SUBMIT, NULL, CHANNEL_NO_CONSENT);
	rig_say(&r, FAKE_LINK, NULL, CHANNEL_SERVER);
	rig_wait_ms(&r, 15 * MINUTE - 1);
	assert_int_equal(rig_count(&r, FAKE_LINK), 0);
	rig_wait_ms(&r, 1);
	rig_say(&r, FAKE_LINK, NULL, CHANNEL_UNSENT);
	ask_link(&r, false, &v); /* who asks need not wait so long */
	rig_wait_ms(&r, 1);
	rig_say(&r, FAKE_LINK, NULL, CHANNEL_REFUSED);
	assert_string_equal(v.told, "failed; ");
	rig_close(&r);
}

static void
closing_answers_everybody(void **state)
{
	struct visitor v[3] = { { "" }, { "" }, { "" } };
	struct err err;
	struct rig r;

	(void)state;
	rig_open(&r, "");
	check(&r, "contoso", &v[0]);
	rig_wait_ms(&r, 1);
	check(&r, "adatum", &v[1]); /* not begun */
	ask_link(&r, false, &v[2]);
	dispatch_close(r.dispatch, 7000, rig_on_closed, &r);
	assert_string_equal(v[1].told, "");
	rig_ring(&r);
	assert_string_equal(v[0].told, "");
	assert_string_equal(v[1].told, "cancelled; ");
	assert_string_equal(v[2].told, "cancelled; ");
	assert_int_equal(dispatch_check_consent(r.dispatch, "contoso", on_consent, &v[1], &err),
	    ERR_CANCELLED);
	rig_wait_ms(&r, 7000);
	channel_fake_stop_cancelled(&r.channel);
	rig_settle(&r);
	assert_string_equal(v[0].told, "cancelled; ");
	(void)uv_run(&r.loop, UV_RUN_DEFAULT);
	assert_int_equal(r.closed, 1);
	rig_close(&r);
}

/* --- what follows -------------------------------------------------------------------------------- */

static void
withdrawn_while_nothing_waits(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, TWO);
	rig_say(&r, FAKE_SUBMIT, NULL, CHANNEL_DONE);
	rig_wait_ms(&r, 5000);
	rig_say(&r, FAKE_POLL, NULL, CHANNEL_DONE);
	rig_wait_ms(&r, SPREAD_ADATUM - 5000);
	rig_consent(&r);
	rig_assert_wakes(&r, HOUR - SPREAD_CONTOSO - SPREAD_ADATUM);
	rig_wait_ms(&r, HOUR - SPREAD_CONTOSO - SPREAD_ADATUM);
	rig_say(&r, FAKE_CONSENT, NULL, CHANNEL_NO_CONSENT);
	assert_int_equal(party(&r, 0)->consent, CONSENT_WITHDRAWN);
	rig_queue(&r, "contoso", "t", 1);
	dispatch_refresh(r.dispatch);
	rig_settle(&r);
	assert_int_equal(rig_count(&r, FAKE_SUBMIT), 0);
	rig_close(&r);
}

static enum err_code
note_kind(void *arg, const struct store_event *e, struct err *err)
{
	char *text = arg;

	(void)err;
	(void)snprintf(text, 256, SLICE_FMT, SLICE_ARG(e->kind));
	return ERR_OK;
}

static void
a_no_to_a_poll_counts_at_once(void **state)
{
	static const struct {
		enum channel_outcome outcome;
		enum consent_state now;
		const char *name;
		const char *event;
	} tc[] = {
		{ CHANNEL_NO_CONSENT, CONSENT_WITHDRAWN, "withdrawn", "consent_withdrawn" },
		{ CHANNEL_DENIED, CONSENT_DENIED, "denied", "consent_denied" },
	};
	static const struct store_event_query all = { .newest = true, .limit = 1 };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char text[256] = "";
		struct err err;
		struct rig r;

		assert_int_equal(sandbox_enter(NULL), 0);
		rig_open(&r, TWO);
		rig_say(&r, FAKE_SUBMIT, NULL, CHANNEL_DONE);
		rig_queue(&r, "contoso", "t", 1);
		rig_wait_ms(&r, 5000);
		rig_say(&r, FAKE_POLL, NULL, tc[i].outcome);
		assert_int_equal(party(&r, 0)->consent, tc[i].now);
		assert_int_equal(store_consents(r.script.store, note_consent, text, &err), ERR_OK);
		assert_int_equal(strncmp(text, tc[i].name, strlen(tc[i].name)), 0);
		text[0] = '\0';
		assert_int_equal(store_events(r.script.store, &all, note_kind, text, &err), ERR_OK);
		assert_string_equal(text, tc[i].event);
		dispatch_refresh(r.dispatch);
		rig_settle(&r);
		assert_int_equal(rig_count(&r, FAKE_SUBMIT), 0);
		assert_int_equal(rig_count(&r, FAKE_LINK), tc[i].outcome == CHANNEL_NO_CONSENT);
		rig_close(&r);
		assert_int_equal(sandbox_leave(NULL), 0);
	}
}

/* Those that are due soon share the batch of the first; others wait for their own time. */
static void
claims_are_asked_again(void **state)
{
	static const uint64_t recheck_ms[] = { 6 * HOUR };
	static const struct verdict claimed[2] = {
		{ .class = VERDICT_CLAIMED_ELSEWHERE, .code = 808 },
		{ .class = VERDICT_CLAIMED_ELSEWHERE, .code = 808 },
	};
	struct channel_answer a = channel_fake_answer(CHANNEL_DONE);
	struct channel_op *op;
	struct rig r;

	(void)state;
	rig_init(&r, TWO "begin contoso t; add 1 C acme; end 1");
	r.config.claims.recheck.item_ms = recheck_ms;
	r.config.claims.recheck.n = 1;
	r.config.consent.recheck_ms = 48 * HOUR;
	r.config.consent.max_age_ms = 48 * HOUR;
	rig_start(&r);
	rig_consent(&r);
	rig_say(&r, FAKE_SUBMIT, NULL, CHANNEL_DONE);
	rig_wait_ms(&r, 5000);
	channel_fake_end(channel_fake_find(&r.channel, FAKE_POLL, NULL), &a, NULL, claimed, NULL);
	rig_settle(&r);
	rig_wait_ms(&r, 36 * MINUTE - 1);
	rig_say(&r, FAKE_SUBMIT, NULL, CHANNEL_DONE); /* C, a little later */
	rig_wait_ms(&r, 5000);
	while (rig_count(&r, FAKE_POLL)) {
		channel_fake_end(channel_fake_find(&r.channel, FAKE_POLL, NULL), &a, NULL, claimed,
		    NULL);
		rig_settle(&r);
	}
	rig_wait_ms(&r, 6 * HOUR - 36 * MINUTE - 5000);
	assert_int_equal(rig_count(&r, FAKE_SUBMIT), 0);
	rig_wait_ms(&r, 1);
	op = channel_fake_find(&r.channel, FAKE_SUBMIT, NULL);
	assert_int_equal(op->batch->ndevice, 2);
	assert_int_equal(op->batch->device[0].claims, 1);
	rig_say(&r, FAKE_SUBMIT, NULL, CHANNEL_DONE);
	rig_wait_ms(&r, 5000);
	rig_say(&r, FAKE_POLL, NULL, CHANNEL_DONE); /* released */
	rig_close(&r);
}

#define IN_SANDBOX(test) cmocka_unit_test_setup_teardown(test, sandbox_enter, sandbox_leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SANDBOX(several_wait_for_one_check),
		IN_SANDBOX(who_comes_again_waits_again),
		IN_SANDBOX(whom_nobody_can_ask_for),
		IN_SANDBOX(a_link_that_is_handed_out),
		IN_SANDBOX(a_link_that_is_known_soon),
		IN_SANDBOX(a_link_that_is_not_to_be_had),
		IN_SANDBOX(closing_answers_everybody),
		IN_SANDBOX(withdrawn_while_nothing_waits),
		cmocka_unit_test(a_no_to_a_poll_counts_at_once),
		IN_SANDBOX(claims_are_asked_again),
	};

	return cmocka_run_group_tests(tests, rig_quiet, rig_speak);
}
