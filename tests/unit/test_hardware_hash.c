/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/hardware_hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/provider.h>

#include "tests/unit/alloc_fault.h"
#include "tests/unit/hash_build.h"
#include "tests/unit/hash_fixture.h"

static void
test_no_sha256(void **state)
{
	OSSL_LIB_CTX *bare = OSSL_LIB_CTX_new();
	OSSL_PROVIDER *nothing = OSSL_PROVIDER_load(bare, "null");
	OSSL_LIB_CTX *usual = OSSL_LIB_CTX_set0_default(bare);
	struct hash_verifier *v = NULL;
	struct err err;
	enum err_code code = hash_verifier_new(NOW_UNIX_S, &v, &err);

	(void)state;
	OSSL_LIB_CTX_set0_default(usual);
	OSSL_PROVIDER_unload(nothing);
	OSSL_LIB_CTX_free(bare);
	assert_int_equal(code, ERR_IO);
	assert_int_equal(err.code, ERR_IO);
	assert_null(v);
}

static void
try_new(void *arg)
{
	struct hash_verifier *v = NULL;
	struct err err;
	enum err_code code = hash_verifier_new(NOW_UNIX_S, &v, &err);

	(void)arg;
	assert_int_equal(code, alloc_fault_hit() ? ERR_NOMEM : ERR_OK);
	assert_true((v == NULL) == alloc_fault_hit());
	hash_verifier_free(v);
}

static void
test_no_memory(void **state)
{
	(void)state;
	assert_true(alloc_fault_sweep(try_new, NULL) >= 1);
}

/* The published synthetic vector, to the letter. */
static void
test_reference_vector(void **state)
{
	static const char front[] =
	    "T0GkAAEAHAAAAAoAIAPwVQAACgAgA/BVv0ZZLwQCCQgCABAACQABAA4AFAABAAAAAwARAEdlbnVpbmVJbnRlbAAEADQARXhhbXBsZSBD"
	    "UFUgMTIzNCBAIDIuNjBHSHoAAAAAAAAAAAAAAAAAAAAAAAAAAAAADgAPAFRFU1Q5NjA0MDAAEAAMAENvbnRvc28AEQAUAENvbnRvc28g"
	    "Qm9vayAxNABDUyQANFz6tkAUZYAtr+SPjKjKa3Q2gfqSlvaAfqqVsAeHksg";
	static const uint8_t digest_of_text[32] = { 0xb7, 0xd4, 0x60, 0x79, 0x38, 0x63, 0x35, 0x0b,
		0x47, 0xb2, 0x68, 0x8d, 0x5b, 0x30, 0xa7, 0xb0, 0x51, 0x12, 0x9e, 0x8b, 0xc2, 0x97,
		0x76, 0xde, 0x59, 0x6e, 0xf2, 0x97, 0x69, 0xb9, 0x60, 0x8b };
	static const uint8_t digest[32] = { 0x34, 0x5c, 0xfa, 0xb6, 0x40, 0x14, 0x65, 0x80, 0x2d,
		0xaf, 0xe4, 0x8f, 0x8c, 0xa8, 0xca, 0x6b, 0x74, 0x36, 0x81, 0xfa, 0x92, 0x96, 0xf6,
		0x80, 0x7e, 0xaa, 0x95, 0xb0, 0x07, 0x87, 0x92, 0xc8 };
	char text[HASH_BUILD_CHARS + 1];
	uint8_t computed[32];
	struct hardware_hash h;

	memset(text, 'A', sizeof text);
	memcpy(text, front, sizeof front - 1);
	assert_true(EVP_Digest(text, HASH_BUILD_CHARS, computed, NULL, EVP_sha256(), NULL));
	assert_memory_equal(computed, digest_of_text, 32);

	h = verify_whole_text(state, text);
	assert_int_equal(h.fault, HASH_WHOLE);
	assert_int_equal(h.have, HARDWARE_HASH_BYTES);
	assert_int_equal(h.need, 200);
	assert_int_equal(h.used.len, 200);
	assert_memory_equal(h.digest, digest, 32);
	assert_slice(h.serial, "TEST960400");
	assert_slice(h.manufacturer, "Contoso");
	assert_slice(h.model, "Contoso Book 14");
	assert_int_equal(h.collected_unix_s, 1741064767);
	assert_int_equal(h.notes,
	    HASH_NOTE_NO_TPM | HASH_NOTE_NO_NETWORK | HASH_NOTE_NO_DISK | HASH_NOTE_NO_PRODUCT_ID |
	        HASH_NOTE_NO_UUID);
	assert_int_equal(h.unknown_records, 0);
	assert_canonical(&h, text);
}

static void
test_good_device(void **state)
{
	struct hash_build b;
	char text[HASH_BUILD_CHARS + 1];
	struct hardware_hash h;
	uint8_t digest[32];

	build_good_text(&b, text);
	h = verify_whole_text(state, text);
	assert_int_equal(h.fault, HASH_WHOLE);
	assert_int_equal(h.notes, 0);
	assert_int_equal(h.unknown_records, 0);
	assert_int_equal(h.have, HARDWARE_HASH_BYTES);
	assert_int_equal(h.need, b.len + 36);
	assert_int_equal(h.used.len, b.len + 36);
	assert_memory_equal(h.used.ptr, b.bytes, b.len + 36);
	assert_slice(h.serial, "SN-0001");
	assert_slice(h.manufacturer, "Contoso");
	assert_slice(h.model, "Book 14");
	assert_slice(h.family, "Example Family");
	assert_slice(h.version, "1.0");
	assert_slice(h.product_id, "3305517000001");
	assert_int_equal(h.uuid.len, 16);
	assert_memory_equal(h.uuid.ptr, uuid, 16);
	assert_int_equal(h.ek.len, 256);
	assert_int_equal(h.collected_unix_s, COLLECTED_UNIX_S);
	EVP_Digest(b.bytes, b.len, digest, NULL, EVP_sha256(), NULL);
	assert_memory_equal(h.digest, digest, 32);
	assert_canonical(&h, text);
}

static int
hex_value(char c)
{
	const char *digits = "0123456789abcdef";

	return (int)(strchr(digits, c) - digits);
}

/* The text of a UUID, for its bytes as SMBIOS has them. */
static void
assert_uuid(struct slice bytes, const char *text)
{
	static const size_t at[16] = { 6, 4, 2, 0, 11, 9, 16, 14, 19, 21, 24, 26, 28, 30, 32, 34 };

	assert_int_equal(bytes.len, 16);
	for (size_t i = 0; i < 16; i++)
		assert_int_equal((uint8_t)bytes.ptr[i],
		    hex_value(text[at[i]]) << 4 | hex_value(text[at[i] + 1]));
}

/*
 * Hashes made by tests/tools/hash_encoder.py: serial, maker, model, uuid, product id, time, hash.
 */
static void
test_vectors(void **state)
{
	const char *folder = getenv("AUTOREG_TEST_DATA");
	char path[512], line[8192];
	size_t n = 0;
	FILE *f;

	snprintf(path, sizeof path, "%s/hash_vectors.txt", folder ? folder : "tests/data");
	f = fopen(path, "r");
	assert_non_null(f);
	for (; fgets(line, sizeof line, f); n++) {
		char *field[7], *rest = line;
		struct hardware_hash h;
		char seconds[32];

		for (size_t i = 0; i < LENGTH(field); i++)
			field[i] = strsep(&rest, "\t\n");
		assert_non_null(field[6]);
		h = verify(state, slice_of(field[6]));
		assert_int_equal(h.fault, HASH_WHOLE);
		assert_int_equal(h.notes, 0);
		assert_int_equal(h.unknown_records, 0);
		assert_slice(h.serial, field[0]);
		assert_slice(h.manufacturer, field[1]);
		assert_slice(h.model, field[2]);
		assert_uuid(h.uuid, field[3]);
		assert_slice(h.product_id, field[4]);
		snprintf(seconds, sizeof seconds, "%lld", (long long)h.collected_unix_s);
		assert_string_equal(seconds, field[5]);
		assert_int_equal(h.ek.len, 256);
		assert_canonical(&h, field[6]);
	}
	fclose(f);
	assert_int_equal(n, 12);
}

/* Texts that are no hash, or not all of one. */
static void
test_bad_texts(void **state)
{
	static const struct {
		const char *name, *text;
		enum hash_fault fault;
		size_t at, have, need;
	} cases[] = {
		{ "nothing", "", HASH_EMPTY, 0, 0, 0 },
		{ "blanks", " \t\r\n", HASH_EMPTY, 0, 0, 0 },
		{ "quotes around nothing", "\"\"", HASH_EMPTY, 0, 0, 0 },
		{ "padding of nothing", "====", HASH_EMPTY, 0, 0, 0 },
		{ "a sentence", "not a hash", HASH_NOT_BASE64, 3, 0, 0 },
		{ "a bad character", "T0GkAAEA?AAA", HASH_NOT_BASE64, 8, 0, 0 },
		{ "a byte of UTF-8", "T0Gk\xc3\xa4", HASH_NOT_BASE64, 4, 0, 0 },
		{ "the alphabet for URLs", "T0Gk-AAA", HASH_NOT_BASE64, 4, 0, 0 },
		{ "a bad character behind a quote", " \"T0Gk?AAA\"", HASH_NOT_BASE64, 6, 0, 0 },
		{ "a bad character in line 2", "T0Gk\r\nAA*A", HASH_NOT_BASE64, 8, 0, 0 },
		{ "a blank where a plus was", "T0Gk AAA", HASH_NOT_BASE64, 4, 0, 0 },
		{ "a quote inside", "T0Gk\"AAA", HASH_NOT_BASE64, 4, 0, 0 },
		{ "padding inside", "T0Gk=AAA", HASH_NOT_BASE64, 4, 0, 0 },
		{ "padding in front", "=T0GkAAA", HASH_NOT_BASE64, 0, 0, 0 },
		{ "one character", "T", HASH_NOT_BASE64, 0, 0, 0 },
		{ "five characters", "T0GkB", HASH_NOT_BASE64, 4, 3, 0 },
		{ "five characters, padded", "T0GkB===", HASH_NOT_BASE64, 4, 3, 0 },
		{ "one A", "A", HASH_NOT_OA, 0, 0, 0 },
		{ "five characters, the last an A", "T0GkA", HASH_NOT_OA, 0, 3, 0 },
		{ "two bytes", "T0E", HASH_NOT_OA, 0, 2, 0 },
		{ "plain text", "dGhpc2RldmljZWlzYW5tbWRkZXZpY2U", HASH_NOT_OA, 0, 23, 0 },
		{ "the other way round", "QU+kAAEA", HASH_NOT_OA, 0, 6, 0 },
		{ "four bytes", "T0GkAA", HASH_TRUNCATED, 0, 4, 200 },
		{ "Microsoft's template", "T0FzAQEAHAAAAAoA6AOCOgEABgBgW7EdzorHH3g", HASH_TRUNCATED,
		    0, 29, 407 },
		{ "total is the largest", "T0H//wEA", HASH_TRUNCATED, 0, 6, 65571 },
	};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct hardware_hash h = verify(state, slice_of(cases[i].text));

		if (h.fault != cases[i].fault || h.at != cases[i].at || h.have != cases[i].have ||
		    h.need != cases[i].need)
			fail_msg("%s: fault %d at %zu, %zu of %zu", cases[i].name, (int)h.fault,
			    h.at, h.have, h.need);
	}
	assert_int_equal(verify(state, (struct slice){ NULL, 0 }).fault, HASH_EMPTY);
}

static void
test_legacy(void **state)
{
	static const struct {
		const char *tail;
		enum hash_fault fault;
	} cases[] = {
		{ "/w==", HASH_NOT_OA },                          /* 127 bytes */
		{ "//8", HASH_LEGACY },                           /* 128 */
		{ "//8=", HASH_LEGACY }, { "//8A", HASH_NOT_OA }, /* 129 */
	};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		char text[172];
		size_t tail = strlen(cases[i].tail);

		memset(text, '/', sizeof text);
		memcpy(text + 168, cases[i].tail, tail);
		assert_int_equal(verify(state, (struct slice){ text, 168 + tail }).fault,
		    cases[i].fault);
	}
}

static void
test_too_long(void **state)
{
	static char text[HARDWARE_HASH_TEXT_MAX + 1];

	memset(text, 'A', sizeof text);
	assert_int_equal(verify(state, (struct slice){ text, sizeof text }).fault, HASH_TOO_LONG);
	assert_int_equal(verify(state, (struct slice){ text, sizeof text - 1 }).fault, HASH_NOT_OA);
	assert_int_equal(verify(state, (struct slice){ text, sizeof text - 2 }).fault, HASH_NOT_OA);
}

/* Lengths that lie: 0 is the endless loop of a naive reader. */
static void
test_record_lengths(void **state)
{
	struct hash_build good;
	char text[HASH_BUILD_CHARS + 1];

	build_good_text(&good, text);
	for (size_t at = 4; at < good.len;
	     at += (size_t)(good.bytes[at + 2] | good.bytes[at + 3] << 8)) {
		const size_t left = good.len - at;
		const size_t hostile[] = { 0, 1, 2, 3, left + 1, left + 36, 0x7fff, 0xffff };

		for (size_t i = 0; i < LENGTH(hostile); i++) {
			struct hash_build b = good;
			struct hardware_hash h;

			b.bytes[at + 2] = (uint8_t)hostile[i];
			b.bytes[at + 3] = (uint8_t)(hostile[i] >> 8);
			hash_build_finish(&b, text);
			h = verify_whole_text(state, text);
			assert_int_equal(h.fault, HASH_MALFORMED);
			assert_int_equal(h.at, at);
		}
	}
}

static void
set_total(struct hash_build *b, size_t total, char text[HASH_BUILD_CHARS + 1])
{
	b->bytes[2] = (uint8_t)total;
	b->bytes[3] = (uint8_t)(total >> 8);
	hash_build_encode(b, text);
}

static void
test_totals(void **state)
{
	struct hash_build b;
	char text[HASH_BUILD_CHARS + 1];
	size_t first_len;
	struct hardware_hash h;

	build_good_text(&b, text);
	first_len = b.bytes[6];
	for (size_t total = 0; total < 4; total++) {
		set_total(&b, total, text);
		h = verify_whole_text(state, text);
		assert_int_equal(h.fault, HASH_MALFORMED);
		assert_int_equal(h.at, 0);
	}
	/* A byte or a head too few or too many for the records. */
	for (size_t total = 5; total < 4 + first_len; total++) {
		set_total(&b, total, text);
		h = verify_whole_text(state, text);
		assert_int_equal(h.fault, HASH_MALFORMED);
		assert_int_equal(h.at, 4);
	}
	set_total(&b, b.len + 1, text);
	h = verify_whole_text(state, text);
	assert_int_equal(h.fault, HASH_MALFORMED);
	assert_int_equal(h.at, b.len);
	set_total(&b, 4 + first_len, text);
	h = verify_whole_text(state, text);
	assert_int_equal(h.fault, HASH_NO_CHECKSUM);
	assert_int_equal(h.at, 4 + first_len);
	set_total(&b, 2965, text);
	h = verify_whole_text(state, text);
	assert_int_equal(h.fault, HASH_TRUNCATED);
	assert_int_equal(h.have, 3000);
	assert_int_equal(h.need, 3001);
}

/* A total that 3000 bytes cannot hold is wrong even if the text is long enough for it. */
static void
test_total_beyond_a_hash(void **state)
{
	static char text[HARDWARE_HASH_TEXT_MAX];
	struct hash_build b;
	struct hardware_hash h;

	memset(text, 'A', sizeof text);
	build_good(&b);
	hash_build_finish(&b, text);
	set_total(&b, 2965, text);
	text[HASH_BUILD_CHARS] = 'A';
	h = verify(state, (struct slice){ text, sizeof text });
	assert_int_equal(h.fault, HASH_MALFORMED);
	assert_int_equal(h.at, 0);
}

/* As many records as a hash can hold: no padding is left. */
static void
test_full(void **state)
{
	struct hash_build b;
	char text[HASH_BUILD_CHARS + 1];
	uint8_t filler[HASH_BUILD_BYTES] = { 0 };
	struct hardware_hash h;

	for (size_t spare = 0; spare < 4; spare++) {
		build_good(&b);
		hash_build_record(&b, 99, filler, HASH_BUILD_BYTES - 36 - 4 - b.len - spare);
		hash_build_finish(&b, text);
		h = verify_whole_text(state, text);
		assert_int_equal(h.fault, HASH_WHOLE);
		assert_int_equal(h.notes, 0);
		assert_int_equal(h.unknown_records, 1);
		assert_int_equal(h.used.len, HASH_BUILD_BYTES - spare);
		assert_canonical(&h, text);
	}
}

static void
test_empty_container(void **state)
{
	struct hash_build b;
	char text[HASH_BUILD_CHARS + 1];
	struct hardware_hash h;

	hash_build_init(&b);
	hash_build_finish(&b, text);
	h = verify_whole_text(state, text);
	assert_int_equal(h.fault, HASH_WHOLE);
	assert_int_equal(h.notes, LACKS_ALL | HASH_NOTE_UNUSUAL);
	assert_int_equal(h.used.len, 40);
	assert_int_equal(h.collected_unix_s, 0);
	assert_slice(h.serial, "");
}

static void
test_checksum_record(void **state)
{
	struct hash_build b;
	char text[HASH_BUILD_CHARS + 1];

	build_good_text(&b, text);
	for (size_t i = 0; i < 36; i++) {
		struct hardware_hash h;

		b.bytes[b.len + i] ^= 0x10;
		hash_build_encode(&b, text);
		b.bytes[b.len + i] ^= 0x10;
		h = verify_whole_text(state, text);
		assert_int_equal(h.fault, i < 4 ? HASH_NO_CHECKSUM : HASH_CHECKSUM);
		if (i < 4)
			assert_int_equal(h.at, b.len);
	}
}

static void
test_sentences(void **state)
{
	const char *seen[32];
	size_t n = 0;

	(void)state;
	for (int f = HASH_WHOLE; f <= HASH_TOO_LONG; f++)
		seen[n++] = hash_fault_text((enum hash_fault)f);
	for (unsigned bit = HASH_NOTE_NONCANONICAL; bit <= HASH_NOTE_UNUSUAL; bit <<= 1)
		seen[n++] = hash_note_text((enum hash_note)bit);
	assert_int_equal(n, 25);
	for (size_t i = 0; i < n; i++) {
		assert_true(strlen(seen[i]) > 10 && strlen(seen[i]) < 100);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(seen[i], seen[k]);
	}
}

static void
test_free_nothing(void **state)
{
	(void)state;
	hash_verifier_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_sha256),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_free_nothing),
		cmocka_unit_test(test_sentences),
		cmocka_unit_test(test_reference_vector),
		cmocka_unit_test(test_good_device),
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_bad_texts),
		cmocka_unit_test(test_legacy),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_record_lengths),
		cmocka_unit_test(test_totals),
		cmocka_unit_test(test_total_beyond_a_hash),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_empty_container),
		cmocka_unit_test(test_checksum_record),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
