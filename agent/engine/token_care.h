/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "agent/engine/connections.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/random.h"
#include "config/config.h"

/*
 * Sees to it that sign-ins last: refresh tokens end when nobody uses them, so each is used every
 * login.renew, even if nothing has to be sent. If that does not succeed for long, it warns 30, 14 and
 * 3 days before the end; and when the service says that the sign-in has to be repeated, the
 * partner's customers wait for that. Source: sources.md#token-answers
 *
 * Wakes up for nothing else. Thread: the loop's.
 */
struct store_async;
struct token_care;
struct uv_loop_s;

struct token_care_options {
	struct uv_loop_s *loop;
	const struct clock *clock;
	const struct random *random;
	const struct config *config;
	struct store_async *writer;
	const struct connections *connections; /* whose sources it watches */
	void *arg;
	void (*on_lost)(void *arg); /* a partner's customers wait from now on */
};

/* Everything in it must outlive the object. Errors: ERR_NOMEM; *out is untouched then. */
MUST_USE enum err_code token_care_open(const struct token_care_options *opt,
    struct token_care **out, struct err *err);

/* Somebody has signed in or out. */
void token_care_refresh(struct token_care *c);

/* Waits for what is under way, frees it and calls closed on the loop thread, later. */
void token_care_close(struct token_care *c, void (*closed)(void *arg), void *arg);
