/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/slice.h"

/*
 * What a token tells of whoever signed in. Nothing is decided on it but what people are told, and
 * that a sign-in to another tenant is refused: so the signature is not looked at. An access token is
 * opaque by contract, and need not tell anything. Source: sources.md#token-claims
 */
enum { TOKEN_TENANT_SIZE = 40, TOKEN_ACCOUNT_SIZE = 256, TOKEN_ROLES_SIZE = 512 };

enum token_mfa { TOKEN_MFA_UNKNOWN, TOKEN_MFA_DONE, TOKEN_MFA_MISSING };

/* Texts are UTF-8, and empty if the token does not tell. A plain value. */
struct token_claims {
	char tenant[TOKEN_TENANT_SIZE];
	char account[TOKEN_ACCOUNT_SIZE]; /* "admin@northwind.example" */
	char roles[TOKEN_ROLES_SIZE];     /* "Global Administrator, Global Reader"; ids of others */
	enum token_mfa mfa;
};

/*
 * Adds to *c what the token tells and nobody has told before. False: it is no JWT that can be read;
 * *c is untouched then, also without memory.
 */
bool token_claims_add(struct token_claims *c, struct slice token);
