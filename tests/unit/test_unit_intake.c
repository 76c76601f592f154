/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/intake/unit_intake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/alloc_fault.h"
#include "tests/unit/config_fixture.h"
#include "tests/unit/list_fixture.h"
#include "tests/unit/sandbox.h"
#include "tests/unit/store_async_fake.h"
#include "tests/unit/store_script.h"
#include "tests/unit/store_show.h"

#define TENANT "tenant: 22222222-2222-4222-8222-222222222222, domain: c.example"

static const char config_text[] = CONFIG_PARTNER(
    "auth: {method: refresh_token, client_secret: {env: S}}") "oems:\n"
                                                              "  f: {base_url: \"https://oem.example\", profile: reference-v1,"
                                                              " auth: {method: bearer, token: {env: S}}}\n"
                                                              "customers:\n"
                                                              "  c: {" TENANT
                                                              ", via: partner/nw, group_tag: T, only: {models: [B*]}}\n"
                                                              "  o: {" TENANT
                                                              ", via: oem/f, group_tag: T}\n"
                                                              "  untagged: {" TENANT
                                                              ", via: oem/f}\n";

static const struct capture capture = { "PF1", "Maker", "Book", "3300000000001", "0123456789abcdef",
	"ek", 0 };

struct rig {
	struct store_script script;
	struct config *config;
	struct oem_profile *profile;
	struct unit_intake *units;
	struct unit_answer answer; /* the last; its slices are gone */
	char told[512];            /* of all of them */
	unsigned taken;
	bool closed;
};

static void
on_taken(void *arg)
{
	struct rig *r = arg;

	r->taken++;
}

static void
on_closed(void *arg)
{
	struct rig *r = arg;

	r->closed = true;
}

static void
on_unit(void *arg, const struct unit_answer *a, const struct err *err)
{
	struct rig *r = arg;
	size_t used = strlen(r->told);
	char *to = r->told + used;
	size_t room = sizeof r->told - used;

	if (err) {
		(void)snprintf(to, room, "error %d;", (int)err->code);
		return;
	}
	if (a->accepted) {
		(void)snprintf(to, room, SLICE_FMT " %d:%d %s%s;", SLICE_ARG(a->serial),
		    (int)a->taken.list, (int)a->taken.line, device_state_name(a->taken.state),
		    a->taken.known ? " known" : "");
	} else {
		assert_true(a->message.len > 0 && a->advice.len > 0);
		(void)snprintf(to, room, SLICE_FMT " %s;", SLICE_ARG(a->serial), a->code);
	}
	r->answer = *a;
}

static void
rig_open(struct rig *r)
{
	struct problems problems;
	struct err err;

	memset(r, 0, sizeof *r);
	store_script_open(&r->script);
	r->config = config_fixture_parse(config_text, ".");
	assert_int_equal(oem_profile_load("reference-v1", &r->profile, &problems, &err), ERR_OK);
	const struct unit_intake_options opt = {
		.clock = &r->script.clock,
		.random = random_system(),
		.config = r->config,
		.profile = &r->profile,
		.writer = store_async_fake_open(r->script.store),
		.arg = r,
		.on_taken = on_taken,
	};

	assert_int_equal(unit_intake_new(&opt, &r->units, &err), ERR_OK);
}

static void
rig_close(struct rig *r)
{
	unit_intake_close(r->units, on_closed, r);
	assert_true(r->closed);
	oem_profile_free(r->profile);
	config_free(r->config);
	store_script_close(&r->script);
}

static void
take(struct rig *r, const char *text)
{
	struct err err;

	if (unit_intake_take(r->units, slice_of(text), NULL, on_unit, r, &err))
		fail_msg("%s", err.msg);
}

/* Takes it, has it stored, and compares what is told of it. */
static void
expect(struct rig *r, const char *text, const char *want)
{
	r->told[0] = '\0';
	take(r, text);
	assert_string_equal(r->told, "");
	while (store_async_fake_step())
		;
	assert_string_equal(r->told, want);
}

#define UNIT(customer, rest) "{\"customer\":\"" customer "\"," rest "}"
#define TUPLE(serial) "\"serial\":\"" serial "\",\"manufacturer\":\"Maker\",\"model\":\"Book\""

static void
units_are_judged(void **state)
{
	static const struct {
		const char *name;
		const char *text;
		const char *want;
	} tc[] = {
		{ "a tuple", UNIT("o", TUPLE("A")), "A 1:1 queued;" },
		{ "the same again", UNIT("o", TUPLE("a")), "a 1:2 queued known;" },
		{ "a product id alone", UNIT("o", "\"product_id\":\"3300000000001\""),
		    " 1:3 queued;" },
		{ "a partner's", UNIT("c", TUPLE("B")), "B 2:1 queued;" },
		{ "blanks around", UNIT("o", TUPLE(" D ")), "D 1:4 queued;" },
		{ "a placeholder", UNIT("o", TUPLE("Default string")),
		    "Default string placeholder-serial;" },
		{ "a placeholder with a product id",
		    UNIT("o", TUPLE("Default string") ",\"product_id\":\"3300000000002\""),
		    " 1:5 queued;" },
		{ "no identity", UNIT("o", "\"serial\":\"E\""), "E no-identity;" },
		{ "too long for the maker",
		    UNIT("o",
		        "\"serial\":\"E\",\"manufacturer\":\"Maker\",\"model\":"
		        "\"0123456789012345678901234567890123456789012345678901234567890123x\""),
		    "E value-too-long;" },
		{ "a tag", UNIT("o", TUPLE("E") ",\"group_tag\":\"t\""), "E tag-near-miss;" },
		{ "not wanted",
		    UNIT("c", "\"serial\":\"E\",\"manufacturer\":\"M\",\"model\":\"X\""),
		    "E not-wanted;" },
		{ "nobody's", UNIT("x", TUPLE("E")), "E customer-unknown;" },
		{ "no tag", UNIT("untagged", TUPLE("E")), "E customer-config;" },
		{ "damaged order", UNIT("o", TUPLE("E") ",\"order\":\"a\\u200bb\""),
		    "E damaged-text;" },
		{ "a product key",
		    UNIT("o", TUPLE("E") ",\"replaces\":\"AAAAA-BBBBB-CCCCC-DDDDD-EEEEE\""),
		    "E product-key;" },
		{ "replaces nobody", UNIT("o", TUPLE("E") ",\"replaces\":\"F\""),
		    "E replaces-unknown;" },
		{ "replaces", UNIT("o", TUPLE("E") ",\"replaces\":\"A\""), "E 1:6 queued;" },
		{ "no unit", "[]", " not-a-unit;" },
	};
	struct rig r;

	(void)state;
	rig_open(&r);
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		print_message("  %s\n", tc[i].name);
		expect(&r, tc[i].text, tc[i].want);
	}
	assert_int_equal(r.taken, 7);
	rig_close(&r);
}

/* What the store has of a device: "SERIAL PRODUCT-ID MAKER MODEL HASH-BYTES". */
static enum err_code
show(void *arg, const struct store_device *d, struct err *err)
{
	struct rig *r = arg;
	struct buf hash;
	enum err_code rc;

	buf_init(&hash, HASH_BUILD_BYTES);
	rc = store_device_hash(r->script.store, d->id, &hash, err);
	(void)snprintf(r->told, sizeof r->told,
	    SLICE_FMT " " SLICE_FMT " " SLICE_FMT " " SLICE_FMT " %zu", SLICE_ARG(d->serial),
	    SLICE_ARG(d->product_id), SLICE_ARG(d->manufacturer), SLICE_ARG(d->model), hash.len);
	buf_done(&hash);
	return rc;
}

static void
expect_stored(struct rig *r, const char *customer, const char *want)
{
	const struct store_device_query q = { .customer = slice_of(customer) };
	struct err err;

	assert_int_equal(store_devices(r->script.store, &q, show, r, &err), ERR_OK);
	assert_string_equal(r->told, want);
}

/* For a maker's customer it only fills what is missing; a partner's is sent. */
static void
a_hash_is_proven(void **state)
{
	char hash[HASH_BUILD_CHARS + 1], text[HASH_BUILD_CHARS + 256];
	struct rig r;

	(void)state;
	rig_open(&r);
	capture_hash(&capture, hash);
	(void)snprintf(text, sizeof text, UNIT("o", "\"hash\":\"%s\""), hash);
	expect(&r, text, "PF1 1:1 queued;");
	expect_stored(&r, "o", "PF1 3300000000001 Maker Book 0");
	(void)snprintf(text, sizeof text, UNIT("c", "\"hash\":\"%s\""), hash);
	expect(&r, text, "PF1 2:1 held;");
	expect_stored(&r, "c", "PF1  Maker Book 3000");
	(void)snprintf(text, sizeof text, UNIT("o", TUPLE("PF2") ",\"hash\":\"%s\""), hash);
	expect(&r, text, "PF2 serial-mismatch;");
	hash[100] = hash[100] == 'A' ? 'B' : 'A';
	(void)snprintf(text, sizeof text, UNIT("o", TUPLE("PF1") ",\"hash\":\"%s\""), hash);
	r.told[0] = '\0';
	take(&r, text);
	assert_true(store_async_fake_step());
	assert_memory_equal(r.told, "PF1 hash-", 9);
	rig_close(&r);
}

static void
answers_have_the_order_of_the_units(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	take(&r, UNIT("o", TUPLE("A")));
	take(&r, "no unit");
	take(&r, UNIT("o", TUPLE("B")));
	assert_int_equal(store_async_fake_waiting(), 3);
	while (store_async_fake_step())
		;
	assert_string_equal(r.told, "A 1:1 queued; not-a-unit;B 1:2 queued;");
	rig_close(&r);
}

static void
a_customer_may_be_given_with_it(void **state)
{
	struct rig r;
	struct err err;

	(void)state;
	rig_open(&r);
	assert_int_equal(
	    unit_intake_take(r.units, slice_of("{" TUPLE("A") "}"), "o", on_unit, &r, &err),
	    ERR_OK);
	assert_int_equal(
	    unit_intake_take(r.units, slice_of(UNIT("c", TUPLE("B"))), "o", on_unit, &r, &err),
	    ERR_OK);
	while (store_async_fake_step())
		;
	assert_string_equal(r.told, "A 1:1 queued;B 2:1 queued;");
	store_show_expect(r.script.store, "n", "lane 1 o/T 1\nlane 2 c/T 1\n");
	rig_close(&r);
}

/* What the store cannot do is told as an error, and is not taken. */
static void
the_disk_is_full(void **state)
{
	struct rig r;
	struct err err;

	(void)state;
	rig_open(&r);
	store_async_fake_fail();
	expect(&r, UNIT("o", TUPLE("A")), "error 2;");
	assert_int_equal(r.taken, 0);
	store_async_fake_refuse();
	assert_int_equal(unit_intake_take(r.units, slice_of("{}"), NULL, on_unit, &r, &err),
	    ERR_NOMEM);
	rig_close(&r);
}

static void
closing_waits_for_answers(void **state)
{
	struct rig r;
	struct err err;

	(void)state;
	rig_open(&r);
	take(&r, UNIT("o", TUPLE("A")));
	unit_intake_close(r.units, on_closed, &r);
	assert_false(r.closed);
	assert_int_equal(unit_intake_take(r.units, slice_of("{}"), NULL, on_unit, &r, &err),
	    ERR_CANCELLED);
	assert_true(store_async_fake_step());
	assert_string_equal(r.told, "A 1:1 queued;");
	assert_true(r.closed);
	oem_profile_free(r.profile);
	config_free(r.config);
	store_script_close(&r.script);
}

static void
try_take(void *arg)
{
	struct rig *r = arg;
	struct err err;
	enum err_code rc =
	    unit_intake_take(r->units, slice_of(UNIT("o", TUPLE("A"))), NULL, on_unit, r, &err);

	assert_int_equal(rc, alloc_fault_hit() ? ERR_NOMEM : ERR_OK);
}

static void
running_out_of_memory_is_an_error(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	assert_true(alloc_fault_sweep(try_take, &r) > 3);
	assert_true(store_async_fake_step());
	assert_string_equal(r.told, "A 1:1 queued;");
	rig_close(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(units_are_judged, sandbox_enter, sandbox_leave),
		cmocka_unit_test_setup_teardown(a_hash_is_proven, sandbox_enter, sandbox_leave),
		cmocka_unit_test_setup_teardown(answers_have_the_order_of_the_units, sandbox_enter,
		    sandbox_leave),
		cmocka_unit_test_setup_teardown(a_customer_may_be_given_with_it, sandbox_enter,
		    sandbox_leave),
		cmocka_unit_test_setup_teardown(the_disk_is_full, sandbox_enter, sandbox_leave),
		cmocka_unit_test_setup_teardown(closing_waits_for_answers, sandbox_enter,
		    sandbox_leave),
		cmocka_unit_test_setup_teardown(running_out_of_memory_is_an_error, sandbox_enter,
		    sandbox_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
