/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

/*
 * Strict base64 with the standard alphabet (RFC 4648 section 4), in bulk.
 *
 * The decoder exists twice: a vector version for AVX2 and a plain table version, which is the
 * oracle of the tests and serves every other machine. Which one runs follows from what the
 * processor said when the program started; base64_decode_plain() is exported for tests and the
 * benchmark alone.
 *
 * Threads: any number at once.
 */

/* Bytes that a decoder may write for len characters: whole groups only. */
#define BASE64_DECODED_MAX(len) ((len) / 4 * 3)

/*
 * Decodes whole groups of four characters from the start of text until a character outside the
 * alphabet ('=' is outside) or fewer than four characters are left. Returns the number of
 * characters taken, always a multiple of 4. dst has room for BASE64_DECODED_MAX(text.len) bytes;
 * the first 3/4 of what was taken are the result, the rest of that room may have been scribbled on.
 *
 * The first bad character, if any, is among the next four: the caller looks for it.
 */
size_t base64_decode(struct slice text, uint8_t *dst);
size_t base64_decode_plain(struct slice text, uint8_t *dst);

/*
 * The value (0 to 63) of one character, or -1 if it is not of the alphabet.
 */
int base64_value(char c);

/* Characters for n bytes with padding; ends are padded with '='. No NUL is written. */
#define BASE64_ENCODED_LEN(n) (((n) + 2) / 3 * 4)
void base64_encode(const uint8_t *src, size_t n, char *dst);
