/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of a store when there is no memory. */
#include "store/store.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/alloc_fault.h"
#include "tests/unit/sandbox.h"
#include "tests/unit/store_script.h"
#include "tests/unit/store_show.h"

/* SQLite's allocations, the nth of which fails. */
static sqlite3_mem_methods real_memory;
static size_t allocations_left; /* until the one that fails, itself included; 0: none */

static bool
memory_is_out(void)
{
	return allocations_left > 0 && --allocations_left == 0;
}

static void *
failing_malloc(int size)
{
	return memory_is_out() ? NULL : real_memory.xMalloc(size);
}

static void *
failing_realloc(void *p, int size)
{
	return memory_is_out() ? NULL : real_memory.xRealloc(p, size);
}

static void
set_double(void)
{
	sqlite3_mem_methods failing;

	assert_int_equal(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_memory), SQLITE_OK);
	failing = real_memory;
	failing.xMalloc = failing_malloc;
	failing.xRealloc = failing_realloc;
	assert_int_equal(sqlite3_config(SQLITE_CONFIG_MALLOC, &failing), SQLITE_OK);
}

static void
try_to_open(void *arg)
{
	struct store *s = NULL;
	struct err err;
	enum err_code rc = store_open("store", STORE_WRITE, clock_system(), &s, &err);

	(void)arg;
	assert_int_equal(rc, alloc_fault_hit() ? ERR_NOMEM : ERR_OK);
	store_close(s);
}

static void
test_none_of_ours(void **state)
{
	(void)state;
	assert_true(alloc_fault_sweep(try_to_open, NULL) > 0);
}

static enum err_code
count_at_gate(void *arg, const struct store_gate_device *d, struct err *err)
{
	(void)d;
	(void)err;
	++*(unsigned *)arg;
	return ERR_OK;
}

static int64_t
count_events(struct store *s)
{
	int64_t n = -1;
	struct err err;

	assert_int_equal(store_event_newest(s, &n, &err), ERR_OK);
	return n;
}

static void
try_to_ask(void *arg)
{
	struct store *s = NULL;
	unsigned at_gate = 0;
	struct err err;
	enum err_code rc;

	(void)arg;
	rc = store_open("store", STORE_READ, clock_system(), &s, &err);
	if (rc == ERR_OK)
		rc = store_gate(s, slice_of("a"), count_at_gate, &at_gate, &err);
	if (rc == ERR_OK)
		rc = store_gate(s, slice_of("a"), count_at_gate, &at_gate, &err);
	assert_int_equal(rc, alloc_fault_hit() ? ERR_NOMEM : ERR_OK);
	assert_int_equal(at_gate, rc ? at_gate % 2 : 2);
	store_close(s);
}

/* Fails until it happens, once. */
static void
try_to_settle(void *arg)
{
	struct store_script *ss = arg;
	const struct store_settlement t = {
		.device = 1,
		.state = DEVICE_CLAIMED,
		.verdict = { .code = 808, .name = slice_of("Name") },
	};
	struct err err;
	enum err_code rc =
	    store_batch_settle(ss->store, 1, &t, 1, slice_of(""), slice_of(""), &err);
	bool failed = alloc_fault_hit();

	assert_int_equal(rc, failed ? ERR_NOMEM : ERR_OK);
	if (failed)
		assert_int_equal(count_events(ss->store), 0);
}

static void
test_none_for_questions_and_claims(void **state)
{
	struct store_script ss;

	(void)state;
	store_script_open(&ss);
	store_script_run(&ss, "begin contoso; add 2 A acme t; add 3 B acme t; end 2; claim 1 1");
	assert_true(alloc_fault_sweep(try_to_ask, NULL) > 0);
	assert_true(alloc_fault_sweep(try_to_settle, &ss) > 0);
	assert_int_equal(count_events(ss.store), 1);
	store_script_close(&ss);
}

/* Whatever fails says so, and leaves no trace of its own. */
static void
work_with_little(struct store_script *ss)
{
	static const struct store_row row[] = {
		{ .line = 2, .serial = { "A", 1 }, .manufacturer = { "acme", 4 } },
		{ .line = 3, .serial = { "B", 1 }, .manufacturer = { "acme", 4 } },
	};
	uint64_t contested;
	struct err err;
	int64_t list = 0;
	enum err_code rc;

	rc = store_list_begin(ss->store, slice_of("contoso"), slice_of("a"), slice_of(""),
	    LIST_FROM_SPOOL, &list, &err);
	assert_true(rc == ERR_OK || rc == ERR_NOMEM);
	if (rc == ERR_OK && store_list_add(ss->store, list, row, 2, &err) == ERR_NOMEM) {
		allocations_left = 0;
		store_show_expect(ss->store, "lt", "list 1 contoso a rows=0 open\n");
	} else if (rc == ERR_OK) {
		rc = store_list_end(ss->store, list, 2, &contested, &err);
		assert_true(rc == ERR_OK || rc == ERR_NOMEM);
		allocations_left = 0;
		store_show_expect(ss->store, "t", "tally contoso queued 2\n");
	}
}

static void
test_none_of_sqlite(void **state)
{
	unsigned failed_opens = 0;

	(void)state;
	for (size_t nth = 1; nth < 4000; nth += 1 + nth / 12) {
		struct store_script ss = { 0 };
		struct store *s = NULL;
		struct err err;
		enum err_code rc;

		assert_int_equal(sandbox_enter(NULL), 0);
		allocations_left = nth;
		rc = store_open("store", STORE_WRITE, clock_system(), &s, &err);
		assert_true(rc == ERR_OK || rc == ERR_NOMEM);
		failed_opens += rc != ERR_OK;
		ss.store = s;
		if (rc == ERR_OK)
			work_with_little(&ss);
		allocations_left = 0;
		store_close(s);
		store_script_open(&ss);
		store_script_close(&ss);
		assert_int_equal(sandbox_leave(NULL), 0);
	}
	assert_true(failed_opens > 10);
}

/* --- units --- */

/* B replaces A, which is registered. */
static enum err_code
add_unit(struct store *s, struct store_unit_taken *out, struct err *err)
{
	static const struct store_row row = { .serial = { "B", 1 },
		.manufacturer = { "acme", 4 },
		.hash = { "hash", 4 },
		.hash_len = 12 };

	return store_unit_add(s, slice_of("contoso"), slice_of("u"), &row, slice_of("A"), out, err);
}

static void
script_with_a(struct store_script *ss)
{
	store_script_open(ss);
	store_script_run(ss,
	    "unit contoso u A acme t; claim 1 1; settle 1 A registered ok; reopen");
}

static void
try_to_add_unit(void *arg)
{
	struct store_script *ss = arg;
	struct store_unit_taken taken = { .list = 7 };
	struct err err;
	enum err_code rc = add_unit(ss->store, &taken, &err);
	bool failed = alloc_fault_hit();

	assert_int_equal(rc, failed ? ERR_NOMEM : ERR_OK);
	assert_int_equal(taken.list, failed ? 7 : 1);
	if (failed)
		store_show_expect(ss->store, "t", "tally contoso registered 1\n");
}

static void
test_none_for_a_unit(void **state)
{
	struct store_script ss;

	(void)state;
	script_with_a(&ss);
	assert_true(alloc_fault_sweep(try_to_add_unit, &ss) > 0);
	store_show_expect(ss.store, "ts",
	    "tally contoso held 2\nsupersede 1->2 A acme contoso/t\n");
	store_script_close(&ss);
}

/* Of SQLite's allocations the nth fails, while it is added or while that is over; 0: none. */
static void
try_unit(size_t of_adding, size_t of_ending, unsigned *failed)
{
	struct store_script ss;
	struct store_unit_taken taken = { .list = 7 };
	struct err err;
	bool added, over;

	assert_int_equal(sandbox_enter(NULL), 0);
	script_with_a(&ss);
	allocations_left = of_adding;
	added = add_unit(ss.store, &taken, &err) == ERR_OK;
	allocations_left = of_ending;
	over = added && store_superseded(ss.store, 1, slice_of("R"), &err) == ERR_OK;
	allocations_left = 0;
	assert_true(over || err.code == ERR_NOMEM);
	assert_true(added || of_adding > 0);
	assert_int_equal(taken.list, added ? 1 : 7);
	store_show_expect(ss.store, "t",
	    over        ? "tally contoso refused 1\ntally contoso queued 1\n"
	        : added ? "tally contoso held 2\n"
	                : "tally contoso registered 1\n");
	*failed += !over;
	store_script_close(&ss);
	assert_int_equal(sandbox_leave(NULL), 0);
}

static void
test_none_of_sqlite_for_a_unit(void **state)
{
	unsigned failed_adds = 0, failed_ends = 0;

	(void)state;
	for (size_t nth = 1; nth < 3000; nth += 1 + nth / 8)
		try_unit(nth, 0, &failed_adds);
	for (size_t nth = 1; nth < 1000; nth += 1 + nth / 8)
		try_unit(0, nth, &failed_ends);
	assert_true(failed_adds > 10 && failed_ends > 10);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, sandbox_enter, sandbox_leave)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_none_of_ours),
		TEST(test_none_for_questions_and_claims),
		cmocka_unit_test(test_none_of_sqlite),
		TEST(test_none_for_a_unit),
		cmocka_unit_test(test_none_of_sqlite_for_a_unit),
	};

	set_double();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
