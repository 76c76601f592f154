/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/err.h"

/*
 * The signed assertion with which a client proves itself instead of a secret: a JWT signed with
 * PS256 (and x5t#S256) or RS256 (and x5t). Source: sources.md#client-assertion
 */

enum { ASSERTION_ID_BYTES = 128 };

struct assertion_rules {
	const char *certificate; /* path of a PEM file; NULL: the signature is not proven */
	const char *client_id;
	const char *audience; /* the token endpoint, exactly */
	int64_t now_unix_s;
};

/*
 * Returns 0 and the assertion's own id, or the AADSTS number of what is wrong with it and a text
 * for people.
 */
unsigned assertion_check(const char *jwt, const struct assertion_rules *rules,
    char id[ASSERTION_ID_BYTES], const char **why);
