/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/slice.h"

/*
 * The records inside a hardware hash: how to walk them, and which form each type should have.
 * Shared by hardware_hash and hash_inventory. Everything borrows from the bytes that are walked.
 * Source: sources.md#hardware-hash-records
 */
enum hash_record_type {
	HASH_RECORD_SYSTEM = 1, /* the collecting tool and the OS */
	HASH_RECORD_PROCESSOR = 2,
	HASH_RECORD_PROCESSOR_MAKER = 3,
	HASH_RECORD_PROCESSOR_MODEL = 4,
	HASH_RECORD_RAM = 5,
	HASH_RECORD_DISK = 6,
	HASH_RECORD_DISK_NAME = 7,
	HASH_RECORD_NETWORK = 8,
	HASH_RECORD_DISPLAY = 9,
	HASH_RECORD_ENCLOSURE = 10,
	HASH_RECORD_OFFLINE_ID = 11,
	HASH_RECORD_UUID = 12,
	HASH_RECORD_TPM_VERSION = 13,
	HASH_RECORD_SERIAL = 14,
	HASH_RECORD_FIRMWARE_VENDOR = 15,
	HASH_RECORD_MANUFACTURER = 16,
	HASH_RECORD_MODEL = 17,
	HASH_RECORD_SKU = 18,
	HASH_RECORD_FAMILY = 19,
	HASH_RECORD_BOARD_MANUFACTURER = 20,
	HASH_RECORD_BOARD_PRODUCT = 21,
	HASH_RECORD_BOARD_VERSION = 22,
	HASH_RECORD_VERSION = 23,
	HASH_RECORD_PRODUCT_ID = 24,
	HASH_RECORD_EK = 25, /* the TPM's public endorsement key */
	HASH_RECORD_PART_NUMBER = 26,
	HASH_RECORD_DISPLAY_SIZE = 27,
	HASH_RECORD_SYSTEM_DISK = 28,
	HASH_RECORD_GPU = 29,
	HASH_RECORD_GPU_NAME = 30,
	HASH_RECORD_CORE_CLASSES = 34,
	HASH_RECORD_35 = 35, /* of unknown meaning */
	HASH_RECORD_LANGUAGE = 36,
	HASH_RECORD_ACTIVATION_ID = 37,
	NHASH_RECORD,
};

enum {
	HASH_RECORD_HEAD = 4, /* u16 type, u16 length of the record, these four bytes included */
	HASH_OS_FULL = 2,     /* of record 1; 1 is Windows PE */
	HASH_ID_TPM_EK = 1,   /* type of record 11: its id is SHA-256 of record 25 */
	HASH_EPOCH_UNIX_S = 946684800, /* record 1 counts from 2000-01-01T00:00:00Z */
};

struct hash_record {
	unsigned type;
	struct slice payload;
};

/*
 * The record at the front of *rest, which shrinks. False, and nothing changed, if it is not whole.
 */
bool hash_record_take(struct slice *rest, struct hash_record *out);

/* Is this one of enum hash_record_type? */
bool hash_record_is_known(unsigned type);

/* Of a known type: may there be several (one for each disk, adapter, display)? */
bool hash_record_repeats(unsigned type);

/*
 * Of a known type: is its size as it should be, also by the counts inside, and its text UTF-8,
 * closed by one NUL where there should be one? A reader may then use every field unchecked.
 */
bool hash_record_is_regular(const struct hash_record *r);

/* The payload as text: up to its first NUL, if there is one. */
struct slice hash_record_text(const struct hash_record *r);

/* Numbers at any address. */
static inline uint8_t
hash_record_u8(const char *p)
{
	return (uint8_t)*p;
}

static inline uint16_t
hash_record_u16(const char *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof v);
	return le16toh(v);
}

static inline uint32_t
hash_record_u32(const char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof v);
	return le32toh(v);
}

static inline uint64_t
hash_record_u64(const char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof v);
	return le64toh(v);
}
