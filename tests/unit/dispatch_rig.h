/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "agent/sending/dispatch.h"
#include "store/store_async.h"
#include "tests/unit/channel_fake.h"
#include "tests/unit/store_script.h"

/*
 * A dispatcher on a real store, with a channel that the test answers for, and a clock that is the
 * test's: the one timer is caught by the linker (--wrap=uv_timer_start, uv_timer_stop), and goes off
 * when the test says so. Link with store_async_fake. One rig at a time. Mistakes fail the test.
 *
 * There are the customers contoso and adatum of partner northwind, and litware, which goes another
 * way. Batches have at most two devices; a delay by chance is 1 ms.
 */
enum { START_MS = 1000, HOUR = 3600000, MINUTE = 60000 };

/* The places of contoso and adatum in the tenth of an hour over which checks are spread. */
enum { SPREAD_CONTOSO = HOUR / 10 / 4, SPREAD_ADATUM = 2 * SPREAD_CONTOSO };

struct rig {
	struct store_script script;
	struct channel_fake channel;
	struct channel *channels[2]; /* the same, for a partner and a maker */
	/* The next four may be changed between rig_init() and rig_start(). */
	struct config config;
	struct service_limits limits[2];
	const struct random *random;
	struct meter *meter; /* NULL: nobody counts */
	struct dispatch *dispatch;
	uv_loop_t loop;
	struct {
		uv_timer_t *timer; /* NULL: it does not run */
		uv_timer_cb on_time;
		int64_t at;
	} alarm;
	unsigned closed;
	char told[256]; /* "list 1 " and "held contoso " */
};

/* For a group of tests: logs nowhere, and as before. */
int rig_quiet(void **state);
int rig_speak(void **state);

void rig_init(struct rig *r, const char *script);
enum err_code rig_open_dispatch(struct rig *r, struct store_async *writer, struct err *err);
void rig_start(struct rig *r);

/* All three: and whoever is asked consents. */
void rig_open(struct rig *r, const char *script);

/* Everything that is on its way is cancelled, and nothing is left. */
void rig_close(struct rig *r);
void rig_on_closed(void *arg);

/* What the store has to do is done. */
void rig_settle(struct rig *r);

/* The timer goes off, whatever time it is. */
void rig_ring(struct rig *r);

/* Time goes by, and the timer goes off if it should. */
void rig_wait_ms(struct rig *r, int64_t ms);

/* in_ms: from now; -1: never. */
void rig_assert_wakes(const struct rig *r, int64_t in_ms);

/* Since the last time. */
void rig_assert_told(struct rig *r, const char *want);

size_t rig_count(const struct rig *r, enum channel_fake_kind kind);

/* What is under way ends, and what follows is done. tag: of the batch, NULL: any. */
void rig_say(struct rig *r, enum channel_fake_kind kind, const char *tag,
    enum channel_outcome outcome);
void rig_say_after(struct rig *r, enum channel_fake_kind kind, enum channel_outcome outcome,
    int64_t retry_after_ms);
void rig_consent(struct rig *r);

/* A list with so many devices. */
void rig_queue(struct rig *r, const char *customer, const char *tag, unsigned n);

#define TWO "begin contoso t; add 1 A acme; add 2 B acme; end 2;"
