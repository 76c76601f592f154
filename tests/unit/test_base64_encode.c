/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/base64_encode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

enum { GROUPS_MAX = 200 };

typedef void encode_fn(const uint8_t *src, size_t ngroup, char *dst);

/* From and to memory of exactly the right size, so that the sanitizer sees a byte too many. */
static void
check(encode_fn *encode, const uint8_t *bytes, size_t ngroup)
{
	uint8_t *src = malloc(3 * ngroup + 1);
	char *dst = malloc(4 * ngroup + 1);
	unsigned char want[4 * GROUPS_MAX + 1];

	assert_non_null(src);
	assert_non_null(dst);
	src = realloc(src, ngroup > 0 ? 3 * ngroup : 1);
	dst = realloc(dst, ngroup > 0 ? 4 * ngroup : 1);
	assert_non_null(src);
	assert_non_null(dst);
	memcpy(src, bytes, 3 * ngroup);
	encode(src, ngroup, dst);
	EVP_EncodeBlock(want, bytes, (int)(3 * ngroup));
	assert_memory_equal(dst, want, 4 * ngroup);
	free(src);
	free(dst);
}

static void
check_both(const uint8_t *bytes, size_t ngroup)
{
	check(base64_encode_groups, bytes, ngroup);
	check(base64_encode_groups_plain, bytes, ngroup);
}

/* OpenSSL says what is right, for every length up to several vector blocks. */
static void
random_bytes(void **state)
{
	uint8_t bytes[3 * GROUPS_MAX];
	uint32_t seed = 1;

	(void)state;
	for (size_t ngroup = 0; ngroup <= GROUPS_MAX; ngroup++) {
		for (size_t i = 0; i < 3 * ngroup; i++) {
			seed = seed * UINT32_C(1664525) + UINT32_C(1013904223);
			bytes[i] = (uint8_t)(seed >> 24);
		}
		check_both(bytes, ngroup);
	}
}

/* Every value of 6 bits at every place of a vector block. */
static void
every_value(void **state)
{
	uint8_t bytes[3 * 32];

	(void)state;
	for (unsigned shift = 0; shift < 64; shift++) {
		for (unsigned i = 0; i < 32; i++) {
			uint32_t v = 0;

			for (unsigned k = 0; k < 4; k++)
				v = v << 6 | (4 * i + k + shift) % 64;
			bytes[3 * i] = (uint8_t)(v >> 16);
			bytes[3 * i + 1] = (uint8_t)(v >> 8);
			bytes[3 * i + 2] = (uint8_t)v;
		}
		check_both(bytes, 32);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_bytes),
		cmocka_unit_test(every_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
