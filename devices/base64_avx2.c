/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/base64_avx2.h"

#ifdef __x86_64__

#include <immintrin.h>

enum {
	BLOCK_CHARS = 32,
	BLOCK_BYTES = 24,
	/*
	 * A block is stored as a whole register, 8 bytes more than its own: 11 groups have room for
	 * it.
	 */
	LEAST_LEFT = 44,
};

/* The same 16 bytes in both lanes: in-lane byte shuffles look tables up with them. */
#define BOTH_LANES(...) _mm256_setr_epi8(__VA_ARGS__, __VA_ARGS__)

/*
 * Nothing here looks at single characters. The alphabet is described by nibbles: a character is bad
 * if the classes of its high and its low nibble have a bit in common. What has to be added
 * to a good one to get its value depends on the high nibble alone, but for '/', which shares
 * its nibble with '+'; the comparison moves it to an entry of its own.
 * Source: sources.md#base64-avx2
 *
 * The compiler clears the upper halves at the end (vzeroupper): the SHA instructions that
 * run next would pay dearly for them.
 */
__attribute__((target("avx2"))) size_t
base64_avx2_decode(struct slice text, uint8_t *dst)
{
	const __m256i low_class = BOTH_LANES(0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
	    0x11, 0x13, 0x1a, 0x1b, 0x1b, 0x1b, 0x1a);
	const __m256i high_class = BOTH_LANES(0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08, 0x10,
	    0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10);
	const __m256i to_value = BOTH_LANES(0, 63 - '/', 62 - '+', 52 - '0', -'A', -'A', 26 - 'a',
	    26 - 'a', 0, 0, 0, 0, 0, 0, 0, 0);
	const __m256i to_memory =
	    BOTH_LANES(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
	const __m256i join_lanes = _mm256_setr_epi32(0, 1, 2, 4, 5, 6, -1, -1);
	const __m256i nibble = _mm256_set1_epi8(0x0f);
	const __m256i slash = _mm256_set1_epi8('/');
	size_t taken = 0;

	for (; text.len - taken >= LEAST_LEFT; taken += BLOCK_CHARS) {
		__m256i c = _mm256_loadu_si256((const __m256i *)(const void *)(text.ptr + taken));
		__m256i high = _mm256_and_si256(_mm256_srli_epi32(c, 4), nibble);
		__m256i low = _mm256_and_si256(c, nibble);
		__m256i is_slash = _mm256_cmpeq_epi8(c, slash);

		if (!_mm256_testz_si256(_mm256_shuffle_epi8(low_class, low),
		        _mm256_shuffle_epi8(high_class, high)))
			break;

		/* is_slash is -1 where true, which makes 2, the nibble of '+' and '/', a 1. */
		c = _mm256_add_epi8(c,
		    _mm256_shuffle_epi8(to_value, _mm256_add_epi8(high, is_slash)));

		/* Four values of 6 bits to two of 12, to one of 24, to three bytes in order. */
		c = _mm256_maddubs_epi16(c, _mm256_set1_epi32(0x01400140));
		c = _mm256_madd_epi16(c, _mm256_set1_epi32(0x00011000));
		c = _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(c, to_memory), join_lanes);
		_mm256_storeu_si256((__m256i *)(void *)dst, c);
		dst += BLOCK_BYTES;
	}
	return taken;
}

#endif
