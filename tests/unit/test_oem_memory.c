/* SPDX-License-Identifier: Apache-2.0 */
#include "oem/oem_memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/alloc_fault.h"

static struct oem_memory *
new_memory(void)
{
	struct oem_memory *m = NULL;
	struct err err;

	assert_int_equal(oem_memory_new(&m, &err), ERR_OK);
	return m;
}

static struct oem_note
note_of(const char *text, size_t nverdict)
{
	struct oem_note n = { .nverdict = nverdict };

	(void)snprintf(n.text, sizeof n.text, "%s", text);
	if (nverdict > 0)
		n.verdict = calloc(nverdict, sizeof *n.verdict);
	return n;
}

static void
keep(struct oem_memory *m, const char *key, const char *text, size_t nverdict)
{
	const struct oem_note n = note_of(text, nverdict);

	oem_memory_keep(m, key, &n);
}

static void
keeps_and_forgets(void **state)
{
	struct oem_memory *m = new_memory();

	(void)state;
	assert_null(oem_memory_get(m, "a"));
	oem_memory_forget(m, "a");
	keep(m, "a", "1", 2);
	keep(m, "b", "2", 0);
	assert_string_equal(oem_memory_get(m, "a")->text, "1");
	assert_int_equal(oem_memory_get(m, "a")->nverdict, 2);
	keep(m, "a", "3", 0);
	assert_string_equal(oem_memory_get(m, "a")->text, "3");
	assert_string_equal(oem_memory_get(m, "b")->text, "2");
	oem_memory_forget(m, "a");
	assert_null(oem_memory_get(m, "a"));
	assert_non_null(oem_memory_get(m, "b"));
	keep(m, "c", "left to free()", 5);
	oem_memory_free(m);
	oem_memory_free(NULL);
}

/* What is oldest goes, and what is put anew is young again. */
static void
has_ceilings(void **state)
{
	struct oem_memory *m = new_memory();
	char key[16];

	(void)state;
	for (int i = 0; i < 1024; i++) {
		(void)snprintf(key, sizeof key, "%d", i);
		keep(m, key, "", 0);
	}
	assert_non_null(oem_memory_get(m, "0"));
	keep(m, "0", "anew", 0);
	keep(m, "one more", "", 0);
	assert_string_equal(oem_memory_get(m, "0")->text, "anew");
	assert_null(oem_memory_get(m, "1"));
	assert_non_null(oem_memory_get(m, "2"));
	keep(m, "large", "", 100 * 1000);
	assert_non_null(oem_memory_get(m, "large"));
	assert_non_null(oem_memory_get(m, "one more"));
	keep(m, "small", "", 1);
	assert_null(oem_memory_get(m, "large"));
	assert_non_null(oem_memory_get(m, "small"));
	keep(m, "too large", "", 100 * 1000 + 1);
	assert_null(oem_memory_get(m, "too large"));
	oem_memory_free(m);
}

static void
memory_runs_out(void **state)
{
	struct oem_memory *m = NULL;
	struct oem_note n = note_of("new", 3);
	struct err err;

	(void)state;
	alloc_fault_arm(1);
	assert_int_equal(oem_memory_new(&m, &err), ERR_NOMEM);
	assert_null(m);
	m = new_memory();
	keep(m, "a", "old", 1);
	alloc_fault_arm(1);
	oem_memory_keep(m, "a", &n); /* the old one is wrong by now */
	assert_null(oem_memory_get(m, "a"));
	oem_memory_free(m);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_and_forgets),
		cmocka_unit_test(has_ceilings),
		cmocka_unit_test(memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
