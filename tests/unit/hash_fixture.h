/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "devices/hardware_hash.h"
#include "tests/unit/hash_build.h"

/*
 * What the tests of hardware_hash share: a verifier as the group's state, and a device without
 * anything odd.
 */
#define LENGTH(array) (sizeof array / sizeof(array)[0])

enum {
	NOW_UNIX_S = 1760000000,
	COLLECTED_UNIX_S = 1741064767,
	LACKS_ALL = HASH_NOTE_NO_SERIAL | HASH_NOTE_NO_MANUFACTURER | HASH_NOTE_NO_MODEL |
	    HASH_NOTE_NO_TPM | HASH_NOTE_NO_NETWORK | HASH_NOTE_NO_DISK | HASH_NOTE_NO_PRODUCT_ID |
	    HASH_NOTE_NO_UUID,
};

static const uint8_t uuid[16] = { 0x44, 0x4c, 0x4c, 0x4c, 0x35, 0x10, 0x52, 0x46, 0x80, 0x36, 0xb4,
	0xc0, 0x4f, 0x4b, 0x31, 0x33 };

static inline int
setup(void **state)
{
	struct hash_verifier *v;
	struct err err;

	if (hash_verifier_new(NOW_UNIX_S, &v, &err))
		return -1;
	*state = v;
	return 0;
}

static inline int
teardown(void **state)
{
	hash_verifier_free(*state);
	return 0;
}

static inline struct hardware_hash
verify(void **state, struct slice text)
{
	struct hardware_hash h;

	memset(&h, 0xa5, sizeof h);
	hash_verify(*state, text, &h);
	return h;
}

static inline struct hardware_hash
verify_whole_text(void **state, const char text[HASH_BUILD_CHARS + 1])
{
	return verify(state, (struct slice){ text, HASH_BUILD_CHARS });
}

static inline void
assert_slice(struct slice s, const char *expected)
{
	assert_int_equal(s.len, strlen(expected));
	if (s.len)
		assert_memory_equal(s.ptr, expected, s.len);
}

/* A device without anything odd. */
static inline void
build_good(struct hash_build *b)
{
	hash_build_init(b);
	hash_build_device(b, "SN-0001", "Contoso", "Book 14", uuid, COLLECTED_UNIX_S);
	hash_build_text_record(b, 24, "3305517000001");
}

static inline void
build_good_text(struct hash_build *b, char text[HASH_BUILD_CHARS + 1])
{
	build_good(b);
	hash_build_finish(b, text);
}

static inline void
assert_canonical(const struct hardware_hash *h, const char *expected)
{
	char text[HARDWARE_HASH_CHARS];

	hardware_hash_canonical(h->used, text);
	assert_memory_equal(text, expected, sizeof text);
}
