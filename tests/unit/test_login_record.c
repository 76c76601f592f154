/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/login_record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "tests/unit/login_show.h"
#include "tests/unit/sandbox.h"

static struct store *store;

static int
enter(void **state)
{
	struct err err;

	return sandbox_enter(state) ||
	    store_open("store", STORE_WRITE, clock_system(), &store, &err);
}

static int
leave(void **state)
{
	store_close(store);
	return sandbox_leave(state);
}

/* --- what happens --- */

static struct login_record
by(const char *partner, const char *actor, const char *message)
{
	return (struct login_record){ partner, actor, message };
}

static void
sign_in(const char *partner)
{
	const struct login_record r = by(partner, "uid 7", "eve has signed in");
	struct err err;

	assert_int_equal(store_token_save(store, slice_of(partner), slice_of("sealed"), &err),
	    ERR_OK);
	assert_int_equal(login_record_done(store, &r, "eve@x.example", "Global Reader", 5, &err),
	    ERR_OK);
}

static void
lose(const char *partner)
{
	const struct login_record r = by(partner, "agent", "it was revoked");
	struct err err;

	assert_int_equal(login_record_lost(store, &r, &err), ERR_OK);
}

#define EVE "northwind eve@x.example [Global Reader] 5 warned 0\n"
#define ABSENT \
	"partner/northwind credentials: nobody has signed in for this partner. Run 'autoreg login " \
	"northwind'.\n"

static void
the_first_sign_in(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(login_record_absent(store, "northwind", &err), ERR_OK);
	login_show_expect(store, "", ABSENT, "");
	sign_in("northwind");
	login_show_expect(store, EVE, "", "login_done northwind uid 7\n");
}

static void
lost_and_found(void **state)
{
	(void)state;
	sign_in("northwind");
	lose("northwind");
	lose("northwind"); /* which everybody knows */
	login_show_expect(store, EVE, "partner/northwind credentials: it was revoked\n",
	    "login_done northwind uid 7\nlogin_lost northwind agent\n");
	sign_in("northwind");
	login_show_expect(store, EVE, "",
	    "login_done northwind uid 7\nlogin_lost northwind agent\n"
	    "login_done northwind uid 7\nlogin_renewed northwind uid 7\n");
	sign_in("northwind"); /* nothing was lost in between */
	login_show_expect(store, EVE, "",
	    "login_done northwind uid 7\nlogin_lost northwind agent\n"
	    "login_done northwind uid 7\nlogin_renewed northwind uid 7\n"
	    "login_done northwind uid 7\n");
}

static void
each_partner_for_itself(void **state)
{
	(void)state;
	lose("fabrikam");
	sign_in("northwind");
	login_show_expect(store, EVE, "partner/fabrikam credentials: it was revoked\n",
	    "login_lost fabrikam agent\nlogin_done northwind uid 7\n");
}

static void
about_to_end(void **state)
{
	const struct login_record r = by("northwind", "agent", "it ends soon");
	struct err err;

	(void)state;
	sign_in("northwind");
	assert_int_equal(login_record_expiring(store, &r, 14, &err), ERR_OK);
	login_show_expect(store, "northwind eve@x.example [Global Reader] 5 warned 14\n", "",
	    "login_done northwind uid 7\nlogin_expiring northwind agent\n");
	sign_in("northwind");
	login_show_expect(store, EVE, "",
	    "login_done northwind uid 7\nlogin_expiring northwind agent\n"
	    "login_done northwind uid 7\n");
}

#define SEALED \
	"partner/northwind credentials: the stored token is sealed with another key, or damaged. Put " \
	"the right seal key back and restart the agent, or run 'autoreg login northwind'.\n"

/* Told once, however often the agent starts; whoever comes first, the key or a person, ends it. */
static void
sealed_with_another_key(void **state)
{
	struct err err;

	(void)state;
	sign_in("northwind");
	assert_int_equal(login_record_opened(store, "northwind", &err), ERR_OK);
	for (int start = 0; start < 2; start++)
		assert_int_equal(login_record_sealed(store, "northwind", &err), ERR_OK);
	login_show_expect(store, EVE, SEALED,
	    "login_done northwind uid 7\nlogin_lost northwind agent\n");
	for (int start = 0; start < 2; start++)
		assert_int_equal(login_record_opened(store, "northwind", &err), ERR_OK);
	login_show_expect(store, EVE, "",
	    "login_done northwind uid 7\nlogin_lost northwind agent\n"
	    "login_renewed northwind agent\n");
}

/* That it opens says nothing of what the service thinks of it. */
static void
opened_but_refused(void **state)
{
	struct err err;

	(void)state;
	sign_in("northwind");
	lose("northwind");
	assert_int_equal(login_record_opened(store, "northwind", &err), ERR_OK);
	login_show_expect(store, EVE, "partner/northwind credentials: it was revoked\n",
	    "login_done northwind uid 7\nlogin_lost northwind agent\n");
}

/* The seed stays known: the file that it came from may still be there. */
static void
signed_out(void **state)
{
	const struct login_record r = by("northwind", "uid 7", "signed out");
	struct buf seed;
	struct err err;

	(void)state;
	sign_in("northwind");
	assert_int_equal(
	    store_token_save(store, slice_of("northwind#seed"), slice_of("sealed"), &err), ERR_OK);
	assert_int_equal(login_record_forgotten(store, &r, &err), ERR_OK);
	login_show_expect(store, "", ABSENT,
	    "login_done northwind uid 7\nlogin_forgotten northwind uid 7\n");
	buf_init(&seed, 64);
	assert_int_equal(store_token_load(store, slice_of("northwind#seed"), &seed, &err), ERR_OK);
	buf_done(&seed);
	assert_int_equal(login_record_try(store, "northwind", &err), ERR_OK);
	login_show_expect(store, "", "",
	    "login_done northwind uid 7\nlogin_forgotten northwind uid 7\n");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_first_sign_in, enter, leave),
		cmocka_unit_test_setup_teardown(lost_and_found, enter, leave),
		cmocka_unit_test_setup_teardown(each_partner_for_itself, enter, leave),
		cmocka_unit_test_setup_teardown(about_to_end, enter, leave),
		cmocka_unit_test_setup_teardown(sealed_with_another_key, enter, leave),
		cmocka_unit_test_setup_teardown(opened_but_refused, enter, leave),
		cmocka_unit_test_setup_teardown(signed_out, enter, leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
