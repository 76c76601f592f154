/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/base64_encode.h"

#include <string.h>

#include "devices/base64_encode_avx2.h"

/*
 * The two characters of every 12 bits, one pair after the other: half as many look-ups as with the
 * alphabet of 64. P(a, b) is the pair of the 6 bits a and b, made by the preprocessor.
 */
#define CHAR(v) \
	((char)((v) < 26    ? 'A' + (v) \
	        : (v) < 52  ? 'a' + (v)-26 \
	        : (v) < 62  ? '0' + (v)-52 \
	        : (v) == 62 ? '+' \
	                    : '/'))
#define P(a, b) CHAR(a), CHAR(b)
#define P4(a, b) P(a, b), P(a, (b) + 1), P(a, (b) + 2), P(a, (b) + 3)
#define P16(a, b) P4(a, b), P4(a, (b) + 4), P4(a, (b) + 8), P4(a, (b) + 12)
#define P64(a) P16(a, 0), P16(a, 16), P16(a, 32), P16(a, 48)
#define P256(a) P64(a), P64((a) + 1), P64((a) + 2), P64((a) + 3)
#define P1024(a) P256(a), P256((a) + 4), P256((a) + 8), P256((a) + 12)

static const char pair[2 * 4096] = { P1024(0), P1024(16), P1024(32), P1024(48) };

void
base64_encode_groups_plain(const uint8_t *src, size_t ngroup, char *dst)
{
	for (; ngroup > 0; ngroup--, src += 3, dst += 4) {
		unsigned high = (unsigned)src[0] << 4 | src[1] >> 4;
		unsigned low = (src[1] & 0xfu) << 8 | src[2];

		memcpy(dst, &pair[2 * high], 2);
		memcpy(dst + 2, &pair[2 * low], 2);
	}
}

void
base64_encode_groups(const uint8_t *src, size_t ngroup, char *dst)
{
	size_t done = 0;

#ifdef __x86_64__
	if (__builtin_cpu_supports("avx2"))
		done = base64_encode_avx2(src, ngroup, dst);
#endif
	base64_encode_groups_plain(src + 3 * done, ngroup - done, dst + 4 * done);
}
