/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/sending/roster.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/sending/roster_news.h"
#include "channel/channel.h"
#include "tests/unit/alloc_fault.h"
#include "tests/unit/sandbox.h"
#include "tests/unit/store_script.h"

static const struct partner partners[] = { { .name = "northwind" }, { .name = "fourth" } };

static const struct customer customers[] = {
	{ .name = "contoso", .via = { VIA_PARTNER, "fourth" } },
	{ .name = "adatum", .via = { VIA_PARTNER, "northwind" } },
	{ .name = "litware", .via = { VIA_INTUNE, NULL } },
};

static const struct config config = {
	.partners = { partners, 2 },
	.customers = { customers, 3 },
};

static struct store_script script;
static struct roster roster;

static int
enter(void **state)
{
	struct err err;

	if (sandbox_enter(state) || roster_init(&roster, &config, &err))
		return -1;
	store_script_open(&script);
	return 0;
}

static int
leave(void **state)
{
	roster_done(&roster);
	store_script_close(&script);
	return sandbox_leave(state);
}

static void
update(const char *commands)
{
	struct roster_news *news;
	struct err err;

	store_script_run(&script, commands);
	assert_int_equal(roster_news_read(script.store, true, &news, &err), ERR_OK);
	assert_int_equal(roster_update(&roster, news, &err), ERR_OK);
	roster_news_free(news);
}

static void
who_belongs_to_whom(void **state)
{
	(void)state;
	assert_int_equal(roster.nservice, 2);
	assert_int_equal(roster.nparty, 3);
	assert_string_equal(roster.service[0].scope.name, "partner/northwind");
	assert_string_equal(roster.party[0].scope.name, "customer/contoso");
	assert_ptr_equal(roster.party[0].service, &roster.service[1]);
	assert_ptr_equal(roster.party[1].service, &roster.service[0]);
	assert_null(roster.party[2].service); /* not through a partner */
	assert_ptr_equal(roster.party[2].customer, &customers[2]);
	assert_int_equal(roster.party[0].consent, CONSENT_UNKNOWN);
}

/* Makers' services come after partners, and may have their names. */
static void
makers_are_services_as_well(void **state)
{
	static const struct oem oems[] = { { .name = "fourth" }, { .name = "fabrikam" } };
	static const struct customer theirs[] = {
		{ .name = "contoso", .via = { VIA_OEM, "fourth" } },
		{ .name = "adatum", .via = { VIA_PARTNER, "fourth" } },
		{ .name = "litware", .via = { VIA_OEM, "fabrikam" } },
	};
	static const struct config both = {
		.partners = { partners, 2 },
		.oems = { oems, 2 },
		.customers = { theirs, 3 },
	};
	struct roster r;
	struct err err;

	(void)state;
	assert_int_equal(roster_init(&r, &both, &err), ERR_OK);
	assert_int_equal(r.nservice, 4);
	assert_string_equal(r.service[1].scope.name, "partner/fourth");
	assert_null(r.service[1].oem);
	assert_string_equal(r.service[2].scope.name, "oem/fourth");
	assert_ptr_equal(r.service[2].oem, &oems[0]);
	assert_string_equal(r.service[3].scope.name, "oem/fabrikam");
	assert_ptr_equal(r.party[0].service, &r.service[2]);
	assert_ptr_equal(r.party[1].service, &r.service[1]);
	assert_ptr_equal(r.party[2].service, &r.service[3]);
	roster_done(&r);
}

static void
units_that_have_become_others(void **state)
{
	(void)state;
	update("unit contoso u A a; claim 1 9; settle 1 A registered ok; unit contoso u B a - - A;"
	       "unit contoso u C a; claim 1 9; settle 2 C registered ok; unit contoso u D a - - C");
	assert_int_equal(roster.party[0].superseded, 1);
	assert_int_equal(roster.party[1].superseded, 0);
	update("taken-back contoso A");
	assert_int_equal(roster.party[0].superseded, 3);
	update("taken-back contoso C");
	assert_int_equal(roster.party[0].superseded, 0);
}

static void
lanes_are_those_of_the_store(void **state)
{
	const struct lane *l;

	(void)state;
	update("begin contoso t; add 1 A a; add 2 B a; end 2; begin adatum u; add 1 C a; end 1;"
	       "begin contoso x; add 1 D a; end 1; begin nobody t; add 1 E a; end 1");
	assert_int_equal(roster.party[0].nlane, 2);
	assert_int_equal(roster.party[1].nlane, 1);
	assert_int_equal(roster.party[2].nlane, 0);
	l = roster_lane(&roster, 1);
	assert_ptr_equal(l, &roster.party[0].lane[0]);
	assert_ptr_equal(l->party, &roster.party[0]);
	assert_string_equal(l->tag, "t");
	assert_string_equal(l->scope.name, "lane/1");
	assert_int_equal(l->queued, 2);
	assert_string_equal(roster_lane(&roster, 3)->tag, "x");
	assert_null(roster_lane(&roster, 4)); /* of a customer that is not configured */
	assert_null(roster_lane(&roster, 9));
	update("claim 1 1");
	assert_int_equal(roster_lane(&roster, 1)->queued, 1);
}

/* There is no end of orders; those that are over are forgotten. */
static void
orders_come_and_go(void **state)
{
	(void)state;
	update("unit contoso u A a t PO1; unit contoso u B a t PO2");
	assert_int_equal(roster.party[0].nlane, 2);
	update("claim 1 9");
	assert_int_equal(roster.party[0].nlane, 2);
	update("settle 1 A registered ok");
	assert_int_equal(roster.party[0].nlane, 1);
	assert_null(roster_lane(&roster, 1));
	update("unit contoso u C a t PO1");
	assert_int_equal(roster_lane(&roster, 1)->queued, 1);
}

static void
what_it_knows_by_itself_stays(void **state)
{
	(void)state;
	update("begin contoso t; add 1 A a; end 1");
	roster.party[0].jobs = 3;
	roster.party[0].turn = 1;
	roster.service[1].uploads = 2;
	roster.service[1].typical_ms = 77;
	roster.party[0].lane[0].opened = true;
	roster.party[0].lane[0].uploads = 4;
	update("begin contoso u; add 1 B a; end 1");
	assert_int_equal(roster.party[0].jobs, 3);
	assert_int_equal(roster.party[0].turn, 1);
	assert_int_equal(roster.service[1].uploads, 2);
	assert_int_equal(roster.service[1].typical_ms, 77);
	assert_true(roster_lane(&roster, 1)->opened);
	assert_int_equal(roster_lane(&roster, 1)->uploads, 4);
	assert_false(roster_lane(&roster, 2)->opened);
	assert_int_equal(roster_lane(&roster, 2)->uploads, 0);
}

/* Who waits for what, as "REASON:MESSAGE"; "" for nothing. */
static void
assert_hold(const struct hold_note *h, enum hold_reason reason, const char *want)
{
	if (!*want) {
		assert_null(h);
		return;
	}
	assert_non_null(h);
	assert_string_equal(hold_reason_name(reason), want);
	assert_true(h->on);
	assert_string_equal(h->message, "message");
	assert_int_equal(h->since_unix_ms, 1000);
}

static void
holds_reach_downwards(void **state)
{
	static const struct {
		const char *name;
		const char *commands;
		const char *party; /* contoso */
		const char *lane;
	} tc[] = {
		{ "none", "", "", "" },
		{ "the lane", "hold lane/1 tag", "", "tag" },
		{ "another lane", "unhold lane/1; hold lane/2 tag", "", "" },
		{ "the customer", "hold customer/contoso consent", "consent", "consent" },
		{ "the partner", "unhold customer/contoso; hold partner/fourth credentials",
		    "credentials", "credentials" },
		{ "the customer's own comes first", "hold customer/contoso paused", "paused",
		    "paused" },
		{ "and the lane's before it", "hold lane/1 tag", "paused", "tag" },
		{ "another partner",
		    "unhold lane/1; unhold customer/contoso; unhold partner/fourth;"
		    "hold partner/northwind credentials",
		    "", "" },
		{ "a reason that nobody knows", "hold customer/contoso boredom", "", "" },
	};

	(void)state;
	update("begin contoso t; add 1 A a; end 1; begin contoso u; add 1 B a; end 1");
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		const struct hold_note *h;
		enum hold_reason reason = HOLD_CONSENT;

		print_message("  %s\n", tc[i].name);
		update(tc[i].commands);
		h = roster_party_hold(&roster.party[0], &reason);
		assert_hold(h, reason, tc[i].party);
		h = roster_lane_hold(roster_lane(&roster, 1), &reason);
		assert_hold(h, reason, tc[i].lane);
	}
}

static void
the_longer_pause_counts(void **state)
{
	(void)state;
	assert_int_equal(roster_party_pause(&roster.party[0]), 0);
	roster.loaded = false; /* as after a start: later ones are the agent's own */
	update("pause partner/fourth 5000");
	assert_int_equal(roster_party_pause(&roster.party[0]), 5000);
	assert_int_equal(roster_party_pause(&roster.party[1]), 0);
	roster.loaded = false;
	update("pause customer/contoso 9000");
	assert_int_equal(roster_party_pause(&roster.party[0]), 9000);
	roster.loaded = false;
	update("pause partner/fourth 9500");
	assert_int_equal(roster_party_pause(&roster.party[0]), 9500);
	roster.loaded = false;
	update("pause partner/fourth 0; pause customer/contoso 0");
	assert_int_equal(roster_party_pause(&roster.party[0]), 0);
	assert_int_equal(roster_party_pause(&roster.party[2]), 0); /* has no service */
}

static void
consent_is_what_was_seen_last(void **state)
{
	struct err err;

	(void)state;
	for (enum consent_state s = CONSENT_UNKNOWN; s <= CONSENT_WITHDRAWN; s++) {
		assert_int_equal(store_consent_save(script.store, slice_of("adatum"),
		                     slice_of(consent_state_name(s)), slice_of("seen"),
		                     100 + (int)s, &err),
		    ERR_OK);
		update("");
		assert_int_equal(roster.party[1].consent, s);
		assert_int_equal(roster.party[1].consent_checked_unix_ms, 100 + (int)s);
		assert_int_equal(roster.party[0].consent_checked_unix_ms, 0);
	}
}

static void
batches_that_are_not_closed(void **state)
{
	const struct store_batch *b;
	struct roster_news *news;
	struct err err;
	size_t n;

	(void)state;
	store_script_run(&script,
	    "begin contoso t; add 1 A a; add 2 B a; add 3 C a; end 3;"
	    "claim 1 1; claim 1 1; claim 1 1; settle 2 B failed bad_hash; accept 3 T");
	assert_int_equal(roster_news_read(script.store, true, &news, &err), ERR_OK);
	b = roster_news_batches(news, &n);
	assert_int_equal(n, 2);
	assert_int_equal(b[0].id, 1);
	assert_int_equal(b[0].state, BATCH_SENDING);
	assert_int_equal(b[1].id, 3);
	assert_int_equal(b[1].state, BATCH_ACCEPTED);
	roster_news_free(news);
	roster_news_free(NULL);
}

static void
a_hold_says_what_to_do(void **state)
{
	struct channel_answer a = { .message = "The door is shut.", .advice = "Knock." };
	char text[HOLD_MESSAGE_SIZE];

	(void)state;
	hold_message(&a, "", text);
	assert_string_equal(text, "The door is shut. Knock.");
	a.advice = "";
	hold_message(&a, "", text);
	assert_string_equal(text, "The door is shut.");
	hold_message(&a, "https://a", text);
	assert_string_equal(text, "The door is shut. Send the customer this link: https://a");
	hold_message_add_link(text, "https://b");
	assert_string_equal(text, "The door is shut. Send the customer this link: https://b");
}

/* Whatever has to give way, a link that is cut is none. */
static void
a_link_is_never_cut(void **state)
{
	struct channel_answer a = { .advice = "Knock." };
	char text[HOLD_MESSAGE_SIZE], url[LINK_SIZE];

	(void)state;
	memset(a.message, 'm', sizeof a.message - 1);
	memset(url, 'u', sizeof url - 1);
	url[sizeof url - 1] = '\0';
	hold_message(&a, url, text);
	assert_int_equal(strlen(text), sizeof text - 1);
	assert_string_equal(text + sizeof text - sizeof url, url);
	assert_non_null(strstr(text, "mm Send the customer this link: uu"));
}

static void
links_and_claims_are_those_of_the_store(void **state)
{
	struct err err;

	(void)state;
	update("begin contoso t; add 1 A a; add 2 B a; end 2; claim 1 2;"
	       "settle 1 A claimed claimed_elsewhere 808");
	assert_string_equal(roster.service[1].link, "");
	assert_int_equal(
	    store_link_save(script.store, slice_of("partner/fourth"), slice_of("https://a"), &err),
	    ERR_OK);
	update("");
	assert_string_equal(roster.service[0].link, "");
	assert_string_equal(roster.service[1].link, "https://a");
	assert_int_equal(roster.party[0].claims_unix_ms, 0); /* not by itself */
}

/* --- memory -------------------------------------------------------------------------------------- */

/* So that its memory can run out as well. */
void *__wrap_reallocarray(void *p, size_t n, size_t size);

void *
__wrap_reallocarray(void *p, size_t n, size_t size)
{
	return realloc(p, n * size);
}

static void
try_to_begin(void *arg)
{
	struct roster r = { .nparty = 99 };
	struct err err;

	(void)arg;
	if (roster_init(&r, &config, &err)) {
		assert_int_equal(err.code, ERR_NOMEM);
		assert_int_equal(r.nparty, 99);
		return;
	}
	assert_false(alloc_fault_hit());
	roster_done(&r);
}

static void
try_to_read(void *arg)
{
	struct roster_news *news = NULL;
	struct err err;

	(void)arg;
	if (roster_news_read(script.store, true, &news, &err)) {
		assert_int_equal(err.code, ERR_NOMEM);
		assert_null(news);
		return;
	}
	assert_false(alloc_fault_hit());
	roster_news_free(news);
}

static void
try_to_update(void *arg)
{
	const struct lane *before = roster.party[0].lane;
	struct err err;

	if (roster_update(&roster, arg, &err)) {
		assert_int_equal(err.code, ERR_NOMEM);
		assert_ptr_equal(roster.party[0].lane, before);
		return;
	}
	assert_false(alloc_fault_hit());
	assert_string_equal(roster.party[0].lane[0].tag, "t");
}

static void
memory_may_end_anywhere(void **state)
{
	struct roster_news *news;
	struct err err;

	(void)state;
	update("begin contoso t; add 1 A a; end 1; hold lane/1 tag; pause lane/1 9; claim 1 1");
	assert_int_equal(alloc_fault_sweep(try_to_begin, NULL), 2);
	assert_true(alloc_fault_sweep(try_to_read, NULL) > 3);
	assert_int_equal(roster_news_read(script.store, true, &news, &err), ERR_OK);
	assert_int_equal(alloc_fault_sweep(try_to_update, news), 4);
	roster_news_free(news);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_STORE(who_belongs_to_whom),
		WITH_STORE(makers_are_services_as_well),
		WITH_STORE(units_that_have_become_others),
		WITH_STORE(lanes_are_those_of_the_store),
		WITH_STORE(orders_come_and_go),
		WITH_STORE(what_it_knows_by_itself_stays),
		WITH_STORE(holds_reach_downwards),
		WITH_STORE(the_longer_pause_counts),
		WITH_STORE(consent_is_what_was_seen_last),
		WITH_STORE(batches_that_are_not_closed),
		cmocka_unit_test(a_hold_says_what_to_do),
		cmocka_unit_test(a_link_is_never_cut),
		WITH_STORE(links_and_claims_are_those_of_the_store),
		WITH_STORE(memory_may_end_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
