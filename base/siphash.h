/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * SipHash-2-4 with a 128-bit key: the hash for tables whose keys come from outside, so that
 * nobody can choose keys that collide. Source: sources.md#siphash
 */
uint64_t siphash(const uint8_t key[16], const void *data, size_t len);
