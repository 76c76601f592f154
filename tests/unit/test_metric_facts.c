/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server/metric_facts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "agent/meter/meter.h"
#include "tests/unit/alloc_fault.h"
#include "tests/unit/sandbox.h"
#include "tests/unit/store_script.h"

/* --- an agent of two customers and two partners --- */

struct agent {
	struct config config;
};

static const struct customer customers[] = {
	{ .name = "contoso", .via = { VIA_PARTNER, "northwind" } },
	{ .name = "adatum", .via = { VIA_PARTNER, "fourth" } },
};
static const struct partner partners[] = { { .name = "northwind" }, { .name = "fourth" } };
static const struct oem oems[] = { { .name = "fabrikam" } };

static struct agent agent = {
	.config = {
	    .customers = { customers, 2 },
	    .partners = { partners, 2 },
	    .oems = { oems, 1 },
	    .state = "store",
	    .spool = "spool",
	    .login = { .lifetime_ms = 5000 },
	},
};

const struct config *
agent_config(const struct agent *a)
{
	return &a->config;
}

void
agent_customer_status(const struct agent *a, size_t i, struct agent_customer_status *out)
{
	(void)a;
	(void)i;
	*out = (struct agent_customer_status){ .consent = "granted", .paused_until_unix_ms = 55 };
}

void
agent_partner_status(const struct agent *a, size_t i, struct agent_partner_status *out)
{
	(void)a;
	(void)i;
	*out = (struct agent_partner_status){
		.token = "none",
		.certificate_until_unix_s = 66,
		.signed_in = true,
		.message = "",
	};
}

void
agent_oem_status(const struct agent *a, size_t i, struct agent_oem_status *out)
{
	(void)a;
	assert_int_equal(i, 0);
	*out = (struct agent_oem_status){
		.credential = "expired",
		.certificate_until_unix_s = 88,
		.message = "",
	};
}

void
agent_config_status(const struct agent *a, struct agent_config_status *out)
{
	(void)a;
	*out = (struct agent_config_status){ .loaded_unix_ms = 77 };
}

static struct meter meter;

struct meter *
agent_meter(struct agent *a)
{
	(void)a;
	return &meter;
}

struct store_async *
agent_writer(struct agent *a)
{
	(void)a;
	return NULL;
}

/* Any address that is not the writer's. */
struct store_async *
agent_reader(struct agent *a)
{
	return (struct store_async *)a;
}

void __wrap_store_async_stats(struct store_async *sa, struct store_async_stats *out);

void
__wrap_store_async_stats(struct store_async *sa, struct store_async_stats *out)
{
	*out = (struct store_async_stats){ .checkpoints = { 0, sa ? 1 : 2 } };
}

/* --- */

static void
the_store_is_asked(void **state)
{
	struct metric_facts *f = NULL;
	struct store_script ss;
	struct err err;

	(void)state;
	store_script_open(&ss);
	store_script_run(&ss, "begin contoso T; add 1 A m T; add 2 B m T; add 3 C m T; end 3");
	store_script_run(&ss, "begin gone T; add 1 D m T; end 1");
	store_script_run(&ss,
	    "claim 1 3; accept 1 t; settle 1 A claimed claimed_elsewhere 808;"
	    "settle 1 B claimed claimed_elsewhere 808; settle 1 C registered ok");
	store_script_run(&ss, "claim 2 1; accept 2 t; settle 2 D claimed claimed_elsewhere 808");
	assert_int_equal(store_consent_save(ss.store, slice_of("adatum"), slice_of("granted"),
	                     slice_of("x"), 123, &err),
	    ERR_OK);
	assert_int_equal(store_consent_save(ss.store, slice_of("gone"), slice_of("granted"),
	                     slice_of("x"), 9, &err),
	    ERR_OK);
	assert_int_equal(store_token_save(ss.store, slice_of("fourth"), slice_of("sealed"), &err),
	    ERR_OK);

	assert_int_equal(metric_facts_new(&agent, &f, &err), ERR_OK);
	assert_int_equal(metric_facts_read(f, ss.store, &err), ERR_OK);
	assert_int_equal(f->claims[0], 2);
	assert_int_equal(f->claims[1], 0);
	assert_int_equal(f->consent_checked_unix_ms[0], 0);
	assert_int_equal(f->consent_checked_unix_ms[1], 123);
	assert_int_equal(f->login_until_unix_ms[0], 0);
	assert_int_equal(f->login_until_unix_ms[1], ss.now_unix_ms + 5000);
	assert_int_equal(f->status->customer[0].states[DEVICE_CLAIMED], 2);
	assert_int_equal(f->status->noem, 1);
	assert_string_equal(f->status->oem[0].name, "fabrikam");
	assert_string_equal(f->status->oem[0].credential, "expired");
	assert_int_equal(f->status->oem[0].certificate_until_unix_ms, 88000);
	assert_true(f->store_bytes > 0);
	assert_int_equal(f->config.loaded_unix_ms, 77);
	assert_int_equal(f->status->customer[1].paused_until_unix_ms, 55);
	assert_int_equal(f->status->partner[1].certificate_until_unix_ms, 66000);
	assert_true(f->status->partner[1].signed_in);
	assert_ptr_equal(f->meter, &meter);
	assert_int_equal(f->writer.checkpoints[1], 2);
	assert_int_equal(f->reader.checkpoints[1], 1);
	assert_true(f->disk[METRIC_DISK_STATE].known);
	assert_true(f->disk[METRIC_DISK_STATE].free_bytes > 0);
	assert_false(f->disk[METRIC_DISK_SPOOL].known);
	assert_false(f->spool_known);
	assert_true(f->process.resident_bytes > 100000);
	assert_true(f->process.virtual_bytes > f->process.resident_bytes);
	assert_true(f->process.open_fds >= 3);
	assert_true(f->process.max_fds >= f->process.open_fds);
	metric_facts_free(f);
	metric_facts_free(NULL);
	store_script_close(&ss);
}

static void
try_new(void *arg)
{
	struct metric_facts *f = NULL;
	struct err err;
	enum err_code rc = metric_facts_new(&agent, &f, &err);

	(void)arg;
	assert_int_equal(rc, alloc_fault_hit() ? ERR_NOMEM : ERR_OK);
	assert_int_equal(f == NULL, alloc_fault_hit());
	metric_facts_free(f);
}

static void
running_out_of_memory_is_an_error(void **state)
{
	(void)state;
	assert_true(alloc_fault_sweep(try_new, NULL) > 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_store_is_asked, sandbox_enter, sandbox_leave),
		cmocka_unit_test(running_out_of_memory_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
