/* SPDX-License-Identifier: Apache-2.0 */
#include "oem/oem_error_map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/alloc_fault.h"
#include "tests/unit/oem_fake.h"

#define LENGTH(array) (sizeof array / sizeof(array)[0])

static const char rows[] =
    "errors:\n"
    "  - {code: \"808\", means: claimed_elsewhere}\n"
    "  - {match: \"^Ztd.*NotFound$\", means: not_found}\n"
    "  - {match: \"busy|overload|^Tw\", means: transient, retry_after: 15m}\n"
    "  - {name: ZtdDeviceAlreadyAssigned, means: already_here}\n"
    "  - {name: Twice, means: bad_input}\n"
    "  - {code: Z-1, means: directory}\n"
    "error_default: unexpected\n";

static void
judges(void **state)
{
	static const struct {
		const char *code, *name, *message;
		enum verdict_class want;
		int32_t want_code;
		const char *want_name, *want_message;
	} tc[] = {
		{ "808", "", "", VERDICT_CLAIMED_ELSEWHERE, 808, "808",
		    "Another organization holds the device." },
		{ "808", "ZtdDeviceAlreadyAssigned", "", VERDICT_ALREADY_HERE, 808,
		    "ZtdDeviceAlreadyAssigned",
		    "The device is registered to this customer already." },
		{ "", "ZtdDeviceNotFound", "said", VERDICT_NOT_FOUND, 0, "ZtdDeviceNotFound",
		    "said" },
		{ "808", "", "the service is busy", VERDICT_TRANSIENT, 808, "808",
		    "the service is busy" },
		{ "", "overload", "", VERDICT_TRANSIENT, 0, "overload",
		    "The service does not say more." },
		{ "", "Twice", "", VERDICT_TRANSIENT, 0, "Twice",
		    "The service does not say more." },
		{ "Z-1", "", "x", VERDICT_DIRECTORY, 0, "Z-1", "x" },
		{ "", "ztddevicealreadyassigned", "", VERDICT_UNEXPECTED, 0,
		    "ztddevicealreadyassigned", "The profile has no row for this error." },
		{ "999", "New", "What?", VERDICT_UNEXPECTED, 999, "New",
		    "The profile has no row for this error: What?" },
		{ "0808", "", "", VERDICT_UNEXPECTED, 808, "0808",
		    "The profile has no row for this error." },
		{ "99999999999", "", "", VERDICT_UNEXPECTED, 0, "99999999999",
		    "The profile has no row for this error." },
		{ "-808", "", "", VERDICT_UNEXPECTED, 0, "-808",
		    "The profile has no row for this error." },
		{ "", "", "", VERDICT_UNEXPECTED, 0, "", "The profile has no row for this error." },
	};
	struct oem_profile *p = oem_fake_profile(rows);
	struct oem_error_map *m = NULL;
	struct err err;

	(void)state;
	assert_int_equal(oem_error_map_new(p, &m, &err), ERR_OK);
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct verdict v;

		print_message("  %s %s %s\n", tc[i].code, tc[i].name, tc[i].message);
		oem_error_map_judge(m, slice_of(tc[i].code), slice_of(tc[i].name),
		    slice_of(tc[i].message), &v);
		assert_int_equal(v.class, tc[i].want);
		assert_int_equal(v.code, tc[i].want_code);
		assert_string_equal(v.name, tc[i].want_name);
		assert_string_equal(v.message, tc[i].want_message);
	}
	oem_error_map_free(m);
	oem_error_map_free(NULL);
	oem_profile_free(p);
}

/* Cut at the end of a character. */
static void
long_texts(void **state)
{
	struct oem_profile *p = oem_fake_profile(rows);
	struct oem_error_map *m = NULL;
	char text[2000];
	struct verdict v;
	struct err err;

	(void)state;
	for (size_t i = 0; i + 1 < sizeof text; i += 2)
		memcpy(text + i, "\xC3\xA9", 2);
	assert_int_equal(oem_error_map_new(p, &m, &err), ERR_OK);
	oem_error_map_judge(m, (struct slice){ text, sizeof text },
	    (struct slice){ text, sizeof text }, (struct slice){ text, sizeof text }, &v);
	assert_int_equal(strlen(v.name), 62);
	assert_int_equal(
	    (strlen(v.message) - strlen("The profile has no row for this error: ")) % 2, 0);
	assert_true(strlen(v.message) > VERDICT_MESSAGE_SIZE / 2);
	oem_error_map_free(m);
	oem_profile_free(p);
}

static void
attempt(void *arg)
{
	struct oem_error_map *m = NULL;
	struct err err;

	if (oem_error_map_new(arg, &m, &err)) {
		assert_true(alloc_fault_hit());
		assert_int_equal(err.code, ERR_NOMEM);
		assert_null(m);
	}
	oem_error_map_free(m);
}

static void
memory_runs_out(void **state)
{
	struct oem_profile *p = oem_fake_profile(rows);

	(void)state;
	assert_int_equal(alloc_fault_sweep(attempt, p), 2);
	oem_profile_free(p);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges),
		cmocka_unit_test(long_texts),
		cmocka_unit_test(memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
