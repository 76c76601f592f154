/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LENGTH(array) (sizeof array / sizeof(array)[0])
#define X60 "123456789012345678901234567890123456789012345678901234567890"

static void
codes_and_names(void **state)
{
	static const struct {
		const char *name;
		int32_t code;
		const char *given;
		enum verdict_class want;
		const char *message; /* part of it */
	} tc[] = {
		{ "no error", 0, "", VERDICT_OK, "is registered" },
		{ "no error, blanks", 0, " ", VERDICT_OK, "is registered" },
		{ "storage", 640, "StorageError", VERDICT_TRANSIENT, "store" },
		{ "body", 801, "InvalidZtdRequestBody", VERDICT_BAD_INPUT, "read what was sent" },
		{ "hash", 802, "InvalidZtdHardwareHash", VERDICT_BAD_HASH, "hardware hash" },
		{ "identity", 803, "MissingZtdSerialNumberAndProductKey", VERDICT_BAD_INPUT,
		    "Neither" },
		{ "here", 806, "ZtdDeviceAlreadyAssigned", VERDICT_ALREADY_HERE, "already" },
		{ "not registered", 807, "ZtdDeviceIsNotRegistered", VERDICT_CONFIG,
		    "not registered" },
		{ "other", 808, "ZtdDeviceAssignedToOtherTenant", VERDICT_CLAIMED_ELSEWHERE,
		    "Another organization" },
		{ "another", 808, "ZtdDeviceAssignedToAnotherTenant", VERDICT_CLAIMED_ELSEWHERE,
		    "Another organization" },
		{ "profile", 809, "ZtdProfileIsNotRegistered", VERDICT_CONFIG, "profile" },
		{ "foreign profile", 810, "ZtdProfileAssignedToOtherTenant", VERDICT_CONFIG,
		    "profile" },
		{ "registered by other", 811, "ZtdDeviceRegisteredByOtherTenant",
		    VERDICT_CLAIMED_ELSEWHERE, "another organization" },
		{ "not found", 812, "ZtdDeviceNotFound", VERDICT_NOT_FOUND, "reported" },
		{ "not unique", 813, "ZtdDeviceIsNotUnique", VERDICT_BAD_INPUT, "several" },
		{ "directory", 814, "ZtdDeviceAlreadyAadRegistered", VERDICT_DIRECTORY, "Entra" },
		{ "short hash", 0, "HashNot4k", VERDICT_BAD_HASH, "old Windows" },
		{ "twice", 0, "ZtdDeviceDuplicated", VERDICT_BAD_INPUT, "twice" },

		{ "a number alone", 808, "", VERDICT_CLAIMED_ELSEWHERE, "Another organization" },
		{ "a name alone", 0, "ZtdDeviceNotFound", VERDICT_NOT_FOUND, "reported" },
		{ "the name outranks the number", 806, "ZtdDeviceAssignedToOtherTenant",
		    VERDICT_CLAIMED_ELSEWHERE, "Another organization" },
		{ "a known name, an unknown number", 4711, "HashNot4k", VERDICT_BAD_HASH, "hash" },
		{ "an unknown name, a known number", 802, "Whatever", VERDICT_BAD_HASH, "hash" },
		{ "case of the name", 0, "ztddevicenotfound", VERDICT_NOT_FOUND, "reported" },
		{ "blanks around the name", 0, " HashNot4k ", VERDICT_BAD_HASH, "hash" },

		{ "nobody knows 804", 804, "", VERDICT_UNEXPECTED, "804 \"\"" },
		{ "nobody knows 805", 805, "Strange", VERDICT_UNEXPECTED, "805 \"Strange\"" },
		{ "an unknown name", 0, "Strange", VERDICT_UNEXPECTED, "0 \"Strange\"" },
		{ "negative", -5, "", VERDICT_UNEXPECTED, "-5" },
		{ "largest", INT32_MAX, "", VERDICT_UNEXPECTED, "2147483647" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct verdict v;

		print_message("  %s\n", tc[i].name);
		memset(&v, '#', sizeof v);
		verdict_from_code(tc[i].code, slice_of(tc[i].given), &v);
		assert_int_equal(v.class, tc[i].want);
		assert_int_equal(v.code, tc[i].code);
		assert_string_equal(v.name, tc[i].given);
		assert_non_null(strstr(v.message, tc[i].message));
		assert_true(strlen(v.message) < sizeof v.message - 1); /* nothing was cut */
	}
}

static void
long_names(void **state)
{
	struct verdict v;

	(void)state;
	verdict_from_code(1, slice_of(X60 "abcdef"), &v);
	assert_string_equal(v.name, X60 "abc");
	verdict_from_code(1, slice_of(X60 "ab\xE2\x82\xAC"), &v);
	assert_string_equal(v.name, X60 "ab");
	verdict_from_code(1, (struct slice){ NULL, 0 }, &v);
	assert_string_equal(v.name, "");
}

static void
set(void **state)
{
	struct verdict v;

	(void)state;
	memset(&v, '#', sizeof v);
	verdict_set(&v, VERDICT_NO_CONSENT, 20002, "NoRelationship", "asked %d times", 2);
	assert_int_equal(v.class, VERDICT_NO_CONSENT);
	assert_int_equal(v.code, 20002);
	assert_string_equal(v.name, "NoRelationship");
	assert_string_equal(v.message, "asked 2 times");
	verdict_set(&v, VERDICT_UNEXPECTED, 0, "", "%0300d", 1);
	assert_int_equal(strlen(v.message), VERDICT_MESSAGE_SIZE - 1);
}

static void
classes(void **state)
{
	static const struct {
		enum verdict_class class;
		const char *name;
		bool has_advice;
	} tc[] = {
		{ VERDICT_OK, "ok", false },
		{ VERDICT_ALREADY_HERE, "already_here", true },
		{ VERDICT_CLAIMED_ELSEWHERE, "claimed_elsewhere", true },
		{ VERDICT_NOT_FOUND, "not_found", true },
		{ VERDICT_BAD_HASH, "bad_hash", true },
		{ VERDICT_BAD_INPUT, "bad_input", true },
		{ VERDICT_NO_CONSENT, "no_consent", true },
		{ VERDICT_AUTH, "auth", true },
		{ VERDICT_THROTTLED, "throttled", true },
		{ VERDICT_TRANSIENT, "transient", true },
		{ VERDICT_DIRECTORY, "directory", true },
		{ VERDICT_CONFIG, "config", true },
		{ VERDICT_UNEXPECTED, "unexpected", true },
	};

	(void)state;
	assert_int_equal(LENGTH(tc) + 1, NVERDICT);
	assert_null(verdict_class_name(VERDICT_NONE));
	assert_string_equal(verdict_class_advice(VERDICT_NONE), "");
	for (size_t i = 0; i < LENGTH(tc); i++) {
		assert_string_equal(verdict_class_name(tc[i].class), tc[i].name);
		assert_int_equal(verdict_class_advice(tc[i].class)[0] != '\0', tc[i].has_advice);
	}
}

static void
test_advice_by_name(void **state)
{
	(void)state;
	for (int k = VERDICT_NONE + 1; k < NVERDICT; k++)
		assert_string_equal(
		    verdict_advice_for(slice_of(verdict_class_name((enum verdict_class)k))),
		    verdict_class_advice((enum verdict_class)k));
	assert_string_equal(verdict_advice_for(slice_of("claimed")), "");
	assert_string_equal(verdict_advice_for(slice_of("")), "");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_advice_by_name),
		cmocka_unit_test(codes_and_names),
		cmocka_unit_test(long_names),
		cmocka_unit_test(set),
		cmocka_unit_test(classes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
