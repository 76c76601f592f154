/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/sending/release.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/sandbox.h"
#include "tests/unit/store_script.h"
#include "tests/unit/store_show.h"

static const struct customer customers[] = {
	{ .name = "contoso", .via = { VIA_PARTNER, "northwind" } },
	{ .name = "adatum", .via = { VIA_PARTNER, "fourth" } },
	{ .name = "litware", .via = { VIA_INTUNE, NULL } },
};

static const struct config config = { .customers = { customers, 3 } };

/* Everything that can be held is: two lanes, three customers, two partners. */
#define ALL_HELD \
	"begin contoso t; add 1 A a; end 1; begin adatum t; add 1 B a; end 1;" \
	"hold lane/1 tag; hold lane/1 paused; hold lane/2 tag;" \
	"hold customer/contoso consent; hold customer/contoso paused;" \
	"hold customer/adatum consent; hold customer/litware consent;" \
	"hold partner/northwind credentials; hold partner/fourth credentials;" \
	"hold partner/fourth paused"

#define HOLD(scope, reason) "hold " scope " " reason " since=1000 message\n"

static void
holds_of_a_person_end(void **state)
{
	static const struct {
		const char *name;
		const char *customer;
		const char *want;
	} tc[] = {
		{ "one customer", "contoso",
		    HOLD("customer/adatum", "consent") HOLD("customer/contoso", "paused")
		        HOLD("customer/litware", "consent") HOLD("lane/1", "paused")
		            HOLD("lane/2", "tag") HOLD("partner/fourth", "credentials")
		                HOLD("partner/fourth", "paused") },
		{ "without a partner", "litware",
		    HOLD("customer/adatum", "consent") HOLD("customer/contoso", "consent") HOLD(
		        "customer/contoso", "paused") HOLD("lane/1", "paused") HOLD("lane/1",
		        "tag") HOLD("lane/2", "tag") HOLD("partner/fourth", "credentials")
		        HOLD("partner/fourth", "paused") HOLD("partner/northwind", "credentials") },
		{ "all", NULL,
		    HOLD("customer/contoso", "paused") HOLD("lane/1", "paused")
		        HOLD("partner/fourth", "paused") },
		{ "nobody", "nobody",
		    HOLD("customer/adatum", "consent") HOLD("customer/contoso", "consent")
		        HOLD("customer/contoso", "paused") HOLD("customer/litware", "consent")
		            HOLD("lane/1", "paused") HOLD("lane/1", "tag") HOLD("lane/2", "tag")
		                HOLD("partner/fourth", "credentials") HOLD("partner/fourth",
		                    "paused") HOLD("partner/northwind", "credentials") },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct store_script ss;
		struct err err;

		print_message("  %s\n", tc[i].name);
		assert_int_equal(sandbox_enter(NULL), 0);
		store_script_open(&ss);
		store_script_run(&ss, ALL_HELD);
		assert_int_equal(release_holds(ss.store, &config, tc[i].customer, &err), ERR_OK);
		store_show_expect(ss.store, "h", tc[i].want);
		store_script_close(&ss);
		assert_int_equal(sandbox_leave(NULL), 0);
	}
}

static enum err_code
add_consent(void *arg, const struct store_consent *c, struct err *err)
{
	char *text = arg;
	size_t used = strlen(text);

	(void)err;
	(void)snprintf(text + used, 256 - used, SLICE_FMT "=" SLICE_FMT "@%d ",
	    SLICE_ARG(c->customer), SLICE_ARG(c->state), (int)c->checked_unix_ms);
	return ERR_OK;
}

/* Only a no is asked for again, and stays known until then: a yes is worth keeping. */
static void
a_no_is_forgotten(void **state)
{
	static const char *const said[] = { "withdrawn", "granted", "denied" };
	struct store_script ss;
	struct err err;
	char text[256] = "";

	(void)state;
	store_script_open(&ss);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(store_consent_save(ss.store, slice_of(customers[i].name),
		                     slice_of(said[i]), slice_of("seen"), 500, &err),
		    ERR_OK);
	assert_int_equal(release_holds(ss.store, &config, "contoso", &err), ERR_OK);
	assert_int_equal(store_consents(ss.store, add_consent, text, &err), ERR_OK);
	assert_string_equal(text, "adatum=granted@500 contoso=withdrawn@0 litware=denied@500 ");
	text[0] = '\0';
	assert_int_equal(release_holds(ss.store, &config, NULL, &err), ERR_OK);
	assert_int_equal(store_consents(ss.store, add_consent, text, &err), ERR_OK);
	assert_string_equal(text, "adatum=granted@500 contoso=withdrawn@0 litware=denied@0 ");
	store_script_close(&ss);
}

/* A maker's service waits for credentials as a partner does. */
static void
makers_services_are_tried_anew(void **state)
{
	static const struct customer theirs[] = {
		{ .name = "contoso", .via = { VIA_OEM, "northwind" } },
	};
	static const struct config maker = { .customers = { theirs, 1 } };
	struct store_script script;
	struct err err;

	(void)state;
	store_script_open(&script);
	store_script_run(&script,
	    "hold oem/northwind credentials; hold partner/northwind credentials");
	assert_int_equal(release_holds(script.store, &maker, "contoso", &err), ERR_OK);
	store_show_expect(script.store, "h", HOLD("partner/northwind", "credentials"));
	store_script_close(&script);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(makers_services_are_tried_anew, sandbox_enter,
		    sandbox_leave),
		cmocka_unit_test(holds_of_a_person_end),
		cmocka_unit_test_setup_teardown(a_no_is_forgotten, sandbox_enter, sandbox_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
