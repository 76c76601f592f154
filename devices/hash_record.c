/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/hash_record.h"

#include <assert.h>
#include <endian.h>

#include "base/utf8.h"

enum form {
	FORM_NONE,    /* no such record */
	FORM_FIXED,   /* size bytes */
	FORM_COUNTED, /* size bytes, and units for as many times as a count at offset says */
	FORM_CLOSED,  /* UTF-8 and one NUL */
	FORM_OPEN,    /* UTF-8 without NUL */
	FORM_FILLED,  /* UTF-8 filled with NULs to size bytes */
	FORM_UTF16,   /* UTF-16LE without NUL */
};

enum many { ONE, MANY };

struct rule {
	enum form form;
	enum many many;
	uint16_t size; /* of the payload */
	/* FORM_COUNTED: */
	uint8_t count_at;
	uint8_t count_width; /* 1 or 4 bytes */
	uint8_t unit;        /* bytes */
};

static const struct rule rules[NHASH_RECORD] = {
	[HASH_RECORD_SYSTEM] = { .form = FORM_FIXED, .size = 24 },
	[HASH_RECORD_PROCESSOR] = { .form = FORM_FIXED, .size = 12 },
	[HASH_RECORD_PROCESSOR_MAKER] = { .form = FORM_FILLED, .size = 13 },
	[HASH_RECORD_PROCESSOR_MODEL] = { .form = FORM_FILLED, .size = 48 },
	[HASH_RECORD_RAM] = { .form = FORM_FIXED, .size = 21 },
	[HASH_RECORD_DISK] = { .form = FORM_FIXED, .many = MANY, .size = 12 },
	[HASH_RECORD_DISK_NAME] = { .form = FORM_OPEN, .many = MANY },
	[HASH_RECORD_NETWORK] = { FORM_COUNTED, MANY, .size = 14, .count_at = 10, .count_width = 4,
	    .unit = 1 },
	[HASH_RECORD_DISPLAY] = { .form = FORM_FIXED, .many = MANY, .size = 12 },
	[HASH_RECORD_ENCLOSURE] = { .form = FORM_FIXED, .size = 5 },
	[HASH_RECORD_OFFLINE_ID] = { FORM_COUNTED, ONE, .size = 10, .count_at = 6, .count_width = 4,
	    .unit = 1 },
	[HASH_RECORD_UUID] = { .form = FORM_FIXED, .size = 16 },
	[HASH_RECORD_TPM_VERSION] = { .form = FORM_CLOSED },
	[HASH_RECORD_SERIAL] = { .form = FORM_CLOSED },
	[HASH_RECORD_FIRMWARE_VENDOR] = { .form = FORM_CLOSED },
	[HASH_RECORD_MANUFACTURER] = { .form = FORM_CLOSED },
	[HASH_RECORD_MODEL] = { .form = FORM_CLOSED },
	[HASH_RECORD_SKU] = { .form = FORM_CLOSED },
	[HASH_RECORD_FAMILY] = { .form = FORM_CLOSED },
	[HASH_RECORD_BOARD_MANUFACTURER] = { .form = FORM_CLOSED },
	[HASH_RECORD_BOARD_PRODUCT] = { .form = FORM_CLOSED },
	[HASH_RECORD_BOARD_VERSION] = { .form = FORM_CLOSED },
	[HASH_RECORD_VERSION] = { .form = FORM_CLOSED },
	[HASH_RECORD_PRODUCT_ID] = { .form = FORM_CLOSED },
	[HASH_RECORD_EK] = { .form = FORM_FIXED, .size = 256 },
	[HASH_RECORD_PART_NUMBER] = { .form = FORM_CLOSED },
	[HASH_RECORD_DISPLAY_SIZE] = { .form = FORM_FIXED, .many = MANY, .size = 4 },
	[HASH_RECORD_SYSTEM_DISK] = { .form = FORM_CLOSED },
	[HASH_RECORD_GPU] = { .form = FORM_FIXED, .many = MANY, .size = 18 },
	[HASH_RECORD_GPU_NAME] = { .form = FORM_UTF16, .many = MANY },
	[HASH_RECORD_CORE_CLASSES] = { FORM_COUNTED, ONE, .size = 1, .count_at = 0,
	    .count_width = 1, .unit = 5 },
	[HASH_RECORD_35] = { .form = FORM_FIXED, .size = 3 },
	[HASH_RECORD_LANGUAGE] = { .form = FORM_OPEN },
	[HASH_RECORD_ACTIVATION_ID] = { FORM_COUNTED, ONE, .size = 4, .count_at = 0,
	    .count_width = 4, .unit = 1 },
};

bool
hash_record_take(struct slice *rest, struct hash_record *out)
{
	size_t len;

	if (rest->len < HASH_RECORD_HEAD)
		return false;
	len = hash_record_u16(rest->ptr + 2);
	if (len < HASH_RECORD_HEAD || len > rest->len)
		return false;
	out->type = hash_record_u16(rest->ptr);
	out->payload = (struct slice){ rest->ptr + HASH_RECORD_HEAD, len - HASH_RECORD_HEAD };
	rest->ptr += len;
	rest->len -= len;
	return true;
}

bool
hash_record_is_known(unsigned type)
{
	return type < NHASH_RECORD && rules[type].form != FORM_NONE;
}

bool
hash_record_repeats(unsigned type)
{
	assert(hash_record_is_known(type));
	return rules[type].many == MANY;
}

/*
 * The length of the beginning of text that is ASCII without NUL. Nearly all text is nothing else,
 * there is much of it, and it is short: eight bytes at a time. Of a byte b and b - 1 at least one
 * has its high bit set exactly if b is no such byte; what a NUL borrows from the bytes behind it
 * does no harm, because the first find is what counts.
 */
static size_t
plain_length(struct slice text)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t eight;
	size_t i = 0;

	for (; text.len - i >= sizeof(eight); i += sizeof(eight)) {
		uint64_t odd;

		memcpy(&eight, text.ptr + i, sizeof(eight));
		eight = le64toh(eight);
		odd = (eight | (eight - ones)) & ones << 7;
		if (odd)
			return i + (size_t)__builtin_ctzll(odd) / 8;
	}
	while (i < text.len && (signed char)text.ptr[i] > 0)
		i++;
	return i;
}

static bool
is_utf8(struct slice text)
{
	while (text.len != 0) {
		if (utf8_take(&text) < 0)
			return false;
	}
	return true;
}

/* UTF-8 that goes on to the end of the payload but for its last bytes, which are NULs. */
static bool
is_text(struct slice payload, size_t *nuls)
{
	size_t n = plain_length(payload);
	struct slice text;

	if (n < payload.len && payload.ptr[n] != 0) {
		text = slice_head(payload, strnlen(payload.ptr, payload.len));
		n = text.len;
		if (!is_utf8(text))
			return false;
	}
	*nuls = payload.len - n;
	return true;
}

static bool
counts_agree(const struct rule *rule, struct slice payload)
{
	const char *count = payload.ptr + rule->count_at;
	size_t n;

	if (payload.len < rule->size)
		return false;
	n = rule->count_width == 1 ? hash_record_u8(count) : hash_record_u32(count);
	return payload.len - rule->size == n * rule->unit;
}

bool
hash_record_is_regular(const struct hash_record *r)
{
	assert(hash_record_is_known(r->type));
	const struct rule *rule = &rules[r->type];
	size_t nuls;

	switch (rule->form) {
	case FORM_NONE:
		break;
	case FORM_FIXED:
		return r->payload.len == rule->size;
	case FORM_COUNTED:
		return counts_agree(rule, r->payload);
	case FORM_CLOSED:
		return is_text(r->payload, &nuls) && nuls == 1;
	case FORM_OPEN:
		return is_text(r->payload, &nuls) && nuls == 0;
	case FORM_FILLED:
		return is_text(r->payload, &nuls) && r->payload.len == rule->size;
	case FORM_UTF16:
		return r->payload.len % 2 == 0;
	}
	return false;
}

struct slice
hash_record_text(const struct hash_record *r)
{
	return slice_head(r->payload, strnlen(r->payload.ptr, r->payload.len));
}
