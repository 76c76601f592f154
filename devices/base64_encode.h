/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Encodes in bulk what devices/base64.h encodes in full: whole groups of three bytes, 4 characters
 * each, without an end. For writers of bodies, which produce a text piece by piece.
 *
 * Like the decoder it exists twice; base64_encode_groups_plain() is exported for tests and the
 * benchmark alone.
 *
 * Threads: any number at once.
 */

/* Reads 3 * ngroup bytes, writes 4 * ngroup characters. No NUL is written. */
void base64_encode_groups(const uint8_t *src, size_t ngroup, char *dst);
void base64_encode_groups_plain(const uint8_t *src, size_t ngroup, char *dst);
