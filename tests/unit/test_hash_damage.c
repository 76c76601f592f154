/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/hardware_hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/hash_build.h"
#include "tests/unit/hash_fixture.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Each bit of each character that carries data. Bits behind the checksum are padding. */
static void
assert_bit_flips(void **state, const struct hash_build *b, char text[HASH_BUILD_CHARS + 1])
{
	const size_t need_bits = 8 * (b->len + 36);

	for (size_t i = 0; i < (need_bits + 5) / 6; i++) {
		const char good = text[i];
		const size_t value = (size_t)(strchr(alphabet, good) - alphabet);

		for (size_t bit = 0; bit < 6; bit++) {
			struct hardware_hash h;

			text[i] = alphabet[value ^ 32u >> bit];
			h = verify_whole_text(state, text);
			if (6 * i + bit < need_bits) {
				assert_int_not_equal(h.fault, HASH_WHOLE);
			} else {
				assert_int_equal(h.fault, HASH_WHOLE);
				assert_int_equal(h.notes, HASH_NOTE_PADDING);
			}
		}
		text[i] = good;
	}
}

static void
test_every_bit(void **state)
{
	/* Three lengths, so that the checksum ends at each place of a group of four characters. */
	for (size_t i = 0; i < 3; i++) {
		static const char *const sku[] = { "1", "12", "123" };
		struct hash_build b;
		char text[HASH_BUILD_CHARS + 1];

		build_good(&b);
		hash_build_text_record(&b, 26, sku[i]);
		hash_build_finish(&b, text);
		assert_bit_flips(state, &b, text);
	}
}

static void
test_every_character(void **state)
{
	struct hash_build b;
	char text[HASH_BUILD_CHARS + 1];

	build_good_text(&b, text);
	for (size_t i = 0; i < HASH_BUILD_CHARS; i++) {
		const char good = text[i];
		struct hardware_hash h;

		/* Another good one: a fault, or odd padding. */
		text[i] = good == 'x' ? 'y' : 'x';
		h = verify_whole_text(state, text);
		if (6 * i < 8 * (b.len + 36)) {
			assert_int_not_equal(h.fault, HASH_WHOLE);
		} else {
			assert_int_equal(h.fault, HASH_WHOLE);
			assert_int_equal(h.notes, HASH_NOTE_PADDING);
		}

		text[i] = '!';
		h = verify_whole_text(state, text);
		assert_int_equal(h.fault, HASH_NOT_BASE64);
		assert_int_equal(h.at, i);
		text[i] = good;
	}
	assert_int_equal(verify_whole_text(state, text).fault, HASH_WHOLE);
}

static void
test_every_length(void **state)
{
	struct hash_build b;
	char text[HASH_BUILD_CHARS + 1];
	size_t need;

	build_good_text(&b, text);
	need = b.len + 36;
	for (size_t n = 0; n <= HASH_BUILD_CHARS; n++) {
		struct hardware_hash h = verify(state, (struct slice){ text, n });

		if (n == 0) {
			assert_int_equal(h.fault, HASH_EMPTY);
		} else if (n % 4 == 1 && text[n - 1] != 'A' && n * 3 / 4 < 4) {
			assert_int_equal(h.fault, HASH_NOT_BASE64);
			assert_int_equal(h.at, n - 1);
		} else if (n * 3 / 4 < 4) {
			assert_int_equal(h.fault, HASH_NOT_OA);
		} else if (n * 3 / 4 < need) {
			assert_int_equal(h.fault, HASH_TRUNCATED);
			assert_int_equal(h.have, n * 3 / 4);
			assert_int_equal(h.need, need);
		} else {
			assert_int_equal(h.fault, HASH_WHOLE);
			assert_int_equal(h.notes,
			    n == HASH_BUILD_CHARS ? 0 : HASH_NOTE_NONCANONICAL);
			assert_canonical(&h, text);
		}
	}
}

/* front, the text broken into lines, back; each proves and is repaired to the same text. */
static void
test_tolerated_texts(void **state)
{
	static const struct {
		const char *name, *front, *line_break, *back;
		size_t line_len;
	} cases[] = {
		{ "blanks around", " \t", "", "  ", 5000 },
		{ "quoted", "\"", "", "\"", 5000 },
		{ "single quotes and a blank", "' ", "", " '", 5000 },
		{ "a quote in front only", "\"", "", "", 5000 },
		{ "line end behind", "", "", "\r\n", 5000 },
		{ "lines of 76", "", "\r\n", "", 76 },
		{ "lines of 64, indented", "\n  ", "\n  ", "\n", 64 },
		{ "lines of 77, LF, blank before it", "", " \n", " \n", 77 },
		{ "lines of 1000, each quoted", "\"", "\"\r\n\"", "\"", 1000 },
		{ "CR alone", "", "\r", "", 500 },
		{ "empty lines", "", "\n\n\n", "", 200 },
		{ "one =", "", "", "=", 5000 },
		{ "two =, quoted, line end", "\"", "", "==\"\r\n", 5000 },
		{ "= on its own line", "", "\r\n", "\r\n====\r\n", 76 },
		{ "one A too many", "", "", "A", 5000 },
		{ "two A and =", "", "", "AA==", 5000 },
		{ "many A", "", "", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 5000 },
	};
	struct hash_build b;
	char text[HASH_BUILD_CHARS + 1];

	build_good_text(&b, text);
	for (size_t i = 0; i < LENGTH(cases); i++) {
		char wrapped[HARDWARE_HASH_TEXT_MAX];
		struct hardware_hash h;
		size_t n = (size_t)snprintf(wrapped, sizeof wrapped, "%s", cases[i].front);

		for (size_t at = 0; at < HASH_BUILD_CHARS; at += cases[i].line_len)
			n += (size_t)snprintf(wrapped + n, sizeof wrapped - n, "%s%.*s",
			    at != 0 ? cases[i].line_break : "", (int)cases[i].line_len, text + at);
		n += (size_t)snprintf(wrapped + n, sizeof wrapped - n, "%s", cases[i].back);
		h = verify(state, (struct slice){ wrapped, n });
		if (h.fault != HASH_WHOLE || h.notes != HASH_NOTE_NONCANONICAL)
			fail_msg("%s: fault %d at %zu, notes %x", cases[i].name, (int)h.fault, h.at,
			    h.notes);
		assert_canonical(&h, text);
	}
}

static void
test_odd_padding(void **state)
{
	struct hash_build b;
	char text[HASH_BUILD_CHARS + 1];
	struct hardware_hash h;

	/* Bits that a cut leaves behind in a last character of which only some count. */
	build_good_text(&b, text);
	text[HASH_BUILD_CHARS - 3] = 'B';
	h = verify(state, (struct slice){ text, HASH_BUILD_CHARS - 2 });
	assert_int_equal(h.fault, HASH_WHOLE);
	assert_int_equal(h.notes, HASH_NOTE_NONCANONICAL | HASH_NOTE_PADDING);

	/* The repair drops it. */
	hash_build_finish(&b, text);
	b.bytes[HASH_BUILD_BYTES - 1] = 1;
	hash_build_encode(&b, text);
	h = verify_whole_text(state, text);
	assert_int_equal(h.notes, HASH_NOTE_PADDING);
	hash_build_finish(&b, text);
	assert_canonical(&h, text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_bit),
		cmocka_unit_test(test_every_character),
		cmocka_unit_test(test_every_length),
		cmocka_unit_test(test_tolerated_texts),
		cmocka_unit_test(test_odd_padding),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
