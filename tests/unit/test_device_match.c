/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/device_match.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/alloc_fault.h"
#include "tests/unit/partner_fake.h"

#define LENGTH(array) (sizeof array / sizeof(array)[0])

static struct batch *
new_batch(void)
{
	struct batch *b = partner_fake_batch("x");

	partner_fake_add(b, "abc", NULL, "Fabrikam", NULL, NULL, 0); /* 0 */
	partner_fake_add(b, "ABC", NULL, NULL, NULL, NULL, 0);       /* 1 */
	partner_fake_add(b, "abc", NULL, "Contoso", NULL, NULL, 0);  /* 2 */
	partner_fake_add(b, NULL, "0123456789012", NULL, NULL, NULL, 0);
	partner_fake_add(b, "xyz", "0123456789013", NULL, NULL, NULL, 0);
	partner_fake_add(b, NULL, NULL, NULL, NULL, "hash", 0);
	return b;
}

static void
finds_each_once(void **state)
{
	static const struct {
		enum device_key key;
		const char *value;
		int device; /* -1: none */
	} step[] = {
		{ DEVICE_SERIAL, "Abc", -1 },
		{ DEVICE_SERIAL, "ab", -1 },
		{ DEVICE_SERIAL, "abcd", -1 },
		{ DEVICE_SERIAL, "", -1 },
		{ DEVICE_SERIAL_NOCASE, "", -1 },
		{ DEVICE_PRODUCT_ID, "", -1 },
		{ DEVICE_SERIAL, "ABC", 1 },
		{ DEVICE_SERIAL, "ABC", -1 },
		{ DEVICE_SERIAL, "abc", 0 },
		{ DEVICE_SERIAL_NOCASE, "aBC", 2 },
		{ DEVICE_SERIAL_NOCASE, "abc", -1 },
		{ DEVICE_PRODUCT_ID, "0123456789013", 4 },
		{ DEVICE_SERIAL, "xyz", -1 },
		{ DEVICE_SERIAL, "0123456789012", -1 },
		{ DEVICE_PRODUCT_ID, "0123456789012", 3 },
		{ DEVICE_SERIAL, "hash", -1 },
	};
	struct batch *b = new_batch();
	struct device_match *m;
	struct err err;

	(void)state;
	assert_int_equal(device_match_new(b, &m, &err), ERR_OK);
	for (size_t i = 0; i < LENGTH(step); i++) {
		size_t device = 99;

		assert_int_equal(
		    device_match_find(m, step[i].key, slice_of(step[i].value), &device),
		    step[i].device >= 0);
		assert_int_equal(device, step[i].device >= 0 ? step[i].device : 99);
	}
	device_match_free(m);
	batch_free(b);
}

/* What is named exactly is found before what differs in case takes it. */
static void
finds_for_all(void **state)
{
	struct device_sighting seen[] = {
		{ .serial = slice_of("aBC") },
		{ .serial = slice_of("abc") },
		{ .serial = slice_of("ABC") },
		{ .serial = slice_of("nobody"), .product_id = slice_of("0123456789012") },
		{ .serial = slice_of("xyz") },
		{ .serial = slice_of("abc"), .device = 77 }, /* known already */
		{ .serial = slice_of("") },
	};
	static const size_t want[] = { 2, 0, 1, 3, SIZE_MAX, 77, SIZE_MAX };
	struct batch *b = new_batch();
	struct device_match *m;
	struct err err;

	(void)state;
	for (size_t i = 0; i < LENGTH(seen); i++) {
		if (seen[i].device == 0)
			seen[i].device = SIZE_MAX;
	}
	assert_int_equal(device_match_new(b, &m, &err), ERR_OK);
	assert_true(device_match_take(m, 4));
	assert_false(device_match_take(m, 4));
	device_match_all(m, seen, LENGTH(seen));
	for (size_t i = 0; i < LENGTH(seen); i++)
		assert_int_equal(seen[i].device, want[i]);
	assert_false(device_match_take(m, 0));
	device_match_free(m);
	batch_free(b);
}

static void
an_empty_batch(void **state)
{
	struct batch *b = partner_fake_batch("x");
	struct device_match *m;
	size_t device = 99;
	struct err err;

	(void)state;
	assert_int_equal(device_match_new(b, &m, &err), ERR_OK);
	assert_false(device_match_find(m, DEVICE_SERIAL, slice_of("a"), &device));
	device_match_free(m);
	device_match_free(NULL);
	batch_free(b);
}

static void
attempt(void *arg)
{
	struct device_match *m = NULL;
	struct err err;

	if (device_match_new(arg, &m, &err)) {
		assert_true(alloc_fault_hit());
		assert_int_equal(err.code, ERR_NOMEM);
		assert_null(m);
	}
	device_match_free(m);
}

static void
memory_runs_out(void **state)
{
	struct batch *b = new_batch();

	(void)state;
	assert_int_equal(alloc_fault_sweep(attempt, b), 4);
	batch_free(b);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_each_once),
		cmocka_unit_test(finds_for_all),
		cmocka_unit_test(an_empty_batch),
		cmocka_unit_test(memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
