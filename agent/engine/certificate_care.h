/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "agent/engine/connections.h"
#include "base/clock.h"
#include "base/err.h"
#include "config/config.h"

/*
 * Tells the trail ("certificate_expiring") 30, 14 and 3 days before a certificate ends that we show to
 * a maker's service, or sign with there; once each, over restarts as well. A new certificate begins
 * anew.
 *
 * Thread: the loop's.
 */
struct certificate_care;
struct store_async;
struct uv_loop_s;

struct certificate_care_options {
	struct uv_loop_s *loop;
	const struct clock *clock;
	const struct config *config;
	struct store_async *writer;
	const struct connections *connections;
};

/* Everything in it must outlive the object. Errors: ERR_NOMEM; *out is untouched then. */
MUST_USE enum err_code certificate_care_open(const struct certificate_care_options *opt,
    struct certificate_care **out, struct err *err);

/* Waits for what is under way, frees it and calls closed on the loop thread, later. */
void certificate_care_close(struct certificate_care *c, void (*closed)(void *arg), void *arg);
