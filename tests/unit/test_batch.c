/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/batch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/alloc_fault.h"

void __real_secret_wipe(void *p, size_t len);
void __wrap_secret_wipe(void *p, size_t len);

static size_t wiped; /* bytes so far */

void
__wrap_secret_wipe(void *p, size_t len)
{
	wiped += len;
	__real_secret_wipe(p, len);
}

static struct batch *
new_batch(void)
{
	struct batch *b = NULL;
	struct err err;

	assert_int_equal(batch_new(&(struct batch_head){ .id = 5,
	                               .customer = slice_of("contoso"),
	                               .tenant = slice_of("tenant"),
	                               .tag = slice_of("HQ 1") },
	                     &b, &err),
	    ERR_OK);
	return b;
}

/* Texts that are gone right after the call. */
static enum err_code
add(struct batch *b, unsigned i, struct err *err)
{
	char serial[16], model[16];
	struct batch_device d = { .id = i, .hash_len = 3000, .attempts = i % 3 };

	(void)snprintf(serial, sizeof serial, "SN-%u", i);
	(void)snprintf(model, sizeof model, "Book %u", i);
	d.serial = slice_of(serial);
	d.model = slice_of(model);
	d.hash = (struct slice){ "OA\0bytes", 8 };
	return batch_add(b, &d, err);
}

static void
assert_device(const struct batch *b, unsigned i)
{
	const struct batch_device *d = &b->device[i];
	char serial[16], model[16];

	(void)snprintf(serial, sizeof serial, "SN-%u", i);
	(void)snprintf(model, sizeof model, "Book %u", i);
	assert_true(slice_eq(d->serial, slice_of(serial)));
	assert_true(slice_eq(d->model, slice_of(model)));
	assert_true(slice_eq(d->hash, (struct slice){ "OA\0bytes", 8 }));
	assert_int_equal(d->product_id.len, 0);
	assert_int_equal(d->manufacturer.len, 0);
	assert_int_equal(d->id, i);
	assert_int_equal(d->hash_len, 3000);
	assert_int_equal(d->attempts, i % 3);
}

static void
texts_are_copied(void **state)
{
	char customer[] = "contoso";
	struct batch *b = NULL;
	struct err err;

	(void)state;
	assert_int_equal(batch_new(&(struct batch_head){ .id = 5,
	                               .customer = slice_of(customer),
	                               .tenant = slice_of("t"),
	                               .tag = (struct slice){ NULL, 0 } },
	                     &b, &err),
	    ERR_OK);
	memset(customer, '#', sizeof customer);
	assert_int_equal(b->id, 5);
	assert_string_equal(b->customer, "contoso");
	assert_string_equal(b->tenant, "t");
	assert_string_equal(b->tag, "");
	assert_string_equal(b->tracking, "");
	assert_int_equal(b->ndevice, 0);
	batch_free(b);
}

/* More than one block of texts; what was added first stays where it is. */
static void
many_devices(void **state)
{
	struct batch *b = new_batch();
	struct err err;
	const char *first;

	(void)state;
	assert_int_equal(add(b, 0, &err), ERR_OK);
	first = b->device[0].serial.ptr;
	for (unsigned i = 1; i < 5000; i++)
		assert_int_equal(add(b, i, &err), ERR_OK);
	assert_int_equal(b->ndevice, 5000);
	assert_ptr_equal(b->device[0].serial.ptr, first);
	for (unsigned i = 0; i < 5000; i++)
		assert_device(b, i);
	assert_string_equal(b->tag, "HQ 1");
	batch_free(b);
}

static void
a_text_larger_than_a_block(void **state)
{
	static char large[200 * 1024];
	struct batch_device d = { .hash = { large, sizeof large }, .hash_len = sizeof large };
	struct batch *b = new_batch();
	struct err err;

	(void)state;
	memset(large, 'h', sizeof large);
	assert_int_equal(batch_add(b, &d, &err), ERR_OK);
	assert_int_equal(add(b, 1, &err), ERR_OK);
	assert_memory_equal(b->device[0].hash.ptr, large, sizeof large);
	assert_device(b, 1);
	wiped = 0;
	batch_free(b);
	assert_in_range(wiped, sizeof large + 8, 2 * sizeof large);
}

static void
nothing_to_free(void **state)
{
	(void)state;
	batch_free(NULL);
}

static void
try_new(void *arg)
{
	struct batch *b = NULL;
	struct err err;
	enum err_code rc;

	(void)arg;
	rc = batch_new(&(struct batch_head){ .id = 5,
	                   .customer = slice_of("c"),
	                   .tenant = slice_of("t"),
	                   .tag = slice_of("g") },
	    &b, &err);
	if (alloc_fault_hit()) {
		assert_int_equal(rc, ERR_NOMEM);
		assert_null(b);
	}
	batch_free(b);
}

static void
try_add(void *arg)
{
	struct batch *b = arg;
	size_t before = b->ndevice;
	struct err err;
	enum err_code rc = add(b, (unsigned)before, &err);

	if (alloc_fault_hit()) {
		assert_int_equal(rc, ERR_NOMEM);
		assert_int_equal(err.code, ERR_NOMEM);
		assert_int_equal(b->ndevice, before);
	}
}

static void
memory_runs_out(void **state)
{
	struct batch *b;
	size_t failed = 0;

	(void)state;
	assert_int_equal(alloc_fault_sweep(try_new, NULL), 2);
	b = new_batch();
	for (unsigned i = 0; i < 9000; i++)
		failed += alloc_fault_sweep(try_add, b);
	assert_in_range(failed, 10, 40); /* the array at powers of two, and some blocks */
	for (unsigned i = 0; i < 9000; i++)
		assert_device(b, i);
	batch_free(b);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_copied),
		cmocka_unit_test(many_devices),
		cmocka_unit_test(a_text_larger_than_a_block),
		cmocka_unit_test(nothing_to_free),
		cmocka_unit_test(memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
