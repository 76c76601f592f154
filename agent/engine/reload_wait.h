/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/err.h"

/*
 * Somebody who waits until a reload has come to its end. What was under way when it began may hang, a
 * key in a token for instance: then who waits is told so, and the reload goes on without him.
 *
 * Thread: the loop's.
 */
struct reload_wait;
struct uv_loop_s;

/* err: NULL: the new configuration is in force, and takes work. */
typedef void reload_wait_fn(void *arg, const struct err *err);

/*
 * If it returns ERR_OK done runs exactly once, later, on the loop thread, never inside start or end;
 * otherwise never: after reload_wait_end(), or with ERR_BUSY once patience_ms are over. Errors:
 * ERR_NOMEM; *out is untouched then.
 */
MUST_USE enum err_code reload_wait_start(struct uv_loop_s *loop, uint64_t patience_ms,
    reload_wait_fn *done, void *arg, struct reload_wait **out, struct err *err);

/*
 * The reload is over; why it has failed, or NULL. Exactly once for each start, also if done has run
 * already; w frees itself. Accepts NULL for w: nobody waits.
 */
void reload_wait_end(struct reload_wait *w, const struct err *why);
