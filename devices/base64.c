/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/base64.h"

#include "devices/base64_avx2.h"

/*
 * A table of 256 entries, E(0) to E(255), made by the preprocessor: constant data without 1024
 * numbers that nobody can check.
 */
#define ROW4(E, c) E(c), E((c) + 1), E((c) + 2), E((c) + 3)
#define ROW16(E, c) ROW4(E, c), ROW4(E, (c) + 4), ROW4(E, (c) + 8), ROW4(E, (c) + 12)
#define ROW64(E, c) ROW16(E, c), ROW16(E, (c) + 16), ROW16(E, (c) + 32), ROW16(E, (c) + 48)
#define TABLE(E) \
	{ \
		ROW64(E, 0), ROW64(E, 64), ROW64(E, 128), ROW64(E, 192) \
	}

#define VALUE(c) \
	((c) >= 'A' && (c) <= 'Z'          ? (c) - 'A' \
	        : (c) >= 'a' && (c) <= 'z' ? (c) - 'a' + 26 \
	        : (c) >= '0' && (c) <= '9' ? (c) - '0' + 52 \
	        : (c) == '+'               ? 62 \
	        : (c) == '/'               ? 63 \
	                                   : -1)

/*
 * For each place in a group of four: where the 6 bits of a character belong in three bytes, the
 * first byte lowest. BAD is above all of them, so that one test judges a group.
 */
#define BAD UINT32_C(0x80000000)
#define BITS(c) ((uint32_t)(VALUE(c) & 63))
#define PLACED(c, bits) (VALUE(c) < 0 ? BAD : (bits))
#define FIRST(c) PLACED(c, BITS(c) << 2)
#define SECOND(c) PLACED(c, BITS(c) >> 4 | (BITS(c) & 0xf) << 12)
#define THIRD(c) PLACED(c, BITS(c) >> 2 << 8 | (BITS(c) & 0x3) << 22)
#define FOURTH(c) PLACED(c, BITS(c) << 16)

static const uint32_t place[4][256] = {
	TABLE(FIRST),
	TABLE(SECOND),
	TABLE(THIRD),
	TABLE(FOURTH),
};

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t
base64_decode_plain(struct slice text, uint8_t *dst)
{
	size_t taken = 0;

	for (; text.len - taken >= 4; taken += 4, dst += 3) {
		const unsigned char *c = (const unsigned char *)text.ptr + taken;
		uint32_t bits = place[0][c[0]] | place[1][c[1]] | place[2][c[2]] | place[3][c[3]];

		if (bits & BAD)
			break;
		dst[0] = (uint8_t)bits;
		dst[1] = (uint8_t)(bits >> 8);
		dst[2] = (uint8_t)(bits >> 16);
	}
	return taken;
}

size_t
base64_decode(struct slice text, uint8_t *dst)
{
#ifdef __x86_64__
	/* A load and a test: the processor was asked when the program started. */
	if (text.len != 0 && __builtin_cpu_supports("avx2")) {
		size_t taken = base64_avx2_decode(text, dst);
		struct slice rest = slice_from(text, taken);

		return taken + base64_decode_plain(rest, dst + BASE64_DECODED_MAX(taken));
	}
#endif
	return base64_decode_plain(text, dst);
}

int
base64_value(char c)
{
	uint32_t bits = place[3][(unsigned char)c];

	return bits & BAD ? -1 : (int)(bits >> 16);
}

void
base64_encode(const uint8_t *src, size_t n, char *dst)
{
	for (; n >= 3; n -= 3, src += 3, dst += 4) {
		dst[0] = alphabet[src[0] >> 2];
		dst[1] = alphabet[(src[0] & 0x3) << 4 | src[1] >> 4];
		dst[2] = alphabet[(src[1] & 0xf) << 2 | src[2] >> 6];
		dst[3] = alphabet[src[2] & 0x3f];
	}
	if (n != 0) {
		unsigned second = n == 2 ? src[1] : 0;

		dst[0] = alphabet[src[0] >> 2];
		dst[1] = alphabet[(src[0] & 0x3u) << 4 | second >> 4];
		dst[2] = n == 2 ? alphabet[(second & 0xf) << 2] : '=';
		dst[3] = '=';
	}
}
