/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/meter/meter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/alloc_fault.h"

static const struct customer two[] = { { .name = "adatum" }, { .name = "contoso" } };
static const struct customer other[] = { { .name = "fabrikam" } };
static const struct partner partners[] = {
	{ .name = "northwind", .auth = { .method = PARTNER_REFRESH_TOKEN } },
	{ .name = "reseller", .role = PARTNER_INDIRECT_RESELLER },
	{ .name = "daemon", .auth = { .method = PARTNER_CLIENT_CREDENTIALS } },
};
static const struct config first = { .customers = { two, 2 }, .partners = { partners, 3 } };
static const struct config second = { .customers = { other, 1 }, .partners = { partners, 1 } };

static void
follow(struct meter *m, const struct config *c)
{
	struct err err;

	assert_int_equal(meter_follow(m, c, &err), ERR_OK);
}

/* Who is told, in the order of the page. */
static void
assert_told(const struct meter *m, const char *want)
{
	const struct meter_customer *c = NULL;
	const struct meter_partner *p = NULL;
	char told[256] = "";
	size_t n = 0;

	while ((c = meter_next_customer(m, c)))
		n += (size_t)snprintf(told + n, sizeof told - n, "%s ", c->name);
	while ((p = meter_next_partner(m, p)))
		n += (size_t)snprintf(told + n, sizeof told - n, "%s:%d ", p->name, (int)p->grant);
	assert_string_equal(told, want);
}

static void
the_configuration_says_who_is_counted(void **state)
{
	struct meter_customer *contoso;
	struct meter m;

	(void)state;
	meter_init(&m);
	follow(&m, &first);
	assert_told(&m, "adatum contoso northwind:0 daemon:1 ");
	assert_null(meter_customer(&m, "fabrikam"));
	assert_null(meter_partner(&m, "reseller"));
	contoso = meter_customer(&m, "contoso");
	meter_device(contoso, DEVICE_FAILED, 5);
	follow(&m, &second);
	assert_told(&m, "fabrikam northwind:0 ");
	meter_device(contoso, DEVICE_FAILED, 5); /* who had it at hand may still count */
	follow(&m, &first);
	assert_ptr_equal(meter_customer(&m, "contoso"), contoso);
	assert_int_equal(contoso->devices[DEVICE_FAILED], 2);
	meter_done(&m);
}

static void
requests_are_counted_by_their_answer(void **state)
{
	static const struct {
		const char *name;
		struct http_traffic t;
		int api;  /* METER_NAPI: not counted */
		int code; /* METER_NCODE: not counted */
	} tc[] = {
		{ "fine", { .api = "partner", .status = 202, .version = "1.1" }, METER_PARTNER,
		    METER_2XX },
		{ "moved", { .api = "partner", .status = 302, .version = "1.1" }, METER_PARTNER,
		    METER_3XX },
		{ "refused", { .api = "oem", .status = 404, .version = "2" }, METER_OEM,
		    METER_4XX },
		{ "slower", { .api = "oem", .status = 429, .version = "2" }, METER_OEM, METER_429 },
		{ "broken", { .api = "oauth", .status = 503, .version = "1.1" }, METER_OAUTH,
		    METER_5XX },
		{ "odd", { .api = "oauth", .status = 999, .version = "1.1" }, METER_OAUTH,
		    METER_5XX },
		{ "no answer", { .api = "hook", .status = 0, .version = "" }, METER_HOOK,
		    METER_ERROR },
		{ "early", { .api = "hook", .status = 103, .version = "1.1" }, METER_HOOK,
		    METER_ERROR },
		{ "ours", { .api = "hook", .cancelled = true, .version = "" }, METER_HOOK,
		    METER_NCODE },
		{ "a stranger", { .api = "moon", .status = 200, .version = "1.1" }, METER_NAPI,
		    METER_NCODE },
		{ "nobody", { .status = 200, .version = "1.1" }, METER_NAPI, METER_NCODE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct http_traffic t = tc[i].t;
		struct meter m;

		print_message("  %s\n", tc[i].name);
		t.sent_bytes = 5;
		t.received_bytes = 7;
		t.connections = 1;
		t.duration_us = 60000;
		meter_init(&m);
		meter_traffic(&m, &t);
		for (int a = 0; a < METER_NAPI; a++) {
			const struct meter_exchange *e = &m.api[a];
			uint64_t opened = e->opened[METER_HTTP_1_1] + e->opened[METER_HTTP_2];

			assert_int_equal(e->sent_bytes, a == tc[i].api ? 5 : 0);
			assert_int_equal(e->received_bytes, a == tc[i].api ? 7 : 0);
			assert_int_equal(opened, a == tc[i].api && *t.version ? 1 : 0);
			for (int c = 0; c < METER_NCODE; c++)
				assert_int_equal(e->requests[c], a == tc[i].api && c == tc[i].code);
			assert_int_equal(histogram_up_to(&e->duration_us, 1) -
			        histogram_up_to(&e->duration_us, 0),
			    a == tc[i].api && tc[i].code != METER_NCODE);
		}
		meter_done(&m);
	}
}

static void
what_happens_to_a_customer(void **state)
{
	const uint64_t rows[METER_NROW] = { 5, 2, 1 };
	struct meter_customer *c;
	struct meter m;

	(void)state;
	meter_init(&m);
	follow(&m, &first);
	c = meter_customer(&m, "adatum");
	meter_list(c, METER_ACCEPTED, rows);
	meter_list(c, METER_REJECTED, (const uint64_t[METER_NROW]){ 0 });
	meter_batch_end(c, METER_SPLIT);
	meter_throttle(c, 1500);
	meter_throttle(c, -1);
	meter_device(c, DEVICE_REGISTERED, 60000);
	meter_device(c, DEVICE_READY, -5); /* the clock was set back */
	meter_device(c, DEVICE_CLAIMED, 60000);
	assert_int_equal(c->files[METER_ACCEPTED], 1);
	assert_int_equal(c->files[METER_REJECTED], 1);
	assert_memory_equal(c->rows, rows, sizeof rows);
	assert_int_equal(c->batches[METER_SPLIT], 1);
	assert_int_equal(c->throttled_ms, 1500);
	assert_int_equal(c->devices[DEVICE_CLAIMED], 1);
	assert_int_equal(histogram_up_to(&c->registration_ms, c->registration_ms.nbound), 2);
	assert_int_equal(c->registration_ms.sum, 60000);
	meter_done(&m);
}

static void
nobody_has_to_count(void **state)
{
	(void)state;
	assert_null(meter_customer(NULL, "adatum"));
	assert_null(meter_partner(NULL, "northwind"));
	meter_traffic(NULL, &(struct http_traffic){ .api = "oem", .version = "" });
	meter_list(NULL, METER_ACCEPTED, (const uint64_t[METER_NROW]){ 1 });
	meter_batch_sent(NULL, 1);
	meter_batch_end(NULL, METER_SPLIT);
	meter_device(NULL, DEVICE_READY, 1);
	meter_retry(NULL, METER_OEM, METER_AUTH);
	meter_throttle(NULL, 1);
	meter_hook(NULL, METER_TOLD);
	meter_ping(NULL);
}

static void
try_follow(void *arg)
{
	struct meter m;
	struct err err;
	enum err_code rc;

	(void)arg;
	meter_init(&m);
	rc = meter_follow(&m, &first, &err);
	assert_int_equal(rc, alloc_fault_hit() ? ERR_NOMEM : ERR_OK);
	meter_done(&m);
}

static void
memory_may_run_out(void **state)
{
	(void)state;
	assert_true(alloc_fault_sweep(try_follow, NULL) > 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_configuration_says_who_is_counted),
		cmocka_unit_test(requests_are_counted_by_their_answer),
		cmocka_unit_test(what_happens_to_a_customer),
		cmocka_unit_test(nobody_has_to_count),
		cmocka_unit_test(memory_may_run_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
