/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/tools/spill.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/sandbox.h"

static void
check(size_t pieces, size_t len, bool in_file)
{
	char *piece = malloc(len);
	struct spill s;
	struct buf got;
	struct err err;
	int fd;

	assert_non_null(piece);
	spill_init(&s, ".");
	for (size_t i = 0; i < pieces; i++) {
		memset(piece, 'a' + (int)(i % 26), len);
		assert_int_equal(spill_add(&s, (struct slice){ piece, len }, &err), ERR_OK);
	}
	assert_int_equal(spill_take(&s, &fd, &err), ERR_OK);
	assert_int_equal(fd >= 0, in_file);
	sandbox_assert_names(".", ""); /* what is open has no name any more */
	if (in_file) {
		assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
		sandbox_read(fd, &got);
		(void)close(fd);
	} else {
		got = s.text;
		buf_init(&s.text, SPILL_MEMORY_MAX);
	}
	assert_int_equal(got.len, pieces * len);
	for (size_t i = 0; i < got.len; i++)
		assert_int_equal(got.ptr[i], 'a' + (int)(i / len % 26));
	buf_done(&got);
	spill_done(&s);
	free(piece);
}

static void
keeps_all(void **state)
{
	(void)state;
	check(0, 1, false);
	check(1, 1, false);
	check(4, SPILL_MEMORY_MAX / 4, false);
	check(5, SPILL_MEMORY_MAX / 4, true);
	check(1, SPILL_MEMORY_MAX, false);
	check(1, SPILL_MEMORY_MAX + 1, true);
	check(3, SPILL_MEMORY_MAX + 1, true);
	check(1000, 1000, true);
}

static void
ends_without_a_trace(void **state)
{
	static char large[SPILL_MEMORY_MAX + 1];
	struct spill s;
	struct err err;

	(void)state;
	spill_init(&s, ".");
	assert_int_equal(spill_add(&s, (struct slice){ large, sizeof large }, &err), ERR_OK);
	spill_done(&s);
	spill_done(&s);
	sandbox_assert_names(".", "");
}

static void
tells_what_the_disk_says(void **state)
{
	static char large[SPILL_MEMORY_MAX + 1];
	struct spill s;
	struct err err;

	(void)state;
	spill_init(&s, "nowhere");
	assert_int_equal(spill_add(&s, (struct slice){ large, sizeof large }, &err), ERR_IO);
	assert_non_null(strstr(err.msg, "nowhere: No such file"));
	spill_done(&s);
	sandbox_limit_files(1000);
	spill_init(&s, ".");
	assert_int_equal(spill_add(&s, (struct slice){ large, sizeof large }, &err), ERR_IO);
	assert_non_null(strstr(err.msg, "File too large"));
	spill_done(&s);
	sandbox_assert_names(".", "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(keeps_all, sandbox_enter, sandbox_leave),
		cmocka_unit_test_setup_teardown(ends_without_a_trace, sandbox_enter, sandbox_leave),
		cmocka_unit_test_setup_teardown(tells_what_the_disk_says, sandbox_enter,
		    sandbox_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
