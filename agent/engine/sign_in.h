/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "auth/device_code.h"
#include "auth/token_claims.h"
#include "auth/token_source.h"
#include "base/clock.h"
#include "base/err.h"
#include "channel/channel.h"
#include "config/config.h"

/*
 * One sign-in of a person for a partner, from the code until the partner's customers go on: the
 * token is durable and in use, the service has been seen to take it, and the store remembers who it
 * was. Thread: the loop's.
 */
struct http_loop;
struct sign_in;
struct store_async;
struct uv_loop_s;

enum sign_in_state {
	SIGN_IN_NONE,
	SIGN_IN_ASKING,   /* for the code */
	SIGN_IN_WAITING,  /* for the person */
	SIGN_IN_CHECKING, /* whether the token does, and making it durable */
	SIGN_IN_DONE,
	SIGN_IN_FAILED,
	NSIGN_IN_STATE,
};

enum { SIGN_IN_MESSAGE_SIZE = CHANNEL_MESSAGE_SIZE };

/* How it stands. A plain value; texts are empty as long as they are not known. */
struct sign_in_news {
	enum sign_in_state state;
	char user_code[USER_CODE_SIZE];
	char uri[VERIFICATION_URI_SIZE];
	int64_t expires_unix_ms; /* of the code */
	struct token_claims who;
	int64_t at_unix_ms;                 /* when the person was done */
	enum token_trouble trouble;         /* SIGN_IN_FAILED: who can mend it */
	char message[SIGN_IN_MESSAGE_SIZE]; /* why it failed, or what to look at */
	const char *advice;                 /* what a person must do; static, "" if nothing */
};

struct sign_in_options {
	struct uv_loop_s *loop;
	struct http_loop *http;
	const struct clock *clock;
	struct store_async *writer;
	const struct partner *partner;
	struct token_source *tokens;
	struct channel *channel;
	const char
	    *customer; /* tenant of one, to see whether the token does; NULL: there is none */
	const char *actor;
	struct sign_in_news *news; /* written while it goes on */
	void *arg;
	void (*shown)(void *arg); /* the code is in the news; at most once */
	void (*done)(void *arg);  /* the news have the outcome */
};

/*
 * If it returns ERR_OK done runs exactly once, later, on the loop thread, never inside start or
 * cancel; otherwise never. The object is gone when done runs. All in opt is borrowed until then, but
 * actor is copied. Errors: ERR_NOMEM, and those of device_login_start(); *out and the news are
 * untouched then.
 */
MUST_USE enum err_code sign_in_start(const struct sign_in_options *opt, struct sign_in **out,
    struct err *err);

/*
 * A wish: idempotent. It ends in the callback, with a failure if the person was not done yet; what is
 * about to become durable is waited for.
 */
void sign_in_cancel(struct sign_in *s);
