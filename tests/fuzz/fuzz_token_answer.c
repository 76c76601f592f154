/* SPDX-License-Identifier: Apache-2.0 */

#include <assert.h>
#include <string.h>

#include "auth/token_answer.h"

/*
 * Tokens that come out fit into a header line and under the ceilings; an error leaves the output
 * alone and says nothing of the body.
 */

static void
check_token(const struct secret *token, struct slice body)
{
	struct slice s = secret_get(token);

	assert(s.len > 0 && s.len <= TOKEN_MAX && s.len < body.len);
	for (size_t i = 0; i < s.len; i++)
		assert(s.ptr[i] > ' ' && s.ptr[i] <= '~');
}

/* One of the few messages there are. */
static bool
is_ours(const char *msg)
{
	static const char *const begin[] = { "the answer is not a JSON object",
		"token_type is not ", "expires_in is no ", "there is no access_token",
		"access_token ", "refresh_token ", "longer than " };

	for (size_t i = 0; i < sizeof begin / sizeof begin[0]; i++) {
		if (strncmp(msg, begin[i], strlen(begin[i])) == 0)
			return strlen(msg) < 64;
	}
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice body = { (const char *)data, size };
	struct token_answer a = { .life_s = UINT64_MAX };
	struct err err = { .code = ERR_OK };

	if (token_answer_parse(body, &a, &err)) {
		assert(err.code == ERR_FORMAT || err.code == ERR_LIMIT);
		assert(is_ours(err.msg));
		assert(!a.access && !a.refresh && a.life_s == UINT64_MAX);
		return 0;
	}
	assert(a.life_s > 0 && a.life_s <= TOKEN_LIFE_MAX_S);
	check_token(a.access, body);
	if (a.refresh)
		check_token(a.refresh, body);
	token_answer_done(&a);
	return 0;
}
