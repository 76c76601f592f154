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
in_ms(struct timespec ts)
{
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int64_t
system_unix_ms(void *arg)
{
	(void)arg;
	return in_ms(now(CLOCK_REALTIME));
}

static uint64_t
system_mono_ms(void *arg)
{
	(void)arg;
	return (uint64_t)in_ms(now(CLOCK_MONOTONIC));
}

const struct clock *
clock_system(void)
{
	static const struct clock system_clock = { system_unix_ms, system_mono_ms, NULL };

	return &system_clock;
}
