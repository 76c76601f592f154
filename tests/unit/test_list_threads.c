/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/list_pass.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/device_set_model.h"
#include "tests/unit/pass_fixture.h"

/* Lists of many blocks, on one thread and on several. */

#define LENGTH(array) (sizeof array / sizeof(array)[0])

enum { LONG_ROWS = 40000 };

/*
 * Many blocks, whose headings change here and there, sometimes far apart and sometimes twice in a
 * block; devices come again, and some rows are bad.
 */
static void
write_long_list(const char *name, unsigned seed)
{
	static const char *const heading[] = { "Make,Model,SN,Colour", "SN,Colour,Model,Make",
		"PKID,SN,Make,Model" };
	uint64_t state = seed;
	uint32_t shape = 0;
	struct buf text;

	buf_init(&text, 16 * 1024 * 1024);
	buf_addf(&text, "%s\n", heading[0]);
	for (int i = 0; i < LONG_ROWS; i++) {
		uint32_t sn = chance(&state, LONG_ROWS);

		if (chance(&state, 3000) == 0) {
			shape = chance(&state, LENGTH(heading));
			buf_addf(&text, "%s\n", heading[shape]);
		}
		if (chance(&state, 500) == 0)
			buf_add_str(&text, chance(&state, 2) ? "\n" : "bad\n");
		if (shape == 0)
			buf_addf(&text, "Contoso,\"Book\n14\",S%u,red\n", sn);
		else if (shape == 1)
			buf_addf(&text, "S%u,green,Book 14,Contoso\n", sn);
		else
			buf_addf(&text, ",S%u,Contoso,Book 14\n", sn);
	}
	write_list(name, buf_slice(&text));
	buf_done(&text);
}

static void
threads_change_nothing(void **state)
{
	static const unsigned threads[] = { 1, 2, 8 };
	struct pass_fixture f[LENGTH(threads)];

	(void)state;
	write_long_list("a.csv", 1);
	write_long_list("b.csv", 2);
	for (size_t i = 0; i < LENGTH(threads); i++) {
		pass_fixture_init(&f[i], threads[i]);
		pass_fixture_read(&f[i], "a.csv");
		pass_fixture_read(&f[i], "b.csv");
		pass_fixture_log_summaries(&f[i]);
		assert_true(f[i].record.nevent[ON_BATCH_END] > 20);
		assert_true(slice_eq(buf_slice(&f[i].record.log), buf_slice(&f[0].record.log)));
	}
	assert_true(f[0].record.nevent[ON_REFUSED] > 20 && f[0].record.ndevice > LONG_ROWS / 2);
	for (size_t i = 0; i < LENGTH(threads); i++)
		pass_fixture_done(&f[i]);
}

/* An error of an event is that of the pass, and no event comes after it. */
static void
errors_of_events(void **state)
{
	static const unsigned threads[] = { 1, 2, 8 };
	static const unsigned at[] = { 1, 2, 15 };

	(void)state;
	write_long_list("a.csv", 3);
	for (size_t i = 0; i < LENGTH(threads) * LENGTH(at) * ON_BATCH_END; i++) {
		struct pass_fixture f;
		struct err err = { ERR_OK, "" };
		char want[32];

		pass_fixture_init(&f, threads[i % LENGTH(threads)]);
		f.record.fails = 1 + (enum event)(i % ON_BATCH_END);
		f.record.fails_at = at[i / ON_BATCH_END % LENGTH(at)];
		(void)snprintf(want, sizeof want, "event %d", (int)f.record.fails);
		assert_int_equal(list_pass_read(f.pass, "a.csv", &err), ERR_IO);
		assert_int_equal(err.code, ERR_IO);
		assert_string_equal(err.msg, want);
		assert_int_equal(f.record.nevent[f.record.fails], f.record.fails_at);
		pass_fixture_done(&f);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_change_nothing),
		cmocka_unit_test(errors_of_events),
	};

	return cmocka_run_group_tests(tests, enter_list_folder, leave_list_folder);
}
