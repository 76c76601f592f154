/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/sandbox.h"
#include "tests/unit/store_script.h"
#include "tests/unit/store_show.h"

void
store_cases_run(const struct store_case *tc, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct store_script ss;

		print_message("  %s\n", tc[i].name);
		assert_int_equal(sandbox_enter(NULL), 0);
		store_script_open(&ss);
		store_script_run(&ss, tc[i].script);
		store_show_expect(ss.store, tc[i].show, tc[i].want);
		store_script_close(&ss);
		assert_int_equal(sandbox_leave(NULL), 0);
	}
}
