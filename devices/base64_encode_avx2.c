/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/base64_encode_avx2.h"

#ifdef __x86_64__

#include <immintrin.h>

enum {
	BLOCK_GROUPS = 8,
	BLOCK_BYTES = 24,
	BLOCK_CHARS = 32,
	/* The second half of a block is loaded as 16 bytes from its 12th: 28 in all. */
	LEAST_GROUPS = 10,
};

/* The same 16 bytes in both lanes: in-lane byte shuffles look tables up with them. */
#define BOTH_LANES(...) _mm256_setr_epi8(__VA_ARGS__, __VA_ARGS__)

/*
 * Each lane takes 12 bytes to 16 characters. Every group is spread to the four bytes 1 0 2 1; two
 * multiplications shift its four values of 6 bits to where they belong, one byte each.
 *
 * What has to be added to a value to get its character depends on its range. The saturated
 * subtraction numbers the digits, '+' and '/' 1 to 12 and leaves 0 to all letters, of which the
 * comparison moves the capitals to an entry of their own.
 * Source: sources.md#base64-avx2
 */
__attribute__((target("avx2"))) size_t
base64_encode_avx2(const uint8_t *src, size_t ngroup, char *dst)
{
	const __m256i spread = BOTH_LANES(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10);
	const __m256i to_char =
	    BOTH_LANES('a' - 26, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52,
	        '0' - 52, '0' - 52, '0' - 52, '0' - 52, '+' - 62, '/' - 63, 'A', 0, 0);
	size_t done = 0;

	for (; ngroup - done >= LEAST_GROUPS; done += BLOCK_GROUPS) {
		__m128i front = _mm_loadu_si128((const __m128i *)(const void *)src);
		__m128i back = _mm_loadu_si128((const __m128i *)(const void *)(src + 12));
		__m256i v = _mm256_shuffle_epi8(
		    _mm256_inserti128_si256(_mm256_castsi128_si256(front), back, 1), spread);
		__m256i odd = _mm256_mulhi_epu16(_mm256_and_si256(v, _mm256_set1_epi32(0x0fc0fc00)),
		    _mm256_set1_epi32(0x04000040));
		__m256i even =
		    _mm256_mullo_epi16(_mm256_and_si256(v, _mm256_set1_epi32(0x003f03f0)),
		        _mm256_set1_epi32(0x01000010));
		__m256i range;

		v = _mm256_or_si256(odd, even);
		range = _mm256_or_si256(_mm256_subs_epu8(v, _mm256_set1_epi8(51)),
		    _mm256_and_si256(_mm256_cmpgt_epi8(_mm256_set1_epi8(26), v),
		        _mm256_set1_epi8(13)));
		v = _mm256_add_epi8(v, _mm256_shuffle_epi8(to_char, range));
		_mm256_storeu_si256((__m256i *)(void *)dst, v);
		src += BLOCK_BYTES;
		dst += BLOCK_CHARS;
	}
	return done;
}

#endif
