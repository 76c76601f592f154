/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/token_seal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/err.h>

#include "tests/unit/alloc_fault.h"
#include "tests/unit/free_watch.h"

enum { FRAME = 1 + 12 + 16, SEALED_MAX = TOKEN_SEAL_MAX + FRAME };

static const struct slice name = { "partner/northwind", 17 };

static struct secret *
secret_of(const char *text, size_t len)
{
	struct secret *s = NULL;
	struct err err;

	assert_int_equal(secret_new(text, len, &s, &err), ERR_OK);
	return s;
}

static struct secret *
key_of(char c)
{
	char bytes[TOKEN_SEAL_KEY_BYTES];

	memset(bytes, c, sizeof bytes);
	return secret_of(bytes, sizeof bytes);
}

/* Counts up, so that what is sealed is the same each time. */
static enum err_code
count_up(void *arg, void *out, size_t len, struct err *err)
{
	(void)arg;
	(void)err;
	for (size_t i = 0; i < len; i++)
		((char *)out)[i] = (char)i;
	return ERR_OK;
}

static const struct random counting = { count_up, NULL };

static void
there_and_back(void **state)
{
	static char longest[TOKEN_SEAL_MAX];
	static const struct {
		const char *title;
		const char *token;
		size_t len;
	} tc[] = {
		{ "a token", "1.AXkA", 6 },
		{ "bytes", "\0\r\n\xff", 4 },
		{ "nothing", "", 0 },
		{ "the longest", longest, sizeof longest },
	};
	struct secret *key = key_of('k');

	(void)state;
	memset(longest, 'x', sizeof longest);
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct secret *token = secret_of(tc[i].token, tc[i].len), *back = NULL;
		struct err err;
		struct buf b;

		print_message("  %s\n", tc[i].title);
		buf_init(&b, SEALED_MAX + 4);
		buf_add_str(&b, "mark"); /* it appends */
		assert_int_equal(token_seal(key, name, token, random_system(), &b, &err), ERR_OK);
		assert_int_equal(b.len, 4 + FRAME + tc[i].len);
		assert_memory_equal(b.ptr, "mark\1", 5);
		assert_int_equal(token_unseal(key, name, slice_from(buf_slice(&b), 4), &back, &err),
		    ERR_OK);
		assert_true(slice_eq(secret_get(back), (struct slice){ tc[i].token, tc[i].len }));
		buf_done(&b);
		secret_free(back);
		secret_free(token);
	}
	secret_free(key);
}

/*
 * What is in stores out there must stay readable. Made independently, with the AESGCM of Python's
 * cryptography.
 */
static void
known_form(void **state)
{
	static const unsigned char want[] = { 0x01, 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07,
		0x08, 0x09, 0x0a, 0x0b, 0x5b, 0xf3, 0xb5, 0x76, 0x6f, 0x91, 0xe6, 0xac, 0xd0, 0x8d,
		0xce, 0x1b, 0xcd, 0xe4, 0xfa, 0x5e, 0xfa, 0xeb, 0xe0, 0xd9, 0x00, 0xa8 };
	struct secret *key = key_of('k'), *token = secret_of("1.AXkA", 6);
	struct err err;
	struct buf b;

	(void)state;
	buf_init(&b, SEALED_MAX);
	assert_int_equal(token_seal(key, name, token, &counting, &b, &err), ERR_OK);
	assert_int_equal(b.len, sizeof want);
	assert_memory_equal(b.ptr, want, sizeof want);
	buf_done(&b);
	secret_free(token);
	secret_free(key);
}

static void
never_the_same_twice(void **state)
{
	struct secret *key = key_of('k'), *token = secret_of("1.AXkA", 6);
	struct err err;
	struct buf a, b;

	(void)state;
	buf_init(&a, SEALED_MAX);
	buf_init(&b, SEALED_MAX);
	assert_int_equal(token_seal(key, name, token, random_system(), &a, &err), ERR_OK);
	assert_int_equal(token_seal(key, name, token, random_system(), &b, &err), ERR_OK);
	assert_memory_not_equal(a.ptr + 1, b.ptr + 1, 12);
	assert_memory_not_equal(a.ptr + 13, b.ptr + 13, 6);
	buf_done(&a);
	buf_done(&b);
	secret_free(token);
	secret_free(key);
}

static void
assert_closed(const struct secret *key, struct slice of, struct slice sealed, const char *msg)
{
	char somewhere;
	struct secret *out = (void *)&somewhere;
	struct err err;

	assert_int_equal(token_unseal(key, of, sealed, &out, &err), ERR_FORMAT);
	assert_string_equal(err.msg, msg);
	assert_ptr_equal(out, &somewhere);
	assert_int_equal(ERR_peek_error(), 0);
}

static void
stays_closed(void **state)
{
	static const char changed[] =
	    "the sealed token does not open: it was changed, or is of another key or name";
	struct secret *key = key_of('k'), *other = key_of('o'),
	              *half = secret_of("0123456789abcdef", 16);
	struct secret *token = secret_of("1.AXkA", 6);
	struct slice sealed;
	struct err err;
	struct buf b;

	(void)state;
	buf_init(&b, SEALED_MAX + 1);
	assert_int_equal(token_seal(key, name, token, random_system(), &b, &err), ERR_OK);
	sealed = buf_slice(&b);

	assert_closed(other, name, sealed, changed);
	assert_closed(key, slice_of("partner/other"), sealed, changed);
	assert_closed(key, slice_head(name, name.len - 1), sealed, changed);
	assert_closed(half, name, sealed, "the seal key has 16 bytes; it must have 32");
	assert_closed(key, name, (struct slice){ NULL, 0 }, "a sealed token is never 0 bytes long");
	assert_closed(key, name, slice_head(sealed, FRAME - 1),
	    "a sealed token is never 28 bytes long");
	for (size_t len = FRAME; len < sealed.len; len++)
		assert_closed(key, name, slice_head(sealed, len), changed);
	b.ptr[0] = 2;
	assert_closed(key, name, sealed,
	    "a sealed token of version 2; this program knows version 1 only");
	b.ptr[0] = (char)0xff;
	assert_closed(key, name, sealed,
	    "a sealed token of version 255; this program knows version 1 only");
	b.ptr[0] = 1;
	for (size_t i = 1; i < sealed.len; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			b.ptr[i] = (char)(b.ptr[i] ^ (1 << bit));
			assert_closed(key, name, sealed, changed);
			b.ptr[i] = (char)(b.ptr[i] ^ (1 << bit));
		}
	}
	assert_true(buf_reserve(&b, SEALED_MAX + 1 - b.len));
	memset(b.ptr + b.len, 0, SEALED_MAX + 1 - b.len);
	assert_closed(key, name, (struct slice){ b.ptr, SEALED_MAX + 1 },
	    "a sealed token is never 65566 bytes long");
	assert_closed(key, name, (struct slice){ b.ptr, SEALED_MAX }, changed);
	buf_done(&b);
	secret_free(token);
	secret_free(half);
	secret_free(other);
	secret_free(key);
}

static enum err_code
no_chance(void *arg, void *out, size_t len, struct err *err)
{
	(void)arg;
	(void)out;
	(void)len;
	return err_set(err, ERR_IO, "no randomness");
}

static void
cannot_seal(void **state)
{
	static const struct random none = { no_chance, NULL };
	static char longer[TOKEN_SEAL_MAX + 1];
	struct secret *key = key_of('k'), *half = secret_of("0123456789abcdef", 16);
	struct secret *token = secret_of("1.AXkA", 6), *huge = secret_of(longer, sizeof longer);
	const struct {
		const char *title;
		const struct secret *key;
		const struct secret *token;
		const struct random *random;
		size_t max;
		enum err_code want;
		const char *msg;
	} tc[] = {
		{ "short key", half, token, random_system(), 100, ERR_FORMAT,
		    "the seal key has 16 bytes; it must have 32" },
		{ "token too long", key, huge, random_system(), 100, ERR_LIMIT,
		    "a token of 65537 bytes; at most 65536 are sealed" },
		{ "no randomness", key, token, &none, 100, ERR_IO, "no randomness" },
		{ "no room", key, token, random_system(), FRAME + 5, ERR_LIMIT,
		    "longer than 34 bytes" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct err err;
		struct buf b;

		print_message("  %s\n", tc[i].title);
		buf_init(&b, tc[i].max);
		assert_int_equal(token_seal(tc[i].key, name, tc[i].token, tc[i].random, &b, &err),
		    tc[i].want);
		assert_string_equal(err.msg, tc[i].msg);
		assert_int_equal(b.len, 0);
		buf_done(&b);
	}
	secret_free(huge);
	secret_free(token);
	secret_free(half);
	secret_free(key);
}

static void
try_both(void *arg)
{
	struct secret *key = arg, *token, *back = NULL;
	enum err_code rc;
	struct err err;
	struct buf b;

	buf_init(&b, SEALED_MAX);
	if ((rc = secret_new("SECRET", 6, &token, &err))) {
		assert_int_equal(rc, ERR_NOMEM);
		return;
	}
	rc = token_seal(key, name, token, random_system(), &b, &err);
	if (!rc)
		rc = token_unseal(key, name, buf_slice(&b), &back, &err);
	assert_int_equal(rc, alloc_fault_hit() ? ERR_NOMEM : ERR_OK);
	assert_int_equal(back != NULL, rc == ERR_OK);
	buf_done(&b);
	secret_free(back);
	secret_free(token);
}

static void
memory_runs_out(void **state)
{
	struct secret *key = key_of('k');

	(void)state;
	free_watch("SECRET"); /* on all these ways nothing is left behind either */
	assert_int_equal(alloc_fault_sweep(try_both, key), 5);
	assert_int_equal(free_watch_seen(), 0);
	free_watch(NULL);
	secret_free(key);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(known_form),
		cmocka_unit_test(never_the_same_twice),
		cmocka_unit_test(stays_closed),
		cmocka_unit_test(cannot_seal),
		cmocka_unit_test(memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
