/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "agent/engine/connections.h"
#include "base/clock.h"
#include "base/err.h"
#include "config/config.h"

/*
 * Tries the private keys that are outside the process once, when it is opened, with a signature that
 * nobody is sent: what is wrong with a token or a TPM is known before devices depend on it. What a person
 * has to mend holds the customers there for credentials; what may pass is only told.
 *
 * Thread: the loop's.
 */
struct key_care;
struct store_async;

struct key_care_options {
	const struct clock *clock;
	const struct config *config;
	struct store_async *writer;
	const struct connections *connections;
	void *arg;
	void (*on_lost)(void *arg); /* customers wait from now on */
};

/* Everything in it must outlive the object. Errors: ERR_NOMEM; *out is untouched then. */
MUST_USE enum err_code key_care_open(const struct key_care_options *opt, struct key_care **out,
    struct err *err);

/* Waits for what is under way, frees it and calls closed on the loop thread, later or now. */
void key_care_close(struct key_care *c, void (*closed)(void *arg), void *arg);
