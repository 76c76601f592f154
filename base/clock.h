/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

/*
 * Time comes in as an argument, so that tests own it. A clock is two functions and what they
 * need; the caller of a module passes one and keeps it alive.
 */
struct clock {
	int64_t (*unix_ms)(void *arg);  /* wall clock, milliseconds since 1970-01-01T00:00:00Z */
	uint64_t (*mono_ms)(void *arg); /* monotonic, milliseconds since some start */
	void *arg;
};

/* The machine's clocks. Static; never NULL. */
const struct clock *clock_system(void);

static inline int64_t
clock_unix_ms(const struct clock *c)
{
	return c->unix_ms(c->arg);
}

static inline int64_t
clock_unix_s(const struct clock *c)
{
	return clock_unix_ms(c) / 1000;
}

static inline uint64_t
clock_mono_ms(const struct clock *c)
{
	return c->mono_ms(c->arg);
}
