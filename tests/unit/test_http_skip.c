/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_call.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/alloc_fault.h"
#include "tests/unit/http_rig.h"

/* A call that sends nothing. */
struct skip {
	struct rig *rig;
	unsigned calls;
	enum err_code code;
	bool again; /* starts another */
};

static void
on_skipped(void *arg, const struct http_response *rsp, const struct err *err)
{
	struct skip *s = arg;
	struct http_call *c;
	struct err failed;

	assert_null(rsp);
	s->calls++;
	s->code = err ? err->code : ERR_OK;
	if (!s->again)
		return;
	s->again = false;
	assert_int_equal(http_call_skip(s->rig->hl, on_skipped, s, &c, &failed), ERR_OK);
	assert_int_equal(s->calls, 1);
}

static void
sends_nothing(void **state)
{
	struct rig r;
	struct skip end = { .rig = &r }, cancelled = end, twice = end, closed = end;
	struct http_call *c = NULL;
	struct err err;

	(void)state;
	twice.again = true;
	rig_open(&r, NULL);
	assert_int_equal(http_call_skip(r.hl, on_skipped, &end, &c, &err), ERR_OK);
	assert_int_equal(http_call_skip(r.hl, on_skipped, &twice, &c, &err), ERR_OK);
	assert_int_equal(http_call_skip(r.hl, on_skipped, &cancelled, &c, &err), ERR_OK);
	http_call_cancel(c);
	http_call_cancel(c);
	assert_int_equal(end.calls + cancelled.calls + twice.calls, 0);
	rig_run(&r);
	assert_int_equal(end.calls, 1);
	assert_int_equal(end.code, ERR_OK);
	assert_int_equal(cancelled.calls, 1);
	assert_int_equal(cancelled.code, ERR_CANCELLED);
	assert_int_equal(twice.calls, 2);
	assert_int_equal(http_loop_counters(r.hl).calls, 0);
	alloc_fault_arm(1);
	assert_int_equal(http_call_skip(r.hl, on_skipped, &end, &c, &err), ERR_NOMEM);
	assert_int_equal(http_call_skip(r.hl, on_skipped, &closed, &c, &err), ERR_OK);
	rig_close(&r);
	assert_int_equal(closed.calls, 1);
	assert_int_equal(end.calls, 1);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(sends_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
