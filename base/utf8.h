/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

/*
 * Characters in UTF-8. Well formed is what RFC 3629 says: no overlong forms, no surrogates, nothing
 * beyond U+10FFFF. Source: sources.md#utf-8
 */
enum { UTF8_MAX = 4 }; /* bytes of the longest character */

/*
 * The length of the character at the front of s, which is not empty: 0 if it is not well formed,
 * more than s.len if only its beginning is there.
 */
size_t utf8_length(struct slice s);

/*
 * Takes the character at the front of *s, which is not empty, and returns its code point; -1, and one
 * byte is taken, if there is none that is whole.
 */
int32_t utf8_take(struct slice *s);

/* Writes a code point other than a surrogate; returns the length. No NUL is written behind it. */
size_t utf8_put(char dst[UTF8_MAX], uint32_t point);

/* The first n bytes of s, less if they would end inside a character. */
struct slice utf8_head(struct slice s, size_t n);

/*
 * Would this code point drive a terminal: a control character, one that begins a line, or one that
 * turns the direction of writing?
 */
bool utf8_drives_terminal(int32_t point);
