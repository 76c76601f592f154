/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/simulator/chance.h"

/*
 * The tokens that are in circulation, numbered from 1 in the order in which they were issued or
 * first seen. Kinds of tokens do not share numbers.
 */

enum { ISSUED_TOKENS_MAX = 100000, ISSUED_TOKEN_BYTES = 128 };

struct sign_in;

struct access_token {
	struct access_token *next;
	uint64_t n;
	char *text;
	bool user; /* else app-only */
	bool mfa;
	bool maker;    /* of the maker's own endpoint */
	bool reseller; /* of an application that may not call anything */
	bool revoked;
	uint64_t expires_ms;
};

struct refresh_token {
	struct refresh_token *next;
	uint64_t n;
	char *text;
	char *client_id;
	bool mfa;
	struct refresh_token *parent; /* the one that it replaces, or NULL */
	bool outlived;                /* a replacement of it was used */
	struct sign_in *sign_in;      /* that it goes back to; NULL: one before the start */
	uint64_t uses;
	uint64_t used_ms; /* when it was used last, or was given */
};

struct issued_tokens {
	struct access_token *access; /* the newest first */
	struct refresh_token *refresh;
	uint64_t access_count;
	uint64_t refresh_count;
};

/* Either returns NULL once there are too many. text: NULL for a new one, without any meaning. */
struct access_token *issued_tokens_access(struct issued_tokens *t, struct chance *ids,
    const char *text);

/* parent: NULL for one that a sign-in gave. */
struct refresh_token *issued_tokens_refresh(struct issued_tokens *t, struct chance *ids,
    const char *text, const char *client_id, struct refresh_token *parent);

/* NULL if it was never issued. */
struct access_token *issued_tokens_find_access(const struct issued_tokens *t, const char *text);
struct refresh_token *issued_tokens_find_refresh(const struct issued_tokens *t, const char *text);

/* Counts the use; what it replaces is outlived from now on. */
void issued_tokens_use(struct refresh_token *token, uint64_t now_ms);

void issued_tokens_done(struct issued_tokens *t);
