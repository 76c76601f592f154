/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "devices/base64.h"
#include "devices/hardware_hash.h"

/* A hash as the store keeps it: decoded, without the zero bytes that make it up to its length. */
enum { STORED_HASH_ROOM = BASE64_DECODED_MAX(HARDWARE_HASH_CHARS) };

/* text: of a hash that passed the checks, or empty. False: there is none. */
bool stored_hash_make(struct slice text, uint8_t out[STORED_HASH_ROOM], uint32_t *used);
