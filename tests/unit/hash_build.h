/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Makes synthetic hardware hashes for tests, record by record. Shares no code with the reader in
 * devices/, and takes its base64 and SHA-256 from OpenSSL, so that a slip in one shows in the
 * other.
 *
 *	struct hash_build b;
 *	char text[HASH_BUILD_CHARS + 1];
 *
 *	hash_build_init(&b);
 *	hash_build_device(&b, "SN1", "Contoso", "Book 14", uuid, 1741064767);
 *	hash_build_text_record(&b, 24, "3305517000001");
 *	hash_build_finish(&b, text);
 */
enum { HASH_BUILD_BYTES = 3000, HASH_BUILD_CHARS = 4000 };

struct hash_build {
	uint8_t bytes[HASH_BUILD_BYTES];
	size_t len; /* the total so far: head and records */
};

void hash_build_init(struct hash_build *b);

/* A record of any content; asserts that it fits. */
void hash_build_record(struct hash_build *b, unsigned type, const void *payload, size_t len);

/* A record of text and its NUL. */
void hash_build_text_record(struct hash_build *b, unsigned type, const char *text);

/*
 * The records of a physical laptop in a full OS, so that the hash verifies without any note but
 * HASH_NOTE_NO_PRODUCT_ID: record 24 is the caller's. uuid: 16 bytes as in SMBIOS, or NULL
 * for no record 12. The TPM's key, the disk and the MAC address follow from serial alone.
 */
void hash_build_device(struct hash_build *b, const char *serial, const char *manufacturer,
    const char *model, const uint8_t *uuid, int64_t collected_unix_s);

/*
 * Fills in total, checksum and padding; text is terminated. bytes then holds the whole hash. More
 * records may be added afterwards and the hash be finished again.
 */
void hash_build_finish(struct hash_build *b, char text[HASH_BUILD_CHARS + 1]);

/* Base64 of bytes as they are now, for tests that damage them after hash_build_finish(). */
void hash_build_encode(const struct hash_build *b, char text[HASH_BUILD_CHARS + 1]);
