/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "agent/engine/connections.h"
#include "agent/engine/sign_in.h"
#include "base/clock.h"
#include "base/err.h"
#include "config/config.h"

/*
 * Where people sign in and out for partners: one sign-in for each partner at a time, which others may
 * join. Thread: the loop's.
 */
struct login_desk;
struct store_async;
struct uv_loop_s;

struct login_desk_options {
	struct uv_loop_s *loop;
	struct http_loop *http;
	const struct clock *clock;
	const struct config *config;
	struct store_async *writer;
	const struct connections *connections;
	void *arg;
	void (*on_change)(void *arg); /* a partner has other credentials, or none any more */
};

/* Everything in it must outlive the desk. Errors: ERR_NOMEM; *out is untouched then. */
MUST_USE enum err_code login_desk_new(const struct login_desk_options *opt, struct login_desk **out,
    struct err *err);

/* news: borrowed until the callback returns. */
typedef void login_desk_fn(void *arg, const struct sign_in_news *news);

/*
 * Begins a sign-in, or joins the one that is under way. shown is called once the code is in the
 * news, or it has failed before that: exactly once, later, on the loop thread, if ERR_OK is returned;
 * otherwise never. The sign-in goes on, whoever looks.
 *
 * actor: "uid 1000", whom the trail names. Errors: ERR_NOT_FOUND (no such partner), ERR_USAGE
 * (nobody signs in for it), ERR_EXISTS (one is under way whose code is in the news), ERR_LIMIT (too
 * many have joined), ERR_CANCELLED (closing), and those of sign_in_start().
 */
MUST_USE enum err_code login_desk_sign_in(struct login_desk *d, const char *partner,
    const char *actor, login_desk_fn *shown, void *arg, struct err *err);

/*
 * How the last sign-in stands; borrowed until the next return to the loop. Errors: ERR_NOT_FOUND,
 * ERR_USAGE as above.
 */
MUST_USE enum err_code login_desk_news(const struct login_desk *d, const char *partner,
    const struct sign_in_news **out, struct err *err);

typedef void login_desk_done_fn(void *arg, const struct err *err);

/*
 * Lets go of the partner's tokens. The contract of login_desk_sign_in(); ERR_BUSY: a sign-in is under
 * way.
 */
MUST_USE enum err_code login_desk_sign_out(struct login_desk *d, const char *partner,
    const char *actor, login_desk_done_fn *done, void *arg, struct err *err);

/*
 * Cancels what waits for people, waits for what becomes durable, frees the desk and calls closed on
 * the loop thread, perhaps inside close.
 */
void login_desk_close(struct login_desk *d, void (*closed)(void *arg), void *arg);

/* Is this method one that people sign in for? Errors: ERR_USAGE, which says why not. */
MUST_USE enum err_code login_desk_check(const struct partner *p, struct err *err);
