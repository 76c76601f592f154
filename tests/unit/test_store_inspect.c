/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/store.h"
#include "tests/unit/sandbox.h"

enum { PAGE_BYTES = 16384 };

static const char untouched[] = "untouched";

static enum err_code
inspect(struct store_facts *out, struct err *err)
{
	struct store *s = NULL;
	enum err_code rc = store_open("store", STORE_WRITE, clock_system(), &s, err);

	memset(out, 0, sizeof *out);
	memcpy(out->integrity, untouched, sizeof untouched);
	if (rc == ERR_OK)
		rc = store_inspect(s, out, err);
	store_close(s);
	return rc;
}

static off_t
file_bytes(void)
{
	struct stat st;

	assert_int_equal(stat("store/autoreg.db", &st), 0);
	return st.st_size;
}

static void
a_good_one(void **state)
{
	struct store_facts f;
	struct err err;

	(void)state;
	assert_int_equal(inspect(&f, &err), ERR_OK);
	assert_string_equal(f.integrity, "ok");
	assert_in_range(f.schema, 1, 1000);
	assert_int_equal(f.bytes, file_bytes());
	assert_in_range(f.bytes, PAGE_BYTES, 1024 * PAGE_BYTES);
	assert_in_range(f.free_bytes, 0, f.bytes - PAGE_BYTES);
	assert_int_equal(f.free_bytes % PAGE_BYTES, 0);
}

/* Somebody has written over a part. */
static void
a_damaged_one(void **state)
{
	static const struct {
		const char *name;
		bool from_end;
		off_t at;
		enum err_code want;
		const char *integrity; /* its beginning */
	} tc[] = {
		{ "its schema", false, PAGE_BYTES / 4, ERR_FORMAT, untouched },
		{ "the last page", true, -PAGE_BYTES, ERR_OK, "*** in database main ***" },
	};
	static const char junk[PAGE_BYTES / 4] = "junk";

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct store_facts f;
		struct err err;
		int fd;

		print_message("  %s\n", tc[i].name);
		assert_int_equal(sandbox_enter(NULL), 0);
		assert_int_equal(inspect(&f, &err), ERR_OK);
		fd = open("store/autoreg.db", O_WRONLY);
		assert_true(fd >= 0);
		assert_int_equal(
		    pwrite(fd, junk, sizeof junk, tc[i].at + (tc[i].from_end ? file_bytes() : 0)),
		    sizeof junk);
		assert_int_equal(close(fd), 0);
		assert_int_equal(inspect(&f, &err), tc[i].want);
		assert_memory_equal(f.integrity, tc[i].integrity, strlen(tc[i].integrity));
		assert_int_equal(sandbox_leave(NULL), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_good_one, sandbox_enter, sandbox_leave),
		cmocka_unit_test(a_damaged_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
