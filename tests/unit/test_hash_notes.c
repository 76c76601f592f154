/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/hardware_hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "tests/unit/hash_build.h"
#include "tests/unit/hash_fixture.h"

static void
test_identity_notes(void **state)
{
	static const uint8_t zero[16] = { 0 };
	static const uint8_t sample[16] = { 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8, 0, 9 };
	static const uint8_t ones[16] = { 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
		255, 255, 255, 255, 255 };
	static const uint8_t nearly[16] = { [15] = 1 };
	static const struct {
		const char *name, *serial, *manufacturer, *model;
		const uint8_t *uuid;
		int64_t collected_unix_s;
		unsigned notes;
	} cases[] = {
		{ "serial empty", "", "M", "P", uuid, NOW_UNIX_S, HASH_NOTE_NO_SERIAL },
		{ "serial blank", "  ", "M", "P", uuid, NOW_UNIX_S, HASH_NOTE_NO_SERIAL },
		{ "serial of index 0", "SMBIOS_STRING_INDEX_0", "M", "P", uuid, NOW_UNIX_S,
		    HASH_NOTE_NO_SERIAL },
		{ "serial not set", "System Serial Number", "M", "P", uuid, NOW_UNIX_S,
		    HASH_NOTE_NO_SERIAL },
		{ "maker not set", "S", " To be filled by O.E.M. ", "P", uuid, NOW_UNIX_S,
		    HASH_NOTE_NO_MANUFACTURER },
		{ "maker of index 0", "S", "SMBIOS_STRING_INDEX_0", "P", uuid, NOW_UNIX_S,
		    HASH_NOTE_NO_MANUFACTURER },
		{ "model not set", "S", "M", "Default string", uuid, NOW_UNIX_S,
		    HASH_NOTE_NO_MODEL },
		{ "model empty", "S", "M", "", uuid, NOW_UNIX_S, HASH_NOTE_NO_MODEL },
		{ "no UUID", "S", "M", "P", NULL, NOW_UNIX_S, HASH_NOTE_NO_UUID },
		{ "UUID of zeros", "S", "M", "P", zero, NOW_UNIX_S, HASH_NOTE_NO_UUID },
		{ "UUID of ones", "S", "M", "P", ones, NOW_UNIX_S, HASH_NOTE_NO_UUID },
		{ "UUID of a sample", "S", "M", "P", sample, NOW_UNIX_S, HASH_NOTE_NO_UUID },
		{ "UUID nearly zero", "S", "M", "P", nearly, NOW_UNIX_S, 0 },
		{ "at the epoch of 2000", "S", "M", "P", uuid, 946684800, HASH_NOTE_TIME_EARLY },
		{ "last second of 2014", "S", "M", "P", uuid, 1420070399, HASH_NOTE_TIME_EARLY },
		{ "first second of 2015", "S", "M", "P", uuid, 1420070400, 0 },
		{ "a day ahead", "S", "M", "P", uuid, NOW_UNIX_S + 86400, 0 },
		{ "more than a day ahead", "S", "M", "P", uuid, NOW_UNIX_S + 86401,
		    HASH_NOTE_TIME_FUTURE },
		{ "the last moment", "S", "M", "P", uuid, 946684800 + INT64_C(0xffffffff),
		    HASH_NOTE_TIME_FUTURE },
	};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct hash_build b;
		char text[HASH_BUILD_CHARS + 1];
		struct hardware_hash h;

		hash_build_init(&b);
		hash_build_device(&b, cases[i].serial, cases[i].manufacturer, cases[i].model,
		    cases[i].uuid, cases[i].collected_unix_s);
		hash_build_text_record(&b, 24, "3305517000001");
		hash_build_finish(&b, text);
		h = verify_whole_text(state, text);
		if (h.fault != HASH_WHOLE || h.notes != cases[i].notes)
			fail_msg("%s: fault %d, notes %x", cases[i].name, (int)h.fault, h.notes);
		assert_int_equal(h.collected_unix_s, cases[i].collected_unix_s);
		assert_int_equal(h.uuid.len, cases[i].notes & HASH_NOTE_NO_UUID ? 0 : 16);
		if (!strcmp(cases[i].serial, "SMBIOS_STRING_INDEX_0"))
			assert_slice(h.serial, "");
		else
			assert_slice(h.serial, cases[i].serial);
	}
}

/* What a device without TPM, disk and network lacks, one thing at a time. */
static void
test_missing_records(void **state)
{
	static const struct {
		unsigned type, notes;
	} cases[] = {
		{ 7, HASH_NOTE_NO_DISK },
		{ 8, HASH_NOTE_NO_NETWORK },
		{ 12, HASH_NOTE_NO_UUID },
		{ 13, HASH_NOTE_NO_TPM },
		{ 14, HASH_NOTE_NO_SERIAL },
		{ 16, HASH_NOTE_NO_MANUFACTURER },
		{ 17, HASH_NOTE_NO_MODEL },
		{ 24, HASH_NOTE_NO_PRODUCT_ID },
		{ 25, HASH_NOTE_NO_TPM },
		{ 1, HASH_NOTE_UNUSUAL },
		{ 2, 0 },
		{ 6, 0 },
		{ 11, 0 },
		{ 19, 0 },
		{ 28, 0 },
	};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct hash_build good, b;
		char text[HASH_BUILD_CHARS + 1];
		struct hardware_hash h;
		size_t len;

		build_good(&good);
		hash_build_init(&b);
		for (size_t at = 4; at < good.len; at += len) {
			const uint8_t *r = good.bytes + at;

			len = (size_t)(r[2] | r[3] << 8);
			if (r[0] != cases[i].type)
				hash_build_record(&b, r[0], r + 4, len - 4);
		}
		assert_true(b.len < good.len);
		hash_build_finish(&b, text);
		h = verify_whole_text(state, text);
		assert_int_equal(h.fault, HASH_WHOLE);
		assert_int_equal(h.notes, cases[i].notes);
		assert_int_equal(h.ek.len, cases[i].type == 25 ? 0 : 256);
	}
}

static void
test_offline_id(void **state)
{
	static const struct {
		const char *name;
		unsigned type;
		uint8_t flip;
		size_t len;
		unsigned notes;
	} cases[] = {
		{ "of the key", 0x0001, 0, 32, 0 },
		{ "of another key", 0x0001, 1, 32, HASH_NOTE_EK_MISMATCH },
		{ "a byte short", 0x0001, 0, 31, HASH_NOTE_EK_MISMATCH },
		{ "a variable", 0x0103, 1, 32, 0 },
		{ "another kind whose low byte is 1", 0x0101, 1, 32, 0 },
	};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		uint8_t key[256],
		    id[10 + 32] = { [4] = (uint8_t)cases[i].type,
			    [5] = (uint8_t)(cases[i].type >> 8),
			    [6] = (uint8_t)cases[i].len };
		struct hash_build b;
		char text[HASH_BUILD_CHARS + 1];
		struct hardware_hash h;

		memset(key, 0xc3, sizeof key);
		EVP_Digest(key, sizeof key, id + 10, NULL, EVP_sha256(), NULL);
		id[41] ^= cases[i].flip;
		hash_build_init(&b);
		hash_build_record(&b, 11, id, 10 + cases[i].len);
		hash_build_record(&b, 25, key, sizeof key);
		hash_build_finish(&b, text);
		h = verify_whole_text(state, text);
		assert_int_equal(h.fault, HASH_WHOLE);
		if ((h.notes & HASH_NOTE_EK_MISMATCH) != cases[i].notes)
			fail_msg("%s: notes %x", cases[i].name, h.notes);
	}
}

static void
test_os_type(void **state)
{
	for (unsigned type = 0; type <= 255; type++) {
		uint8_t system[24] = { [18] = 0x59, [19] = 0x2f, [21] = (uint8_t)type };
		struct hash_build b;
		char text[HASH_BUILD_CHARS + 1];
		struct hardware_hash h;

		hash_build_init(&b);
		hash_build_record(&b, 1, system, sizeof system);
		hash_build_finish(&b, text);
		h = verify_whole_text(state, text);
		assert_int_equal(h.notes, LACKS_ALL | (type == 2 ? 0 : HASH_NOTE_NOT_FULL_OS));
	}
}

/* Text that is not as it should be is handed out up to its first NUL. */
static void
test_odd_texts(void **state)
{
	struct hash_build b;
	char text[HASH_BUILD_CHARS + 1];
	struct hardware_hash h;

	hash_build_init(&b);
	hash_build_record(&b, 14, "AB\0CD", 6);
	hash_build_record(&b, 16, "No NUL", 6);
	hash_build_record(&b, 17, "", 0);
	hash_build_finish(&b, text);
	h = verify_whole_text(state, text);
	assert_int_equal(h.fault, HASH_WHOLE);
	assert_slice(h.serial, "AB");
	assert_slice(h.manufacturer, "No NUL");
	assert_slice(h.model, "");
	assert_true(h.notes & HASH_NOTE_UNUSUAL);
}

/* Of a record that should be there once the first counts. */
static void
test_unusual_records(void **state)
{
	static const struct {
		const char *name;
		unsigned type;
		const char *payload;
		size_t len;
		unsigned notes;
	} cases[] = {
		{ "serial twice", 14, "SN-0002", 8, HASH_NOTE_UNUSUAL },
		{ "tool and OS twice", 1, "012345678901234567890123", 24, HASH_NOTE_UNUSUAL },
		{ "second disk", 7, "a|b|c", 5, 0 },
		{ "second disk, irregular", 7, "a|b|c", 6, HASH_NOTE_UNUSUAL },
		{ "board", 20, "Contoso", 8, 0 },
		{ "board without NUL", 20, "Contoso", 7, HASH_NOTE_UNUSUAL },
		{ "adapter that counts wrong", 8, "\x0e\0\0\0\1\2\3\4\5\6\1\0\0\0", 14,
		    HASH_NOTE_UNUSUAL },
	};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct hash_build b;
		char text[HASH_BUILD_CHARS + 1];
		struct hardware_hash h;

		build_good(&b);
		hash_build_record(&b, cases[i].type, cases[i].payload, cases[i].len);
		hash_build_finish(&b, text);
		h = verify_whole_text(state, text);
		if (h.fault != HASH_WHOLE || h.notes != cases[i].notes)
			fail_msg("%s: fault %d, notes %x", cases[i].name, (int)h.fault, h.notes);
		assert_int_equal(h.unknown_records, 0);
		assert_int_equal(h.collected_unix_s, COLLECTED_UNIX_S);
		assert_slice(h.serial, "SN-0001");
	}
}

/* They are counted, and nothing else. */
static void
test_unknown_records(void **state)
{
	static const unsigned types[] = { 0, 31, 32, 33, 38, 14 << 8, 65535 };
	struct hash_build b;
	char text[HASH_BUILD_CHARS + 1];
	struct hardware_hash h;

	build_good(&b);
	for (size_t i = 0; i < LENGTH(types); i++) {
		hash_build_text_record(&b, types[i], "SN-0002");
		hash_build_finish(&b, text);
		h = verify_whole_text(state, text);
		assert_int_equal(h.fault, HASH_WHOLE);
		assert_int_equal(h.notes, 0);
		assert_int_equal(h.unknown_records, i + 1);
		assert_slice(h.serial, "SN-0001");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_identity_notes),
		cmocka_unit_test(test_missing_records),
		cmocka_unit_test(test_offline_id),
		cmocka_unit_test(test_os_type),
		cmocka_unit_test(test_odd_texts),
		cmocka_unit_test(test_unusual_records),
		cmocka_unit_test(test_unknown_records),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
