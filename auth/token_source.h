/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "auth/signer_key.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/random.h"
#include "base/secret.h"

/*
 * The access token of one application, asked of Entra ID or of another token endpoint: cached, refreshed early,
 * one request for all who wait, the replaced refresh token durable before the old one is let go. A
 * source that lives on a user's consent may be without it, before the first sign-in and after
 * token_source_forget(): who asks is told to sign in.
 *
 * Thread: the loop's. Secrets stay in struct secret.
 */
struct http_loop;
struct http_tls;
struct token_answer;
struct token_request;
struct token_source;
struct token_wait;
struct uv_loop_s;

enum token_grant { TOKEN_REFRESH, TOKEN_CLIENT_CREDENTIALS };
enum token_endpoint { TOKEN_V2, TOKEN_V1 };
enum token_assertion { TOKEN_PS256, TOKEN_RS256 };

/*
 * What keeps the refresh token over restarts; text is the token itself, sealed by the keeper. A
 * save that fails is told to those who wait, if anybody does; the keeper itself always knows.
 */
typedef void token_saved_fn(void *arg, const struct err *err);
struct token_keeper {
	void *arg;
	/*
	 * Makes token durable, then calls done, until when token is borrowed. The contract of
	 * every start: exactly once, later, if ERR_OK is returned.
	 */
	enum err_code (*save)(void *arg, const struct secret *token, token_saved_fn *done,
	    void *done_arg, struct err *err);
	/* Calls done once all is durable that was to be saved before. The same contract. */
	enum err_code (*flush)(void *arg, token_saved_fn *done, void *done_arg, struct err *err);
};

/* How requests for a token have ended; not those that were given up. */
struct token_counts {
	uint64_t ok;
	uint64_t failed;
};

/*
 * Fixed at creation. All is copied but loop, clock, random, http, keeper, tls and counts, which must
 * outlive it.
 *
 * Entra ID is asked by login, tenant and audience; another endpoint by token_url and scope, always
 * with TOKEN_CLIENT_CREDENTIALS. Source: sources.md#oauth-client-credentials
 */
struct token_options {
	struct uv_loop_s *loop; /* a certificate's key signs beside it */
	struct http_loop *http;
	const struct clock *clock;
	const struct random *random;
	const struct token_keeper *keeper; /* TOKEN_REFRESH only */
	struct token_counts *counts;       /* counted in; NULL: nobody counts */
	const struct http_tls *tls;        /* NULL: nothing of the kind */
	const char *token_url; /* of another endpoint, used as it is; NULL: Entra ID's */
	const char *scope;     /* there; NULL: none is asked for */
	const char *login;     /* "https://login.microsoftonline.com" */
	const char *tenant;
	const char *client_id;
	const char *audience; /* "https://api.partnercenter.microsoft.com" */
	enum token_grant grant;
	enum token_endpoint endpoint;
	enum token_assertion assertion;
	const struct secret *client_secret; /* or NULL, and then: */
	const struct secret *certificate;   /* PEM */
	struct signer_key key;              /* its private key */
	const struct secret
	    *refresh_token; /* TOKEN_REFRESH: the newest; NULL: nobody has signed in */
	bool sealed;        /* it is NULL because the one that is stored does not open */
};

/* Who can mend it. */
enum token_trouble {
	TOKEN_WAIT,       /* nobody has to: try again later */
	TOKEN_CREDENTIAL, /* the secret or certificate in the configuration */
	TOKEN_CONFIG,     /* tenant, application, permissions, cloud */
	TOKEN_SIGN_IN,    /* the interactive consent has to be repeated */
	TOKEN_ADMIN,      /* an administrator: conditional access, accounts */
	TOKEN_STOPPED,    /* cancelled, no memory */
};

/* Borrowed by the callback. */
struct token_result {
	const struct secret *access; /* NULL: none; else valid until the source's next callback */
	enum token_trouble trouble;  /* on error, like all that follows */
	unsigned aadsts;             /* the number after AADSTS; 0: there was none */
	int64_t retry_after_ms;      /* TOKEN_WAIT: as the service says; -1: it does not */
	const char *advice;          /* what a person must do; static */
};

/*
 * err: NULL, or what happened, with the service's trace and correlation ids. What to do follows
 * from the trouble: the code is about the request for the token, and says nothing about the
 * caller's own. Beside a token it says that the new refresh token could not be kept: the token is
 * good, and the old refresh token is used again next time.
 */
typedef void token_fn(void *arg, const struct token_result *result, const struct err *err);

/* Errors: ERR_NOMEM, ERR_FORMAT (no PEM, or key and certificate do not belong together). */
MUST_USE enum err_code token_source_new(const struct token_options *opt, struct token_source **out,
    struct err *err);

/*
 * Nobody may wait any more, for a token or for an adoption. Accepts NULL. An early refresh that is under way is cancelled; http,
 * clock and keeper are needed until that is over, which http_loop_close() sees to, and until a save
 * that has begun is done.
 */
void token_source_free(struct token_source *ts);

/*
 * A token that is good for at least a minute, or NULL; borrowed until the next return to the loop.
 *
 * When less than a fifth of its life or five minutes are left, whichever is less, this also sends
 * for the next token, so that a busy source makes nobody wait; who calls token_source_get()
 * meanwhile joins. After a failure this is tried again in a minute at the earliest, and later if
 * the service asks for that.
 */
const struct secret *token_source_cached(struct token_source *ts);

/* When the cached token expires, unix milliseconds; 0: there is none. */
int64_t token_source_expires_unix_ms(const struct token_source *ts);

/*
 * Why the last request for one brought none; "": it did, or there was none. Borrowed until the next
 * return to the loop.
 */
const char *token_source_failure(const struct token_source *ts);

/*
 * Asks for a new token, or joins those who wait already: look at token_source_cached() first. The
 * service refused `refused` (NULL: nothing was refused): the cached token, if it is still that one,
 * is forgotten first, so that nobody else is given it. refused: the caller's copy.
 *
 * If it returns ERR_OK the callback runs exactly once, later, on the loop thread, never inside get
 * or cancel; otherwise never. Errors: ERR_NOMEM, ERR_LIMIT (too many wait), ERR_IO (randomness),
 * and those of http_call_start().
 */
MUST_USE enum err_code token_source_get(struct token_source *ts, const struct secret *refused,
    token_fn *done, void *arg, struct token_wait **out, struct err *err);

/*
 * Uses the refresh token although the access token may be fresh; what comes of it the watcher is
 * told. Nothing happens if a request is under way, or nobody has signed in. Errors: as above.
 */
MUST_USE enum err_code token_source_renew(struct token_source *ts, struct err *err);

/*
 * A wish: idempotent, and it ends in the callback with ERR_CANCELLED. The request goes on, and the
 * callback comes with its end, half a minute after what had to be signed is signed at the latest.
 */
void token_wait_cancel(struct token_wait *w);

/*
 * Has watch called with what comes of each request for a token, before those who wait are told; also
 * of those that nobody waits for. Not of cancelled ones. It must not free the source. NULL: nobody.
 */
void token_source_watch(struct token_source *ts, token_fn *watch, void *arg);

/* What an application says to Entra ID, for a sign-in. Borrowed until token_source_free(). */
const struct token_request *token_source_request(const struct token_source *ts);

/* Is there something that tokens can be asked for with? False: as if nobody had signed in. */
bool token_source_signed_in(const struct token_source *ts);

/*
 * Takes over the tokens of a sign-in, of which there are both: makes the refresh token durable, then
 * uses them for those who wait and for all who come. A request that is under way with the former
 * refresh token is given up. One adoption at a time; TOKEN_REFRESH only.
 *
 * If it returns ERR_OK *token is empty afterwards, and done runs exactly once, later, on the loop
 * thread, never inside adopt; otherwise never. An error that is told to done leaves the source as it
 * was. Errors: those of the keeper.
 */
MUST_USE enum err_code token_source_adopt(struct token_source *ts, struct token_answer *token,
    token_saved_fn *done, void *arg, struct err *err);

/*
 * Lets go of both tokens, not of what the keeper holds. A save that is under way is durable before
 * whatever is asked of the store from now on. No adoption may be under way.
 */
void token_source_forget(struct token_source *ts);
