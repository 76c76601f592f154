/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "auth/device_code.h"
#include "auth/token_answer.h"
#include "auth/token_claims.h"
#include "auth/token_source.h"
#include "base/clock.h"
#include "base/err.h"

/*
 * A person signs in: Entra ID gives a code, the person enters it in any browser, and meanwhile we ask
 * again and again whether that has happened. Source: sources.md#device-code
 *
 * The application is a public client at first; if the service demands a proof of who it is, it is
 * asked with the partner's secret or certificate, and if it wants none of that, without.
 *
 * Has no clock of its own to wait by: its owner waits for it. Thread: the loop's.
 */
struct device_login;

/* How it has ended. A plain value, lent to the callback, which may take tokens by clearing them. */
struct device_login_end {
	struct token_answer token;  /* both tokens; none on error */
	struct token_claims claims; /* as far as the tokens tell; also of a person who is refused */
	struct token_result result; /* on error: who can mend it; its access is not set */
	struct err err;             /* ERR_OK, or what happened */
};

struct device_login_options {
	struct http_loop *http;
	const struct clock *clock;
	const struct token_request *request; /* of the partner */
	const char *tenant;                  /* whose users may sign in; a GUID */
	void *arg;
	/* The code is there: to be shown. At most once. code: borrowed until it returns. */
	void (*show)(void *arg, const struct device_code *code);
	/*
	 * device_login_wake() has to be called in so many milliseconds. Replaces the wish before it;
	 * may come inside cancel.
	 */
	void (*wait)(void *arg, uint64_t ms);
	void (*done)(void *arg, struct device_login_end *end);
};

/*
 * If it returns ERR_OK done runs exactly once, later, on the loop thread, never inside start, wake or
 * cancel; otherwise never. The object is gone when done runs. Everything in opt is borrowed until
 * then. Errors: ERR_NOMEM, and those of http_call_start(); *out is untouched then.
 */
MUST_USE enum err_code device_login_start(const struct device_login_options *opt,
    struct device_login **out, struct err *err);

/* The time has come. From the loop alone, not from a callback of the login. */
void device_login_wake(struct device_login *l);

/* A wish: idempotent, and it ends in the callback with ERR_CANCELLED. */
void device_login_cancel(struct device_login *l);
