/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * The vector half of devices/base64_encode.h, for that module alone. Only on x86-64, and only for
 * processors with AVX2: the caller asks first.
 */
#ifdef __x86_64__

/*
 * Encodes blocks of 8 groups while a whole load stays within the 3 * ngroup bytes. Returns the
 * number of groups done, a multiple of 8; the plain encoder goes on from there.
 */
size_t base64_encode_avx2(const uint8_t *src, size_t ngroup, char *dst);

#endif
