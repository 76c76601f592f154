/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <assert.h>
#include <time.h>

static struct timespec
now(clockid_t id)
{
	struct timespec ts;
	int rc = clock_gettime(id, &ts);

	assert(rc == 0); /* both clocks exist on every Linux */
	return ts;
}

static int64_t
system_unix_s(void *arg)
{
	(void)arg;
	return now(CLOCK_REALTIME).tv_sec;
}

static uint64_t
system_mono_ms(void *arg)
{
	struct timespec ts = now(CLOCK_MONOTONIC);

	(void)arg;
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

const struct clock *
clock_system(void)
{
	static const struct clock system_clock = { system_unix_s, system_mono_ms, NULL };

	return &system_clock;
}
