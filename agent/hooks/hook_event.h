/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"

/* What a hook is told of: one event of the trail. Borrowed; a plain value. */
struct hook_event {
	int64_t id;
	const char *kind;
	struct slice json; /* as records_json_event() has it, on one line, without a line end */
};

/*
 * How one attempt to tell it ended. err: NULL, it is delivered; ERR_CANCELLED, it may have been told
 * or not; else why it is not.
 */
typedef void hook_done_fn(void *arg, const struct err *err);
