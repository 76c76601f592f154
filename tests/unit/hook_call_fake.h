/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "agent/hooks/hook_call.h"

/*
 * A link-time double of agent/hooks/hook_call.h: one call at a time, and the test says how it ends.
 * Mistakes fail the test that runs.
 */
struct hook_call_fake {
	unsigned started; /* so far */
	bool under_way;
	bool cancelled; /* the one that is under way */
	int64_t id;
	char kind[32];
	char json[1024];
};

/* Forgets what was before. */
void hook_call_fake_reset(void);

/* What was to be told last. */
const struct hook_call_fake *hook_call_fake_last(void);

/* The next start fails. */
void hook_call_fake_refuse(void);

/* The call ends; ERR_OK: it was told. */
void hook_call_fake_end(enum err_code code);
