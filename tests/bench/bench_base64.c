/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the base64 decoders compare with OpenSSL's, on texts as long as a hardware hash. All run by
 * turns in one process, so that whatever else the machine does meets all of them alike; only
 * the ratios of the medians mean anything.
 */
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <openssl/evp.h>

#include "devices/base64.h"

enum { CHARS = 4000, BYTES = CHARS / 4 * 3, ROUNDS = 301, CALLS = 100 };

typedef size_t decode_fn(struct slice text, uint8_t *dst);

static size_t
decode_openssl(struct slice text, uint8_t *dst)
{
	int n = EVP_DecodeBlock(dst, (const unsigned char *)text.ptr, (int)text.len);

	assert(n == BYTES);
	return text.len;
}

static int64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t
time_calls(decode_fn *decode, struct slice text)
{
	static uint8_t bytes[BYTES];
	int64_t start = now_ns();

	for (int i = 0; i < CALLS; i++) {
		size_t taken = decode(text, bytes);

		assert(taken == text.len);
	}
	return now_ns() - start;
}

static int
compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a;
	int64_t y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static double
median(int64_t sample[ROUNDS])
{
	qsort(sample, ROUNDS, sizeof sample[0], compare);
	return (double)sample[ROUNDS / 2];
}

static bool
has_avx2(void)
{
#ifdef __x86_64__
	return __builtin_cpu_supports("avx2");
#else
	return false;
#endif
}

int
main(void)
{
	static int64_t openssl[ROUNDS], plain[ROUNDS], best[ROUNDS];
	uint8_t bytes[BYTES];
	char chars[CHARS];
	struct slice text = { chars, sizeof chars };
	double yardstick;

	for (uint32_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * UINT32_C(2654435761) >> 24);
	base64_encode(bytes, sizeof bytes, chars);
	for (int i = 0; i < ROUNDS; i++) {
		openssl[i] = time_calls(decode_openssl, text);
		plain[i] = time_calls(base64_decode_plain, text);
		best[i] = time_calls(base64_decode, text);
	}

	yardstick = median(openssl);
	printf("base64 plain vs EVP_DecodeBlock: %.2fx (goal 0.9x)\n", yardstick / median(plain));
	if (has_avx2())
		printf("base64 avx2 vs EVP_DecodeBlock: %.2fx (goal 3.0x)\n",
		    yardstick / median(best));
	return 0;
}
