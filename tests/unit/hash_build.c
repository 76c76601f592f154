/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/hash_build.h"

#include <assert.h>
#include <string.h>

#include <openssl/evp.h>

enum { EPOCH_2000 = 946684800, CHECKSUM_RECORD = 36 };

static void
put_le(uint8_t *p, size_t width, uint64_t value)
{
	for (size_t i = 0; i < width; i++)
		p[i] = (uint8_t)(value >> (8 * i));
}

static void
sha256(const void *data, size_t len, uint8_t digest[32])
{
	int ok = EVP_Digest(data, len, digest, NULL, EVP_sha256(), NULL);

	assert(ok == 1);
}

void
hash_build_init(struct hash_build *b)
{
	memset(b, 0, sizeof *b);
	memcpy(b->bytes, "OA", 2);
	b->len = 4;
}

void
hash_build_record(struct hash_build *b, unsigned type, const void *payload, size_t len)
{
	uint8_t *head = b->bytes + b->len;

	assert(b->len + 4 + len + CHECKSUM_RECORD <= sizeof b->bytes);
	put_le(head, 2, type);
	put_le(head + 2, 2, 4 + len);
	if (len != 0)
		memcpy(head + 4, payload, len);
	b->len += 4 + len;
}

void
hash_build_text_record(struct hash_build *b, unsigned type, const char *text)
{
	hash_build_record(b, type, text, strlen(text) + 1);
}

static void
add_system(struct hash_build *b, int64_t collected_unix_s)
{
	/*
	 * Tool and OS 10.0.22631.1, as minor, major, revision, build; full OS, x64, tool version 9.
	 */
	static const uint8_t build[8] = { 0, 0, 10, 0, 1, 0, 0x67, 0x58 };
	uint8_t p[24];

	memcpy(p, build, 8);
	memcpy(p + 8, build, 8);
	put_le(p + 16, 4, (uint64_t)(collected_unix_s - EPOCH_2000));
	memcpy(p + 20, "\x04\x02\x09\x09", 4);
	hash_build_record(b, 1, p, sizeof p);
}

static void
add_processor_and_ram(struct hash_build *b)
{
	static const uint8_t counts[12] = { 9, 0, 1, 0, 8, 0, 16, 0, 1, 0, 0, 0 };
	uint8_t model[48] = "Example CPU 1234 @ 2.60GHz";
	uint8_t ram[21] = { [0] = 16, [8] = 64, [16] = 2, [18] = 1, [20] = 3 };

	hash_build_record(b, 2, counts, sizeof counts);
	hash_build_text_record(b, 3, "GenuineIntel");
	hash_build_record(b, 4, model, sizeof model);
	hash_build_record(b, 5, ram, sizeof ram);
}

static void
add_disk_and_network(struct hash_build *b, const uint8_t seed[32])
{
	static const uint8_t disk[12] = { 0, 2, [8] = 17, [11] = 1 };
	uint8_t adapter[14 + 8] = { 9, 0, 0, 0,
		0x02, [10] = 8, [14] = 'P', [16] = 'C', [18] = 'I' };
	char name[] = "SSD-0000|Example SSD|";

	for (size_t i = 0; i < 4; i++)
		name[4 + i] = (char)('A' + seed[i] % 26);
	memcpy(adapter + 5, seed + 4, 5);
	hash_build_record(b, 6, disk, sizeof disk);
	hash_build_record(b, 7, name, strlen(name));
	hash_build_record(b, 8, adapter, sizeof adapter);
	hash_build_text_record(b, 28, name);
}

static void
add_tpm(struct hash_build *b, const uint8_t seed[32])
{
	uint8_t ek[256];
	uint8_t offline_id[10 + 32] = { [4] = 1, [6] = 32 };

	for (size_t i = 0; i < sizeof ek; i += 32) {
		uint8_t chained[33];

		memcpy(chained, seed, 32);
		chained[32] = (uint8_t)i;
		sha256(chained, sizeof chained, ek + i);
	}
	ek[0] |= 0x80;
	ek[255] |= 1;
	sha256(ek, sizeof ek, offline_id + 10);
	hash_build_text_record(b, 13, "TPM-Version:2.0 -Level:0-Revision:1.38");
	hash_build_record(b, 25, ek, sizeof ek);
	hash_build_record(b, 11, offline_id, sizeof offline_id);
}

void
hash_build_device(struct hash_build *b, const char *serial, const char *manufacturer,
    const char *model, const uint8_t *uuid, int64_t collected_unix_s)
{
	static const uint8_t notebook[5] = { 10, 2, 0, 0, 0 };
	uint8_t seed[32];

	sha256(serial, strlen(serial), seed);
	add_system(b, collected_unix_s);
	add_processor_and_ram(b);
	add_disk_and_network(b, seed);
	hash_build_record(b, 10, notebook, sizeof notebook);
	add_tpm(b, seed);
	if (uuid)
		hash_build_record(b, 12, uuid, 16);
	hash_build_text_record(b, 14, serial);
	hash_build_text_record(b, 15, "Example Firmware");
	hash_build_text_record(b, 16, manufacturer);
	hash_build_text_record(b, 17, model);
	hash_build_text_record(b, 18, "SKU-1");
	hash_build_text_record(b, 19, "Example Family");
	hash_build_text_record(b, 23, "1.0");
}

void
hash_build_finish(struct hash_build *b, char text[HASH_BUILD_CHARS + 1])
{
	uint8_t *end = b->bytes + b->len;

	put_le(b->bytes + 2, 2, b->len);
	memcpy(end, "CS\x24", 4);
	sha256(b->bytes, b->len, end + 4);
	memset(end + CHECKSUM_RECORD, 0, sizeof b->bytes - b->len - CHECKSUM_RECORD);
	hash_build_encode(b, text);
}

void
hash_build_encode(const struct hash_build *b, char text[HASH_BUILD_CHARS + 1])
{
	int n = EVP_EncodeBlock((unsigned char *)text, b->bytes, HASH_BUILD_BYTES);

	assert(n == HASH_BUILD_CHARS);
}
