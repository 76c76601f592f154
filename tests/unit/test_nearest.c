/* SPDX-License-Identifier: Apache-2.0 */
#include "base/nearest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define X8 "xxxxxxxx"
#define X64 X8 X8 X8 X8 X8 X8 X8 X8

static void
test_words(void **state)
{
	static const struct {
		const char *name, *word;
		const char *candidate[4];
		const char *want;
	} tc[] = {
		{ "no candidates", "check", { NULL }, NULL },
		{ "itself", "check", { "convert", "check" }, "check" },
		{ "another case", "CHECK", { "convert", "Check" }, "Check" },
		{ "a letter missing", "chck", { "convert", "check" }, "check" },
		{ "a letter too many", "checkk", { "convert", "check" }, "check" },
		{ "another letter", "chack", { "convert", "check" }, "check" },
		{ "two letters swapped", "hcekc", { "convert", "check" }, "check" },
		{ "three pairs swapped", "badcfe", { "abcdef" }, NULL },
		{ "swapped in another case", "CEHCk", { "check" }, "check" },
		{ "two edits", "czhzeck", { "check" }, "check" },
		{ "three edits", "czhzezck", { "check" }, NULL },
		{ "no byte is edited twice", "caxx", { "abcxx" }, NULL },
		{ "short word, one edit", "tgg", { "tag" }, "tag" },
		{ "short word, two edits", "xyg", { "tag" }, NULL },
		{ "four letters, two edits", "tagx", { "tbxg" }, "tbxg" },
		{ "four letters swapped", "atgs", { "tags" }, "tags" },
		{ "the nearer one", "modell", { "moxexl", "model" }, "model" },
		{ "the first of equals", "mode", { "node", "code" }, "node" },
		{ "prefix", "man", { "serial", "manufacturer" }, "manufacturer" },
		{ "prefix in another case", "MANU", { "manufacturer" }, "manufacturer" },
		{ "prefix goes before a mistake", "ser", { "user", "serial" }, "serial" },
		{ "prefix of two", "pro", { "product_id", "profile" }, NULL },
		{ "prefix of two, equal to one", "tag", { "tags", "tag" }, "tag" },
		{ "prefix too short", "ma", { "manufacturer" }, NULL },
		{ "nothing, near one letter", "", { "ab", "a" }, "a" },
		{ "longest word", X64, { X64 }, X64 },
		{ "longest word, two more", X64, { "ab" X64, "abc" X64 }, "ab" X64 },
		{ "longest word, three more", X64, { "abc" X64 }, NULL },
		{ "too long a word", X64 "x", { X64 "x" }, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		const char *found;
		size_t n = 0;

		while (n < 4 && tc[i].candidate[n])
			n++;
		print_message("  %s\n", tc[i].name);
		found = nearest(slice_of(tc[i].word), tc[i].candidate, n);
		if (tc[i].want)
			assert_string_equal(found, tc[i].want);
		else
			assert_null(found);
	}
}

static void
test_returns_the_candidate_itself(void **state)
{
	static const char *const candidate[] = { "alpha", "beta" };

	(void)state;
	assert_ptr_equal(nearest(slice_of("bata"), candidate, 2), candidate[1]);
	assert_ptr_equal(nearest(slice_head(slice_of("alphabet"), 4), candidate, 2), candidate[0]);
	assert_null(nearest((struct slice){ NULL, 0 }, candidate, 2));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_returns_the_candidate_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
