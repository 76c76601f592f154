/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "devices/base64.h"
#include "devices/hardware_hash.h"
#include "devices/hash_inventory.h"

enum {
	NOW_UNIX_S = 1760000000,
	HEAD = 4,
	RECORDS_MAX = HARDWARE_HASH_BYTES - HEAD - HARDWARE_HASH_CHECKSUM,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Both decoders stop at the same group, which is the one with the first bad character. */
static void
check_decoders(struct slice text)
{
	static uint8_t plain[BASE64_DECODED_MAX(HARDWARE_HASH_TEXT_MAX)];
	static uint8_t best[sizeof plain];
	size_t taken, i = 0;

	text = slice_head(text, HARDWARE_HASH_TEXT_MAX);
	taken = base64_decode(text, best);
	assert(base64_decode_plain(text, plain) == taken);
	assert(memcmp(plain, best, BASE64_DECODED_MAX(taken)) == 0);
	while (i < text.len && base64_value(text.ptr[i]) >= 0)
		i++;
	assert(taken == i / 4 * 4);
}

static void
on_item(void *arg, const char *name, struct slice value)
{
	(void)arg;
	assert(name[0] != '\0');
	for (size_t i = 0; i < value.len; i++)
		assert((unsigned char)value.ptr[i] >= ' ' && value.ptr[i] != '\x7f');
}

/* Equal to what stood at old's place in used, of which copy was made in time. */
static bool
same_field(struct slice now, struct slice old, struct slice used, const uint8_t *copy)
{
	return now.len == old.len &&
	    (now.len == 0 || memcmp(now.ptr, copy + (old.ptr - used.ptr), now.len) == 0);
}

static void
check_whole(struct hash_verifier *v, const struct hardware_hash *h)
{
	uint8_t copy[HARDWARE_HASH_BYTES];
	char text[HARDWARE_HASH_CHARS];
	struct hardware_hash again;

	assert(h->used.len == h->need && h->need <= h->have && h->need <= HARDWARE_HASH_BYTES);
	hash_inventory(h->used, on_item, NULL);

	/* The next call uses the same memory. */
	memcpy(copy, h->used.ptr, h->used.len);
	hardware_hash_canonical(h->used, text);
	hash_verify(v, (struct slice){ text, sizeof text }, &again);
	assert(again.fault == HASH_WHOLE);
	assert(again.have == HARDWARE_HASH_BYTES && again.need == h->need);
	assert(again.notes == (h->notes & ~(unsigned)(HASH_NOTE_NONCANONICAL | HASH_NOTE_PADDING)));
	assert(again.unknown_records == h->unknown_records);
	assert(again.collected_unix_s == h->collected_unix_s);
	assert(memcmp(again.digest, h->digest, sizeof h->digest) == 0);
	assert(same_field(again.used, h->used, h->used, copy));
	assert(same_field(again.serial, h->serial, h->used, copy));
	assert(same_field(again.manufacturer, h->manufacturer, h->used, copy));
	assert(same_field(again.model, h->model, h->used, copy));
	assert(same_field(again.family, h->family, h->used, copy));
	assert(same_field(again.version, h->version, h->used, copy));
	assert(same_field(again.product_id, h->product_id, h->used, copy));
	assert(same_field(again.uuid, h->uuid, h->used, copy));
	assert(same_field(again.ek, h->ek, h->used, copy));
}

static void
check_text(struct hash_verifier *v, struct slice text)
{
	struct hardware_hash h;

	hash_verify(v, text, &h);
	switch (h.fault) {
	case HASH_WHOLE:
		check_whole(v, &h);
		break;
	case HASH_EMPTY:
	case HASH_NOT_OA:
	case HASH_LEGACY:
	case HASH_CHECKSUM:
		break;
	case HASH_NOT_BASE64:
		assert(h.at < text.len);
		break;
	case HASH_TRUNCATED:
		assert(h.have < h.need);
		break;
	case HASH_MALFORMED:
	case HASH_NO_CHECKSUM:
		assert(h.at + HARDWARE_HASH_CHECKSUM <= h.need && h.need <= h.have);
		break;
	case HASH_TOO_LONG:
		assert(text.len > HARDWARE_HASH_TEXT_MAX);
		break;
	default:
		abort();
	}
}

/* No fuzzer finds a SHA-256: the input as records between a right head and a right checksum. */
static void
check_records(struct hash_verifier *v, const uint8_t *records, size_t size)
{
	uint8_t bytes[HARDWARE_HASH_BYTES] = { 'O', 'A' };
	uint8_t checksum[HARDWARE_HASH_CHECKSUM] = { 'C', 'S', HARDWARE_HASH_CHECKSUM };
	char text[HARDWARE_HASH_CHARS + 1];
	size_t total;

	if (size > RECORDS_MAX)
		size = RECORDS_MAX;
	total = HEAD + size;
	bytes[2] = (uint8_t)total;
	bytes[3] = (uint8_t)(total >> 8);
	memcpy(bytes + HEAD, records, size);
	EVP_Digest(bytes, total, checksum + HEAD, NULL, EVP_sha256(), NULL);
	memcpy(bytes + total, checksum, sizeof checksum);
	EVP_EncodeBlock((unsigned char *)text, bytes, sizeof bytes);
	check_text(v, (struct slice){ text, HARDWARE_HASH_CHARS });
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = { (const char *)data, size };
	struct hash_verifier *v;
	struct err err;

	if (hash_verifier_new(NOW_UNIX_S, &v, &err))
		abort();
	check_decoders(text);
	check_text(v, text);
	check_records(v, data, size);
	hash_verifier_free(v);
	return 0;
}
