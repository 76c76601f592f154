/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/device_set.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/alloc_fault.h"
#include "tests/unit/device_set_model.h"

enum { LIST = 7 };

static struct device_set *
new_set(void)
{
	struct device_set *s = NULL;
	struct err err;

	assert_int_equal(device_set_new(&s, &err), ERR_OK);
	return s;
}

static struct device_add
add_key(struct device_set *s, const struct device_key *key, uint32_t line)
{
	struct device_add out;
	struct err err;

	assert_int_equal(device_set_add(s, key, (struct device_place){ LIST, line }, &out, &err),
	    ERR_OK);
	return out;
}

static struct device_add
add_row(struct device_set *s, const struct row *r, uint32_t line)
{
	struct device_key key = row_key(r);

	return add_key(s, &key, line);
}

/* A key with nothing in common with that of another n, but for the maker. */
static struct device_key
distinct_key(uint64_t n)
{
	n = (n + 1) * 0x9e3779b97f4a7c15;
	n = (n ^ n >> 30) * 0xbf58476d1ce4e5b9;
	n = (n ^ n >> 27) * 0x94d049bb133111eb;
	n ^= n >> 31;
	return (struct device_key){ .main = n, .uuid = ~n, .maker = 1 };
}

static void
assert_keys_equal(const struct device_key *a, const struct device_key *b)
{
	assert_true(a->main == b->main);
	assert_true(a->uuid == b->uuid);
	assert_int_equal(a->hash, b->hash);
	assert_int_equal(a->collected, b->collected);
	assert_int_equal(a->maker, b->maker);
	assert_int_equal(a->ek, b->ek);
}

static void
test_absent_parts(void **state)
{
	static const struct row full = { "S1", "Acme", "123", UUID_A, "key", 1, 5 };
	struct device_key none = row_key(&(struct row){ 0 });
	struct device_key all = row_key(&full);

	(void)state;
	assert_keys_equal(&none, &(struct device_key){ 0 });
	assert_true(all.main && all.uuid && all.hash && all.collected && all.maker && all.ek);
	assert_int_equal(row_key(&(struct row){ .second = 5 }).collected, 0);
}

static void
test_what_stands_for_a_serial(void **state)
{
	struct device_key serial = row_key(&(struct row){ .serial = "123", .uuid = UUID_A });
	struct device_key product_id = row_key(&(struct row){ .product_id = "123" });
	struct device_key uuid =
	    row_key(&(struct row){ .serial = "?123", .product_id = "123", .uuid = UUID_A });
	struct device_key capture = row_key(&(struct row){ .maker = "Acme", .capture = 1 });

	(void)state;
	assert_true(serial.main != product_id.main);
	assert_true(uuid.main == uuid.uuid);
	assert_true(uuid.uuid == serial.uuid);
	assert_true(capture.main != 0 && capture.maker == 0);
	assert_int_equal(row_key(&(struct row){ .serial = "?0", .maker = "Acme" }).main, 0);
}

static void
test_folding_and_seed(void **state)
{
	struct device_key a = row_key(&(struct row){ .serial = "Ab[9", .maker = "ACME" });
	struct device_key b = row_key(&(struct row){ .serial = "aB[9", .maker = "acme" });
	struct device_key c = row_key(&(struct row){ .serial = "ab{9", .maker = "acne" });
	struct device_key lower = row_key(&(struct row){ .uuid = UUID_A });
	struct device_key upper = row_key(&(struct row){ .uuid = "AAAAAAAAAAAAAAAA" });
	struct device_identity id = { .serial = slice_of("ab[9"),
		.manufacturer = slice_of("acme") };
	struct device_key other_seed;

	(void)state;
	assert_keys_equal(&a, &b);
	assert_true(a.main != c.main && a.maker != c.maker);
	assert_true(lower.uuid != upper.uuid);
	device_key_make((const uint8_t[16]){ 1 }, &id, &other_seed);
	assert_true(other_seed.main != a.main);
}

/* Each byte of a serial number counts, also of one that takes several blocks. */
static void
test_long_serials(void **state)
{
	char text[1001];
	struct device_key seen[sizeof text];

	(void)state;
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	for (size_t at = 0; at < sizeof text - 1; at++) {
		text[at] = 'y';
		seen[at] = row_key(&(struct row){ .serial = text });
		text[at] = 'Y';
		assert_true(row_key(&(struct row){ .serial = text }).main == seen[at].main);
		text[at] = 'x';
		for (size_t i = 0; i < at; i++)
			assert_true(seen[i].main != seen[at].main);
	}
}

/* Among so many makers a few have a fingerprint of 16 zero bits. */
static void
test_present_parts_are_never_0(void **state)
{
	char maker[8];

	(void)state;
	for (unsigned i = 0; i < 300000; i++) {
		(void)snprintf(maker, sizeof maker, "%u", i);
		assert_int_not_equal(row_key(&(struct row){ .maker = maker }).maker, 0);
	}
}

static void
test_collected(void **state)
{
	static const struct {
		const char *name;
		int64_t unix_s;
		uint32_t want;
	} tc[] = {
		{ "unknown", 0, 0 },
		{ "before 1970", INT64_MIN, 1 },
		{ "1970", 1, 1 },
		{ "2000", 946684800, 1 },
		{ "a second later", 946684801, 1 },
		{ "two seconds later", 946684802, 2 },
		{ "last that fits", 946684800 + (int64_t)UINT32_MAX, UINT32_MAX },
		{ "later still", INT64_MAX, UINT32_MAX },
	};
	static const uint8_t digest[32] = { 1 };

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct device_identity id = { .digest = digest, .collected_unix_s = tc[i].unix_s };
		struct device_key key;

		print_message("  %s\n", tc[i].name);
		device_key_make(row_key_seed, &id, &key);
		assert_int_equal(key.collected, tc[i].want);
	}
}

#define NEW DEVICE_NEW
#define SAME DEVICE_DUPLICATE
#define NEWER DEVICE_SUPERSEDES
#define CLASH DEVICE_CONFLICT

/* Scenarios, row by row; the lines in them count from 0. */
static const struct {
	const char *scenario; /* with its first row */
	struct row row;
	struct want want;
} steps[] = {
	{ "same tuple twice", { "S1", "Acme", NULL, NULL, NULL, 0, 0 }, { NEW, 0, false } },
	{ NULL, { "s1", "ACME", NULL, NULL, NULL, 0, 0 }, { SAME, 0, false } },
	{ "other serial number", { "S1", "Acme", NULL, NULL, NULL, 0, 0 }, { NEW, 0, false } },
	{ NULL, { "S2", "Acme", NULL, NULL, NULL, 0, 0 }, { NEW, 0, false } },
	{ "other maker, no UUIDs", { "S1", "Acme", NULL, NULL, NULL, 0, 0 }, { NEW, 0, false } },
	{ NULL, { "S1", "Bolt", NULL, NULL, NULL, 0, 0 }, { NEW, 0, false } },
	{ "tuple after its hash", { "S1", "Acme", NULL, UUID_A, NULL, 1, 0 }, { NEW, 0, false } },
	{ NULL, { "S1", "Acme", NULL, NULL, NULL, 0, 0 }, { SAME, 0, false } },
	{ "hash after its tuple", { "S1", "Acme", NULL, NULL, NULL, 0, 0 }, { NEW, 0, false } },
	{ NULL, { "S1", "Acme", NULL, UUID_A, NULL, 1, 0 }, { SAME, 0, false } },
	{ "makers absent on both", { "S1", NULL, NULL, NULL, NULL, 1, 0 }, { NEW, 0, false } },
	{ NULL, { "S1", NULL, NULL, NULL, NULL, 1, 0 }, { SAME, 0, false } },
	{ "maker absent on one", { "S1", NULL, NULL, NULL, NULL, 1, 0 }, { NEW, 0, false } },
	{ NULL, { "S1", "Acme", NULL, NULL, NULL, 0, 0 }, { NEW, 0, false } },
	{ "other maker and UUID", { "S1", "Acme", NULL, UUID_A, NULL, 1, 0 }, { NEW, 0, false } },
	{ NULL, { "S1", "Bolt", NULL, UUID_B, NULL, 2, 0 }, { NEW, 0, false } },
	{ NULL, { "S1", "Acme", NULL, UUID_B, NULL, 2, 0 }, { SAME, 1, false } },
	{ NULL, { "S1", "Bolt", NULL, NULL, NULL, 0, 0 }, { SAME, 1, false } },
	{ "other maker, same UUID", { "S1", "Acme", NULL, UUID_A, NULL, 1, 0 }, { NEW, 0, false } },
	{ NULL, { "S1", "Bolt", NULL, UUID_A, NULL, 1, 0 }, { SAME, 0, false } },
	{ "re-capture, same UUID", { "S1", "Acme", NULL, UUID_A, NULL, 1, 2 }, { NEW, 0, false } },
	{ NULL, { "S1", "Acme", NULL, UUID_A, NULL, 2, 3 }, { NEWER, 0, false } },
	{ NULL, { "S1", "Acme", NULL, UUID_A, NULL, 3, 2 }, { SAME, 1, false } },
	{ NULL, { "S1", "Acme", NULL, UUID_A, NULL, 1, 2 }, { SAME, 1, false } },
	{ NULL, { "S1", "Acme", NULL, UUID_A, NULL, 4, 4 }, { NEWER, 1, false } },
	{ NULL, { "S1", "Acme", NULL, NULL, NULL, 0, 0 }, { SAME, 4, false } },
	{ "re-capture, same second", { "S1", "Acme", NULL, NULL, "k", 1, 2 }, { NEW, 0, false } },
	{ NULL, { "S1", "Acme", NULL, NULL, "k", 2, 2 }, { SAME, 0, false } },
	{ "re-capture, time unknown", { "S1", "Acme", NULL, NULL, "k", 1, 0 }, { NEW, 0, false } },
	{ NULL, { "S1", "Acme", NULL, NULL, "k", 2, 0 }, { SAME, 0, false } },
	{ NULL, { "S1", "Acme", NULL, NULL, "k", 3, 1 }, { NEWER, 0, false } },
	{ "maker as superseded", { "S1", "Acme", NULL, UUID_A, NULL, 1, 1 }, { NEW, 0, false } },
	{ NULL, { "S1", "Bolt", NULL, UUID_A, NULL, 2, 2 }, { NEWER, 0, false } },
	{ NULL, { "S1", "Acme", NULL, NULL, NULL, 0, 0 }, { SAME, 1, false } },
	{ "UUID as superseded", { "S1", "Acme", NULL, UUID_A, "k", 1, 1 }, { NEW, 0, false } },
	{ NULL, { "S1", "Acme", NULL, UUID_B, "k", 2, 2 }, { NEWER, 0, false } },
	{ NULL, { "S1", "Acme", NULL, UUID_A, NULL, 3, 3 }, { NEWER, 1, false } },
	{ "capture as superseded", { "S1", "Acme", NULL, UUID_A, "k", 1, 1 }, { NEW, 0, false } },
	{ NULL, { "S1", "Acme", NULL, UUID_B, "k", 2, 2 }, { NEWER, 0, false } },
	{ NULL, { "S1", "Acme", NULL, UUID_B, "l", 3, 3 }, { NEWER, 1, false } },
	{ NULL, { "S1", "Acme", NULL, UUID_A, "k", 1, 1 }, { SAME, 2, false } },
	{ "conflict", { "S1", "Acme", NULL, UUID_A, "k", 1, 0 }, { NEW, 0, false } },
	{ NULL, { "S1", "Acme", NULL, UUID_B, "l", 2, 0 }, { CLASH, 0, true } },
	{ NULL, { "S1", "Acme", NULL, UUID_A, "k", 1, 0 }, { CLASH, 0, false } },
	{ NULL, { "S1", "Acme", NULL, NULL, NULL, 0, 0 }, { CLASH, 0, false } },
	{ NULL, { "S2", "Acme", NULL, NULL, NULL, 0, 0 }, { NEW, 0, false } },
	{ "conflict, nothing agrees", { "S1", "Acme", NULL, NULL, NULL, 1, 1 }, { NEW, 0, false } },
	{ NULL, { "S1", "Acme", NULL, NULL, NULL, 2, 2 }, { CLASH, 0, true } },
	{ "conflict of re-capture", { "S1", "Acme", NULL, UUID_A, NULL, 1, 1 }, { NEW, 0, false } },
	{ NULL, { "S1", "Acme", NULL, UUID_A, NULL, 2, 2 }, { NEWER, 0, false } },
	{ NULL, { "S1", "Acme", NULL, UUID_B, NULL, 3, 3 }, { CLASH, 1, true } },
	{ NULL, { "S1", "Acme", NULL, UUID_A, NULL, 1, 1 }, { CLASH, 1, false } },
	{ "UUID for placeholder", { "?0", "Acme", NULL, UUID_A, NULL, 1, 0 }, { NEW, 0, false } },
	{ NULL, { "?none", "Bolt", NULL, UUID_A, NULL, 1, 0 }, { SAME, 0, false } },
	{ NULL, { NULL, "Acme", NULL, UUID_A, NULL, 0, 0 }, { SAME, 0, false } },
	{ NULL, { "?0", "Acme", NULL, UUID_B, NULL, 2, 0 }, { NEW, 0, false } },
	{ "product id for serial", { NULL, "Acme", "1", NULL, NULL, 0, 0 }, { NEW, 0, false } },
	{ NULL, { "?0", "acme", "1", NULL, NULL, 0, 0 }, { SAME, 0, false } },
	{ NULL, { NULL, "Acme", "2", NULL, NULL, 0, 0 }, { NEW, 0, false } },
	{ "nothing to know it by", { NULL, "Acme", NULL, NULL, NULL, 0, 0 }, { NEW, 0, false } },
	{ NULL, { NULL, "Acme", NULL, NULL, NULL, 0, 0 }, { NEW, 0, false } },
	{ "only a hash", { NULL, "Acme", NULL, NULL, NULL, 1, 0 }, { NEW, 0, false } },
	{ NULL, { NULL, "Bolt", NULL, NULL, NULL, 1, 0 }, { SAME, 0, false } },
	{ NULL, { NULL, "Acme", NULL, NULL, NULL, 2, 0 }, { NEW, 0, false } },
	{ "UUID shared", { "S1", "Acme", NULL, UUID_A, NULL, 1, 1 }, { NEW, 0, false } },
	{ NULL, { "S2", "Acme", NULL, UUID_A, NULL, 2, 0 }, { NEW, 0, true } },
	{ NULL, { "S1", "Acme", NULL, UUID_A, NULL, 3, 2 }, { NEWER, 0, false } },
	{ NULL, { "S3", "Bolt", NULL, UUID_A, NULL, 0, 0 }, { NEW, 2, true } },
	{ NULL, { "?S4", "Bolt", NULL, UUID_A, NULL, 0, 0 }, { NEW, 2, true } },
	{ NULL, { "S5", "Bolt", NULL, UUID_B, NULL, 0, 0 }, { NEW, 0, false } },
};

static void
assert_outcome(const struct device_add *got, const struct want *want)
{
	const struct device_place *other =
	    want->outcome == DEVICE_NEW ? &got->shared_with : &got->other;

	assert_int_equal(got->outcome, want->outcome);
	assert_int_equal(got->shared, want->outcome == DEVICE_NEW && want->also);
	assert_int_equal(got->other_was_kept, want->outcome == DEVICE_CONFLICT && want->also);
	if (want->outcome != DEVICE_NEW || want->also) {
		assert_int_equal(other->list, LIST);
		assert_int_equal(other->line, want->other);
	}
}

static void
test_scenarios(void **state)
{
	struct device_set *s = NULL;
	uint32_t line = 0;

	(void)state;
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++, line++) {
		struct device_add got;

		if (steps[i].scenario) {
			print_message("  %s\n", steps[i].scenario);
			device_set_free(s);
			s = new_set();
			line = 0;
		}
		got = add_row(s, &steps[i].row, line);
		assert_outcome(&got, &steps[i].want);
	}
	device_set_free(s);
}

static void
test_rows_are_counted(void **state)
{
	struct row r = { .serial = "S1", .uuid = UUID_A, .capture = 1, .second = 1 };
	struct device_set *s = new_set();

	(void)state;
	assert_int_equal(device_set_rows(s), 0);
	assert_int_equal(add_row(s, &r, 1).row, 0);
	assert_false(device_set_is_dropped(s, 0));
	r = (struct row){ .serial = "S1", .uuid = UUID_A, .capture = 2, .second = 2 };
	assert_int_equal(add_row(s, &r, 2).row, 1);
	assert_int_equal(device_set_dropped(s), 1);
	assert_true(device_set_is_dropped(s, 0));
	assert_false(device_set_is_dropped(s, 1));
	r = (struct row){ .serial = "S1", .uuid = UUID_B, .capture = 3, .second = 3 };
	for (int i = 0; i < 2; i++) {
		assert_int_equal(add_row(s, &r, 3).outcome, DEVICE_CONFLICT);
		assert_true(device_set_is_dropped(s, 1));
		assert_int_equal(device_set_dropped(s), 2);
	}
	assert_int_equal(device_set_rows(s), 2);
	device_set_free(s);
	device_set_free(NULL);
}

static void
test_places(void **state)
{
	static const struct {
		uint32_t line, want;
	} tc[] = { { 0, 0 }, { 12345678, 12345678 }, { (1u << 29) - 1, (1u << 29) - 1 },
		{ 1u << 29, (1u << 29) - 1 }, { UINT32_MAX, (1u << 29) - 1 } };

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct device_set *s = new_set();
		struct device_place place = { UINT32_MAX, tc[i].line };
		struct device_key key = distinct_key(0);
		struct device_add out;
		struct err err;

		assert_int_equal(device_set_add(s, &key, place, &out, &err), ERR_OK);
		assert_int_equal(device_set_add(s, &key, place, &out, &err), ERR_OK);
		assert_int_equal(out.other.list, UINT32_MAX);
		assert_int_equal(out.other.line, tc[i].want);
		device_set_free(s);
	}
}

static void
test_namesakes_have_a_limit(void **state)
{
	struct device_set *s = new_set();
	struct device_key key = { .main = 1 };
	struct device_add out = { .row = 99 };
	struct err err = { 0 };

	(void)state;
	for (key.maker = 1; key.maker <= DEVICE_NAMESAKES_MAX; key.maker++)
		assert_int_equal(add_key(s, &key, 0).outcome, DEVICE_NEW);
	assert_int_equal(device_set_add(s, &key, (struct device_place){ 0, 0 }, &out, &err),
	    ERR_LIMIT);
	assert_int_equal(err.code, ERR_LIMIT);
	assert_int_equal(out.row, 99);
	assert_int_equal(device_set_rows(s), DEVICE_NAMESAKES_MAX);
	key.maker = 5;
	assert_int_equal(add_key(s, &key, 0).outcome, DEVICE_DUPLICATE);
	key.main = 2;
	assert_int_equal(add_key(s, &key, 0).outcome, DEVICE_NEW);
	device_set_free(s);
}

static void
compare_with_model(uint64_t *chance_state, uint32_t nrow, const char *const *serial,
    uint32_t nserial)
{
	struct device_set_model *m = calloc(1, sizeof *m);
	struct device_set *s = new_set();
	uint32_t dropped = 0;

	assert_non_null(m);
	assert_true(nrow <= DEVICE_SET_MODEL_MAX);
	for (uint32_t line = 0; line < nrow; line++) {
		struct row r = row_random(chance_state, serial, nserial);
		struct device_add got = add_row(s, &r, line);
		struct want want = device_set_model_add(m, &r, line);

		assert_outcome(&got, &want);
		if (want.outcome == DEVICE_NEW || want.outcome == DEVICE_SUPERSEDES)
			assert_int_equal(got.row, m->n - 1);
	}
	assert_int_equal(device_set_rows(s), m->n);
	for (uint32_t row = 0; row < m->n; row++) {
		bool is_dropped = m->seen[row].conflicted || m->seen[row].successor != row;

		assert_int_equal(device_set_is_dropped(s, row), is_dropped);
		dropped += is_dropped;
	}
	assert_int_equal(device_set_dropped(s), dropped);
	device_set_free(s);
	free(m);
}

static void
test_small_sequences_against_model(void **state)
{
	static const char *const serial[] = { "S1", "s1", "S2", "?0" };
	uint64_t chance_state = 1;

	(void)state;
	for (int i = 0; i < 3000; i++)
		compare_with_model(&chance_state, 1 + chance(&chance_state, 30), serial, 4);
}

/* Enough devices to make the tables grow several times. */
static void
test_long_sequence_against_model(void **state)
{
	enum { NSERIAL = 2000 };
	static char text[NSERIAL][8];
	static const char *serial[NSERIAL];
	uint64_t chance_state = 2;

	(void)state;
	for (unsigned i = 0; i < NSERIAL; i++) {
		(void)snprintf(text[i], sizeof text[i], "S%u", i);
		serial[i] = text[i];
	}
	compare_with_model(&chance_state, DEVICE_SET_MODEL_MAX, serial, NSERIAL);
}

static size_t
fill(struct device_set *s, uint32_t n)
{
	for (uint32_t i = device_set_rows(s); i < n; i++) {
		struct device_key key = distinct_key(i);

		assert_int_equal(add_key(s, &key, i).row, i);
	}
	return device_set_bytes(s);
}

/* The budget for each device of a large list, and none is lost while the tables grow. */
static void
test_memory_for_a_device(void **state)
{
	enum { HALF = 500000, FULL = 2 * HALF, BUDGET = 48 };
	struct device_set *s = new_set();
	size_t half = fill(s, HALF);
	size_t full = fill(s, FULL);

	(void)state;
	print_message("  %.1f bytes\n", (double)(full - half) / (FULL - HALF));
	assert_true(full - half <= (size_t)BUDGET * (FULL - HALF));
	assert_true(full <= (size_t)BUDGET * FULL);
	for (uint32_t i = 0; i < FULL; i += 97) {
		struct device_key key = distinct_key(i);
		struct device_add got = add_key(s, &key, 0);

		assert_int_equal(got.outcome, DEVICE_DUPLICATE);
		assert_int_equal(got.other.line, i);
	}
	device_set_free(s);
}

/* Devices that share one UUID cost a slot less: they must not make one long run of slots. */
static void
test_memory_for_clones(void **state)
{
	enum { N = 20000 };
	struct device_set *distinct = new_set();
	struct device_set *clones = new_set();
	size_t bytes = fill(distinct, N);

	(void)state;
	for (uint32_t i = 0; i < N; i++) {
		struct device_key key = distinct_key(i);

		key.uuid = 1;
		assert_int_equal(add_key(clones, &key, i).shared, i > 0);
	}
	assert_true(device_set_bytes(clones) < bytes - N * sizeof(uint32_t));
	device_set_free(distinct);
	device_set_free(clones);
}

static void
try_first_row(void *arg)
{
	struct device_key key = distinct_key(0);
	struct device_add out = { .row = 99 };
	struct device_set *s = arg;
	struct err err = { 0 };
	enum err_code rc = device_set_new(&s, &err);

	if (rc != ERR_OK) {
		assert_int_equal(rc, ERR_NOMEM);
		assert_true(alloc_fault_hit());
		assert_ptr_equal(s, arg);
		return;
	}
	rc = device_set_add(s, &key, (struct device_place){ 1, 2 }, &out, &err);
	if (alloc_fault_hit()) {
		assert_int_equal(rc, ERR_NOMEM);
		assert_int_equal(out.row, 99);
		assert_int_equal(device_set_rows(s), 0);
	} else {
		assert_int_equal(rc, ERR_OK);
		assert_int_equal(out.row, 0);
	}
	device_set_free(s);
}

static void
test_memory_runs_out_at_first(void **state)
{
	int somewhere;

	(void)state;
	/* The set and its tables; the list of chunks and a chunk. */
	assert_int_equal(alloc_fault_sweep(try_first_row, &somewhere), 5);
}

/*
 * Each allocation fails once. A second try is as if nothing had been, until a large table grows:
 * that is lost.
 */
static void
test_memory_runs_out_later(void **state)
{
	struct device_set *s = new_set();
	struct device_add out = { .row = UINT32_MAX };
	struct device_key key;
	struct err err = { 0 };
	size_t survived = 0;
	uint32_t rows;

	(void)state;
	for (;;) {
		const struct device_place place = { LIST, 0 };

		rows = device_set_rows(s);
		key = distinct_key(rows);
		alloc_fault_arm(1);
		if (device_set_add(s, &key, place, &out, &err) == ERR_OK)
			continue;
		alloc_fault_arm(0);
		assert_int_equal(err.code, ERR_NOMEM);
		assert_int_equal(out.row, rows - 1);
		assert_int_equal(device_set_rows(s), rows);
		if (device_set_add(s, &key, place, &out, &err) != ERR_OK)
			break;
		survived++;
	}
	assert_true(survived > 10);
	assert_true(rows > 200000);
	key = distinct_key(0); /* would be a duplicate */
	assert_int_equal(device_set_add(s, &key, (struct device_place){ LIST, 0 }, &out, &err),
	    ERR_NOMEM);
	assert_int_equal(device_set_rows(s), rows);
	assert_int_equal(device_set_dropped(s), 0);
	assert_false(device_set_is_dropped(s, rows - 1));
	device_set_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_absent_parts),
		cmocka_unit_test(test_what_stands_for_a_serial),
		cmocka_unit_test(test_folding_and_seed),
		cmocka_unit_test(test_long_serials),
		cmocka_unit_test(test_present_parts_are_never_0),
		cmocka_unit_test(test_collected),
		cmocka_unit_test(test_scenarios),
		cmocka_unit_test(test_rows_are_counted),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_namesakes_have_a_limit),
		cmocka_unit_test(test_small_sequences_against_model),
		cmocka_unit_test(test_long_sequence_against_model),
		cmocka_unit_test(test_memory_for_a_device),
		cmocka_unit_test(test_memory_for_clones),
		cmocka_unit_test(test_memory_runs_out_at_first),
		cmocka_unit_test(test_memory_runs_out_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
