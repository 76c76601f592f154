/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/dispatch_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/log_catch.h"
#include "tests/unit/store_async_fake.h"

static const struct partner partners[] = { { .name = "northwind" } };

static const struct customer customers[] = {
	{ .name = "contoso", .tenant = "tenant-contoso", .via = { VIA_PARTNER, "northwind" } },
	{ .name = "adatum", .tenant = "tenant-adatum", .via = { VIA_PARTNER, "northwind" } },
	{ .name = "litware", .tenant = "tenant-litware", .via = { VIA_INTUNE, NULL } },
};

static const struct config usual = {
	.partners = { partners, 1 },
	.customers = { customers, 3 },
	.batch = { .max_devices = 2, .max_bytes = 1 << 20, .uploads = 4, .in_flight = 20 },
	.poll = { .first_ms = 5000, .max_ms = MINUTE, .deadline_ms = 24 * HOUR },
	.retry = { .base_ms = 2000, .max_ms = 15 * MINUTE, .attempts = 12 },
	.consent = { .recheck_ms = HOUR, .max_age_ms = 24 * HOUR },
};

/* --- the timer ----------------------------------------------------------------------------------- */

static struct rig *current; /* what the linker catches is its */

int __wrap_uv_timer_start(uv_timer_t *timer, uv_timer_cb on_time, uint64_t ms, uint64_t repeat);
int __wrap_uv_timer_stop(uv_timer_t *timer);

int
__wrap_uv_timer_start(uv_timer_t *timer, uv_timer_cb on_time, uint64_t ms, uint64_t repeat)
{
	assert_int_equal(repeat, 0);
	current->alarm.timer = timer;
	current->alarm.on_time = on_time;
	current->alarm.at = current->script.now_unix_ms + (int64_t)ms;
	return 0;
}

int
__wrap_uv_timer_stop(uv_timer_t *timer)
{
	(void)timer;
	current->alarm.timer = NULL;
	return 0;
}

/* What the store has to do is done. */
void
rig_settle(struct rig *r)
{
	while (store_async_fake_step())
		continue;
	if (r->dispatch)
		assert_true(dispatch_roster(r->dispatch)->nparty == 3);
}

void
rig_ring(struct rig *r)
{
	uv_timer_t *timer = r->alarm.timer;

	assert_non_null(timer);
	r->alarm.timer = NULL;
	r->alarm.on_time(timer);
	rig_settle(r);
}

/* Time goes by, and the timer goes off if it should. */
void
rig_wait_ms(struct rig *r, int64_t ms)
{
	r->script.now_unix_ms += ms;
	if (r->alarm.timer && r->alarm.at <= r->script.now_unix_ms)
		rig_ring(r);
}

/* in_ms: from now; -1: never. */
void
rig_assert_wakes(const struct rig *r, int64_t in_ms)
{
	int64_t is = r->alarm.timer ? r->alarm.at - r->script.now_unix_ms : -1;

	assert_int_equal(is, in_ms);
}

/* --- life ---------------------------------------------------------------------------------------- */

static void
on_list(void *arg, int64_t list)
{
	struct rig *r = arg;
	size_t used = strlen(r->told);

	(void)snprintf(r->told + used, sizeof r->told - used, "list %d ", (int)list);
}

static void
on_held(void *arg, const char *customer)
{
	struct rig *r = arg;
	size_t used = strlen(r->told);

	(void)snprintf(r->told + used, sizeof r->told - used, "held %s ",
	    customer ? customer : "all");
}

void
rig_assert_told(struct rig *r, const char *want)
{
	assert_string_equal(r->told, want);
	r->told[0] = '\0';
}

/* The shortest delay there is, so that it hardly counts: 1 ms. */
static enum err_code
nothing_drawn(void *arg, void *out, size_t len, struct err *err)
{
	(void)arg;
	(void)err;
	memset(out, 0, len);
	return ERR_OK;
}

static const struct random random_zero = { nothing_drawn, NULL };

void
rig_init(struct rig *r, const char *script)
{
	memset(r, 0, sizeof *r);
	current = r;
	store_script_open(&r->script);
	store_script_run(&r->script, "route contoso partner/northwind adatum partner/northwind");
	store_script_run(&r->script, script);
	channel_fake_init(&r->channel);
	r->channels[0] = &r->channel.channel;
	r->channels[1] = &r->channel.channel;
	r->config = usual;
	r->random = &random_zero;
	assert_int_equal(uv_loop_init(&r->loop), 0);
	(void)store_async_fake_open(r->script.store);
}

enum err_code
rig_open_dispatch(struct rig *r, struct store_async *writer, struct err *err)
{
	const struct dispatch_options opt = {
		.loop = &r->loop,
		.clock = &r->script.clock,
		.random = r->random,
		.config = &r->config,
		.writer = writer,
		.channel = r->channels,
		.limits = r->limits,
		.meter = r->meter,
		.arg = r,
		.on_list = on_list,
		.on_held = on_held,
	};

	return dispatch_open(&opt, &r->dispatch, err);
}

void
rig_start(struct rig *r)
{
	struct err err;

	assert_int_equal(rig_open_dispatch(r, store_async_fake_open(r->script.store), &err),
	    ERR_OK);
	rig_settle(r);
}

/* All who are asked consent. */
void
rig_consent(struct rig *r)
{
	while (channel_fake_count(&r->channel, FAKE_CONSENT)) {
		channel_fake_say(channel_fake_find(&r->channel, FAKE_CONSENT, NULL), CHANNEL_DONE);
		rig_settle(r);
	}
}

void
rig_open(struct rig *r, const char *script)
{
	rig_init(r, script);
	rig_start(r);
	rig_consent(r);
}

void
rig_on_closed(void *arg)
{
	struct rig *r = arg;

	r->closed++;
	r->dispatch = NULL;
}

/* Everything on its way is cancelled, and nothing is left. */
void
rig_close(struct rig *r)
{
	if (r->dispatch)
		dispatch_close(r->dispatch, 0, rig_on_closed, r);
	while (!r->closed) {
		rig_settle(r);
		if (r->alarm.timer)
			rig_ring(r);
		channel_fake_stop_cancelled(&r->channel);
		rig_settle(r);
		(void)uv_run(&r->loop, UV_RUN_NOWAIT);
	}
	assert_int_equal(r->closed, 1);
	assert_int_equal(uv_loop_close(&r->loop), 0);
	store_script_close(&r->script);
}

size_t
rig_count(const struct rig *r, enum channel_fake_kind kind)
{
	return channel_fake_count(&r->channel, kind);
}

void
rig_say(struct rig *r, enum channel_fake_kind kind, const char *tag, enum channel_outcome outcome)
{
	channel_fake_say(channel_fake_find(&r->channel, kind, tag), outcome);
	rig_settle(r);
}

void
rig_say_after(struct rig *r, enum channel_fake_kind kind, enum channel_outcome outcome,
    int64_t retry_after_ms)
{
	struct channel_answer a = channel_fake_answer(outcome);

	a.retry_after_ms = retry_after_ms;
	channel_fake_end(channel_fake_find(&r->channel, kind, NULL), &a, NULL, NULL, NULL);
	rig_settle(r);
}

/* Devices as rows of a list: "begin contoso t; add 1 … n; end n". */
void
rig_queue(struct rig *r, const char *customer, const char *tag, unsigned n)
{
	char line[128];

	(void)snprintf(line, sizeof line, "begin %s %s", customer, tag);
	store_script_run(&r->script, line);
	for (unsigned i = 1; i <= n; i++) {
		(void)snprintf(line, sizeof line, "add %u %s-%s-%u acme", i, customer, tag, i);
		store_script_run(&r->script, line);
	}
	(void)snprintf(line, sizeof line, "end %u", n);
	store_script_run(&r->script, line);
}

int
rig_quiet(void **state)
{
	(void)state;
	log_catch_begin(LOG_LEVEL_ERROR);
	return 0;
}

int
rig_speak(void **state)
{
	(void)state;
	(void)log_catch_end();
	return 0;
}
