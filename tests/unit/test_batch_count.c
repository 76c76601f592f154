/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/sending/batch_count.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/unit/dispatch_rig.h"
#include "tests/unit/sandbox.h"

/* What the dispatcher's steps add to the meter. */
struct counted {
	struct rig r;
	struct meter meter;
	struct meter_customer *contoso, *adatum;
};

static void
begin(struct counted *c, const char *script)
{
	struct err err;

	rig_init(&c->r, script);
	meter_init(&c->meter);
	assert_int_equal(meter_follow(&c->meter, &c->r.config, &err), ERR_OK);
	c->contoso = meter_customer(&c->meter, "contoso");
	c->adatum = meter_customer(&c->meter, "adatum");
	c->r.meter = &c->meter;
	rig_start(&c->r);
	rig_consent(&c->r);
}

static void
end(struct counted *c)
{
	rig_close(&c->r);
	meter_done(&c->meter);
}

static void
a_batch_from_the_queue_to_the_end(void **state)
{
	const struct histogram *size, *age;
	struct counted c;

	(void)state;
	begin(&c, TWO);
	size = &c.meter.batch_devices;
	age = &c.contoso->registration_ms;
	assert_int_equal(histogram_up_to(size, size->nbound), 0); /* it is on its way */
	rig_say(&c.r, FAKE_SUBMIT, "t", CHANNEL_DONE);
	assert_int_equal(histogram_up_to(size, size->nbound), 1);
	assert_int_equal(size->sum, 2);
	assert_int_equal(c.contoso->batches[METER_TAKEN], 1);
	rig_wait_ms(&c.r, 5000);
	rig_say(&c.r, FAKE_POLL, "t", CHANNEL_DONE);
	assert_int_equal(c.contoso->batches[METER_SETTLED], 1);
	assert_int_equal(c.contoso->devices[DEVICE_REGISTERED], 2);
	assert_int_equal(histogram_up_to(age, age->nbound), 2);
	assert_int_equal(age->sum, 2 * 5000);
	assert_int_equal(c.adatum->devices[DEVICE_REGISTERED], 0);
	assert_int_equal(c.meter.api[METER_PARTNER].retries[METER_SERVER], 0);
	end(&c);
}

static void
what_comes_again(void **state)
{
	static const struct {
		enum channel_outcome outcome;
		int reason; /* METER_NREASON: none */
	} tc[] = {
		{ CHANNEL_THROTTLED, METER_THROTTLED },
		{ CHANNEL_SERVER, METER_SERVER },
		{ CHANNEL_UNSENT, METER_NETWORK },
		{ CHANNEL_UNKNOWN, METER_NETWORK },
		{ CHANNEL_AUTH, METER_AUTH },
		{ CHANNEL_NO_CONSENT, METER_NREASON },
		{ CHANNEL_TOO_LARGE, METER_NREASON },
	};

	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct counted c;

		assert_int_equal(sandbox_enter(state), 0);
		print_message("  %s\n", channel_outcome_name(tc[i].outcome));
		begin(&c, TWO);
		rig_say(&c.r, FAKE_SUBMIT, "t", tc[i].outcome);
		for (int k = 0; k < METER_NREASON; k++)
			assert_int_equal(c.meter.api[METER_PARTNER].retries[k], k == tc[i].reason);
		assert_int_equal(c.contoso->batches[METER_SPLIT],
		    tc[i].outcome == CHANNEL_TOO_LARGE);
		end(&c);
		assert_int_equal(sandbox_leave(state), 0);
	}
}

/* Two requests that are told to wait at the same moment wait once. */
static void
time_that_is_lost(void **state)
{
	struct counted c;

	(void)state;
	begin(&c, TWO "begin adatum u; add 1 C acme; end 1");
	assert_int_equal(rig_count(&c.r, FAKE_SUBMIT), 2);
	rig_say_after(&c.r, FAKE_SUBMIT, CHANNEL_THROTTLED, 30000);
	rig_say_after(&c.r, FAKE_SUBMIT, CHANNEL_THROTTLED, 40000);
	assert_int_equal(c.contoso->throttled_ms, 40000);
	assert_int_equal(c.adatum->throttled_ms, 40000);
	end(&c);
}

#define IN_SANDBOX(test) cmocka_unit_test_setup_teardown(test, sandbox_enter, sandbox_leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SANDBOX(a_batch_from_the_queue_to_the_end),
		cmocka_unit_test(what_comes_again),
		IN_SANDBOX(time_that_is_lost),
	};

	return cmocka_run_group_tests(tests, rig_quiet, rig_speak);
}
