/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

/*
 * The vector half of devices/base64.h, for that module alone. Only on x86-64, and only for
 * processors with AVX2: the caller asks first.
 */
#ifdef __x86_64__

/*
 * Decodes blocks of 32 characters until one holds a character outside the alphabet, or too few are
 * left for a whole store within BASE64_DECODED_MAX(text.len). Returns the number of characters
 * taken, a multiple of 32. What follows may be good: the plain decoder goes on from there.
 */
size_t base64_avx2_decode(struct slice text, uint8_t *dst);

#endif
