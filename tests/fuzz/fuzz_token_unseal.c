/* SPDX-License-Identifier: Apache-2.0 */

#include <assert.h>

#include "auth/token_seal.h"

/*
 * Nobody makes up a sealed token: what opens was sealed by us. The input is tried as it stands, and
 * as a token that is sealed, found to open, and changed at a place that the input chooses.
 */

static const struct slice name = { "partner/northwind", 17 };

static struct secret *
secret_of(const void *bytes, size_t len)
{
	struct secret *s;
	struct err err;
	enum err_code rc = secret_new(bytes, len, &s, &err);

	assert(!rc);
	return s;
}

static void
assert_closed(const struct secret *key, struct slice sealed)
{
	struct secret *out = NULL;
	struct err err = { .code = ERR_OK };
	enum err_code rc = token_unseal(key, name, sealed, &out, &err);

	assert(rc == ERR_FORMAT && err.code == rc && !out);
}

static void
seal_and_change(const struct secret *key, const struct secret *token, const uint8_t *data)
{
	struct secret *back = NULL;
	enum err_code rc;
	struct err err;
	struct buf b;
	size_t at;

	buf_init(&b, TOKEN_SEAL_MAX + 64);
	rc = token_seal(key, name, token, random_system(), &b, &err);
	assert(!rc);
	rc = token_unseal(key, name, buf_slice(&b), &back, &err);
	assert(!rc && slice_eq(secret_get(back), secret_get(token)));
	secret_free(back);
	at = (data[0] | (size_t)data[1] << 8) % b.len;
	b.ptr[at] = (char)(b.ptr[at] ^ (1 << (data[2] & 7)));
	assert_closed(key, buf_slice(&b));
	assert_closed(key, slice_head(buf_slice(&b), at));
	buf_done(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct secret *key = secret_of("0123456789abcdef0123456789abcdef", TOKEN_SEAL_KEY_BYTES);

	assert_closed(key, (struct slice){ (const char *)data, size });
	if (size >= 3 && size - 3 <= TOKEN_SEAL_MAX) {
		struct secret *token = secret_of(data + 3, size - 3);

		seal_and_change(key, token, data);
		secret_free(token);
	}
	secret_free(key);
	return 0;
}
