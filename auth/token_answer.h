/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "base/secret.h"
#include "base/slice.h"

/*
 * What the token endpoint answers when it grants a token. Version 1 writes numbers as text and
 * version 2.0 as numbers; both forms are read. Source: sources.md#token-answers
 *
 * The texts of the body that pass through jansson's memory are wiped if the program has asked for
 * it: auth/entra_json.h. An endpoint that leaves expires_in out gives tokens that are taken to live
 * for TOKEN_LIFE_UNSAID_S. Source: sources.md#oauth-client-credentials
 */
enum {
	TOKEN_ANSWER_MAX = 256 * 1024, /* bytes of a body */
	TOKEN_MAX = 16 * 1024,         /* bytes of one token */
	TOKEN_LIFE_UNSAID_S = 5 * 60,
	TOKEN_LIFE_MAX_S = 366 * 24 * 60 * 60,
};

struct token_answer {
	struct secret *access;  /* printable ASCII without blanks */
	struct secret *refresh; /* the same; NULL: none came, the one in use stays good */
	uint64_t life_s;        /* 1 to TOKEN_LIFE_MAX_S */
};

/*
 * Errors: ERR_FORMAT (no such answer), ERR_LIMIT, ERR_NOMEM; *out is untouched then. Messages show
 * nothing of the body.
 */
MUST_USE enum err_code token_answer_parse(struct slice body, struct token_answer *out,
    struct err *err);

/* Accepts a zeroed one, and leaves one. */
void token_answer_done(struct token_answer *a);
