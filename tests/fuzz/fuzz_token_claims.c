/* SPDX-License-Identifier: Apache-2.0 */

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "auth/token_answer.h"
#include "auth/token_claims.h"

/*
 * What comes out is text that ends and that the token can have held; what cannot be read changes
 * nothing.
 */

static void
check_text(const char *text, size_t size)
{
	assert(memchr(text, '\0', size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice token = { (const char *)data, size };
	struct token_claims c, again;

	memset(&c, 0, sizeof c);
	memset(&again, 0, sizeof again);
	if (!token_claims_add(&c, token)) {
		assert(memcmp(&c, &again, sizeof c) == 0);
		return 0;
	}
	assert(size <= TOKEN_MAX && memchr(data, '.', size));
	check_text(c.tenant, sizeof c.tenant);
	check_text(c.account, sizeof c.account);
	check_text(c.roles, sizeof c.roles);
	assert(c.mfa <= TOKEN_MFA_MISSING);
	again = c;
	assert(token_claims_add(&again, token)); /* the same again adds nothing */
	assert(memcmp(&c, &again, sizeof c) == 0);
	return 0;
}
