/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "agent/hooks/hook_event.h"
#include "base/err.h"
#include "config/config.h"

/*
 * Tells a program of one event: runs it once, without a shell, in a session of its own, with nothing
 * in its environment but PATH, AUTOREG_EVENT (the kind) and AUTOREG_EVENT_ID. It reads the event as a
 * line of JSON from its standard input. What it prints is thrown away, but for the first few KiB of
 * its standard error, which are logged if it fails. If it exits with 0 the event is delivered.
 *
 * Thread: the loop's.
 */
struct hook_process;
struct uv_loop_s;

struct hook_process_options {
	struct uv_loop_s *loop;
	const struct text_list *exec; /* the program and its arguments; at least one */
	uint64_t timeout_ms;          /* then it is told to end, and soon after it is killed */
};

/*
 * If it returns ERR_OK done runs exactly once, later, on the loop thread, never inside start or
 * cancel; otherwise never. The object is gone then. opt and e are read during start.
 *
 * done gets ERR_IO (the program is not there, or failed), ERR_TIMEOUT or ERR_CANCELLED.
 * Errors: ERR_NOMEM, ERR_IO (no pipe); *out is untouched then.
 */
MUST_USE enum err_code hook_process_start(const struct hook_process_options *opt,
    const struct hook_event *e, hook_done_fn *done, void *arg, struct hook_process **out,
    struct err *err);

/* A wish: idempotent. Kills the program and what it has started; ends in done with ERR_CANCELLED. */
void hook_process_cancel(struct hook_process *p);
