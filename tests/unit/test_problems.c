/* SPDX-License-Identifier: Apache-2.0 */
#include "config/problems.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "config/config.h"

static void
only_the_first_problems_are_kept(void **state)
{
	static struct problems problems;
	struct config *c = NULL;
	struct buf text;
	struct err err;

	(void)state;
	buf_init(&text, CONFIG_BYTES_MAX);
	buf_add_str(&text, "version: 1\n");
	for (unsigned i = 0; i < PROBLEMS_MAX + 7; i++)
		buf_addf(&text, "bogus%u: 1\n", i);
	assert_int_equal(config_parse(buf_slice(&text), "", CONFIG_NO_LOOK, &c, &problems, &err),
	    ERR_FORMAT);
	assert_string_equal(err.msg, "57 problems");
	assert_int_equal(problems.n, PROBLEMS_MAX);
	assert_int_equal(problems.dropped, 7);
	for (size_t i = 0; i < problems.n; i++)
		assert_int_equal(problems.item[i].at.line, i + 2);
	buf_done(&text);
}

static void
a_late_problem_takes_its_place(void **state)
{
	static struct problems p;

	(void)state;
	p = (struct problems){ .n = 0 };
	for (size_t i = 0; i < PROBLEMS_MAX; i++)
		(void)problems_add(&p, (struct place){ 10, i + 1 }, "late");
	problem_advise(problems_add(&p, (struct place){ 9, 9 }, "early"), "see %d", 9);
	(void)problems_add(&p, (struct place){ 11, 1 }, "last");
	assert_int_equal(p.n, PROBLEMS_MAX);
	assert_int_equal(p.dropped, 2);
	assert_string_equal(p.item[0].message, "early");
	assert_string_equal(p.item[0].advice, "see 9");
	assert_string_equal(p.item[PROBLEMS_MAX - 1].message, "late");
	assert_int_equal(p.item[PROBLEMS_MAX - 1].at.column, PROBLEMS_MAX - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_first_problems_are_kept),
		cmocka_unit_test(a_late_problem_takes_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
