/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/intake/spool_notes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/alloc_fault.h"

enum { KEEP_MS = 100, MANY = 2 * SPOOL_NOTES_MAX, NAME_SIZE = 16 };

static struct spool_stamp
stamp_of(off_t size)
{
	return (struct spool_stamp){ .ino = 7, .size = size };
}

static struct spool_notes *
notes_new(void)
{
	struct spool_notes *n = NULL;
	struct err err;

	assert_int_equal(spool_notes_new(KEEP_MS, &n, &err), ERR_OK);
	return n;
}

static void
notes_are_kept(void **state)
{
	struct spool_notes *n = notes_new();
	struct spool_stamp one = stamp_of(1), two = stamp_of(2);
	const struct spool_note *note;

	(void)state;
	assert_null(spool_notes_find(n, "contoso", "a.csv", 10));
	assert_true(spool_notes_set(n, "contoso", "a.csv", SPOOL_SEEN, &one, 10));
	note = spool_notes_find(n, "contoso", "a.csv", 20);
	assert_non_null(note);
	assert_int_equal(note->kind, SPOOL_SEEN);
	assert_int_equal(note->since_ms, 10);
	assert_true(spool_stamp_same(&note->stamp, &one));

	assert_true(spool_notes_set(n, "contoso", "a.csv", SPOOL_GIVEN, &two, 30));
	note = spool_notes_find(n, "contoso", "a.csv", 40);
	assert_non_null(note);
	assert_int_equal(note->kind, SPOOL_GIVEN);
	assert_int_equal(note->since_ms, 30);
	assert_true(spool_stamp_same(&note->stamp, &two));

	assert_null(spool_notes_find(n, "fabrikam", "a.csv", 40));
	assert_null(spool_notes_find(n, "contoso", "b.csv", 40));
	assert_null(spool_notes_find(n, "contos", "oa.csv", 40));
	assert_null(spool_notes_find(n, "a.csv", "contoso", 40));
	spool_notes_free(n);
}

static const char *
name_of(size_t i, char out[NAME_SIZE])
{
	(void)snprintf(out, NAME_SIZE, "%zu", i);
	return out;
}

/* Notes all files, or as many as there is room for, and says which. */
static size_t
note_all(struct spool_notes *n, uint64_t now_ms, bool noted[MANY])
{
	struct spool_stamp stamp = stamp_of(1);
	char name[NAME_SIZE];
	size_t count = 0;

	for (size_t i = 0; i < MANY; i++) {
		noted[i] = spool_notes_set(n, "c", name_of(i, name), SPOOL_SEEN, &stamp, now_ms);
		count += noted[i];
	}
	return count;
}

/* More files than notes: the first ones stay, and make room when they are no longer asked for. */
static void
full(void **state)
{
	static bool first[MANY], again[MANY];
	struct spool_stamp stamp = stamp_of(1);
	struct spool_notes *n = notes_new();
	char name[NAME_SIZE];
	size_t count = note_all(n, 0, first);

	(void)state;
	assert_true(count <= SPOOL_NOTES_MAX && count > SPOOL_NOTES_MAX / 10 * 9);
	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(spool_notes_find(n, "c", name_of(i, name), KEEP_MS) != NULL,
		    first[i]);

	assert_int_equal(note_all(n, 2 * KEEP_MS, again), count);
	assert_memory_equal(again, first, sizeof first);

	count = 0;
	for (size_t i = 0; i < MANY; i++)
		count += !first[i] &&
		    spool_notes_set(n, "c", name_of(i, name), SPOOL_SEEN, &stamp, 3 * KEEP_MS + 1);
	assert_true(count > SPOOL_NOTES_MAX / 2);
	spool_notes_free(n);
}

static void
room_for_ten_thousand(void **state)
{
	struct spool_notes *n = notes_new();
	struct spool_stamp stamp = stamp_of(1);
	char name[NAME_SIZE];

	(void)state;
	for (size_t i = 0; i < 10 * 1000; i++)
		assert_true(spool_notes_set(n, "c", name_of(i, name), SPOOL_SEEN, &stamp, 0));
	spool_notes_free(n);
}

static void
attempt(void *arg)
{
	struct spool_notes *n = arg;
	struct err err = { 0 };
	enum err_code rc = spool_notes_new(KEEP_MS, &n, &err);

	if (alloc_fault_hit()) {
		assert_int_equal(rc, ERR_NOMEM);
		assert_int_equal(err.code, ERR_NOMEM);
		assert_ptr_equal(n, arg);
		return;
	}
	assert_int_equal(rc, ERR_OK);
	spool_notes_free(n);
}

static void
memory_runs_out(void **state)
{
	int somewhere;

	(void)state;
	assert_int_equal(alloc_fault_sweep(attempt, &somewhere), 1);
	spool_notes_free(NULL);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(notes_are_kept),
		cmocka_unit_test(full),
		cmocka_unit_test(room_for_ten_thousand),
		cmocka_unit_test(memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
