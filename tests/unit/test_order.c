/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "store/store_async.h"
#include "tests/unit/sandbox.h"

/* --- a store's thread that does everything at once --- */

static struct store *store;
static struct {
	store_done_fn *done;
	void *arg;
	struct err err;
} waiting;

enum err_code
store_async_start(struct store_async *sa, store_work_fn *work, store_done_fn *done, void *arg,
    struct err *err)
{
	(void)sa;
	(void)err;
	waiting.done = done;
	waiting.arg = arg;
	waiting.err = (struct err){ 0 };
	if (work(store, arg, &waiting.err))
		assert_int_not_equal(waiting.err.code, ERR_OK);
	return ERR_OK;
}

/* --- the bench --- */

static const struct customer customer[] = { { .name = "contoso" }, { .name = "fabrikam" } };
static const struct config config = { .customers = { customer, 2 } };

static struct {
	unsigned calls;
	unsigned changes;
	uint64_t n;
	enum err_code rc;
} end;

static void
on_changed(void *arg)
{
	(void)arg;
	assert_int_equal(end.calls, 0);
	end.changes++;
}

static void
on_done(void *arg, uint64_t n, const struct err *err)
{
	(void)arg;
	end.calls++;
	end.n = n;
	end.rc = err ? err->code : ERR_OK;
}

static enum err_code
give(const struct order_request *req, struct err *err)
{
	const struct order_place place = {
		.config = &config,
		.clock = clock_system(),
		.changed = on_changed,
	};
	enum err_code rc;

	memset(&end, 0, sizeof end);
	rc = order_give(&place, req, on_done, NULL, err);
	assert_int_equal(end.calls, 0);
	if (rc == ERR_OK)
		waiting.done(waiting.arg, waiting.err.code ? &waiting.err : NULL);
	return rc;
}

static enum err_code
add_event(void *arg, const struct store_event *e, struct err *err)
{
	char *out = arg;
	size_t len = strlen(out);

	(void)err;
	(void)snprintf(out + len, 512 - len,
	    SLICE_FMT "|" SLICE_FMT "|" SLICE_FMT "|" SLICE_FMT "\n", SLICE_ARG(e->kind),
	    SLICE_ARG(e->actor), SLICE_ARG(e->customer), SLICE_ARG(e->message));
	return ERR_OK;
}

static void
assert_events(const char *want)
{
	const struct store_event_query all = { .limit = 100 };
	char out[512] = "";
	struct err err;

	assert_int_equal(store_events(store, &all, add_event, out, &err), ERR_OK);
	assert_string_equal(out, want);
}

static int
set_up(void **state)
{
	struct err err;

	return sandbox_enter(state) ||
	    store_open("state", STORE_WRITE, clock_system(), &store, &err);
}

static int
tear_down(void **state)
{
	store_close(store);
	return sandbox_leave(state);
}

/* --- the tests --- */

static void
customers(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(give(&(struct order_request){ .kind = ORDER_PAUSE,
	                          .query.customer = slice_of("contoso"),
	                          .actor = "uid 7" },
	                     &err),
	    ERR_OK);
	assert_int_equal(end.calls, 1);
	assert_int_equal(end.changes, 1);
	assert_int_equal(end.n, 1);
	assert_int_equal(
	    give(&(struct order_request){ .kind = ORDER_RESUME, .actor = "uid 8" }, &err), ERR_OK);
	assert_int_equal(end.n, 2);
	assert_events("paused|uid 7|contoso|nothing is sent any more\n"
	              "resumed|uid 8||sending goes on\n");
}

static void
devices(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(give(&(struct order_request){ .kind = ORDER_RETRY,
	                          .query.customer = slice_of("contoso"),
	                          .actor = "uid 7" },
	                     &err),
	    ERR_OK);
	assert_int_equal(end.n, 0);
	assert_int_equal(give(&(struct order_request){ .kind = ORDER_RELEASE,
	                          .query.customer = slice_of("contoso"),
	                          .actor = "uid 8" },
	                     &err),
	    ERR_OK);
	assert_events("retried|uid 7|contoso|0 devices are queued again\n"
	              "released|uid 8|contoso|0 devices are queued again\n");
}

static void
what_is_not_there(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(give(&(struct order_request){ .kind = ORDER_PAUSE,
	                          .query.customer = slice_of("adatum"),
	                          .actor = "uid 7" },
	                     &err),
	    ERR_OK);
	assert_int_equal(end.rc, ERR_NOT_FOUND);
	assert_int_equal(end.changes, 0);
	assert_int_equal(give(&(struct order_request){ .kind = ORDER_CLAIM,
	                          .query.serial = slice_of("PF1"),
	                          .part = CLAIM_STOP,
	                          .actor = "uid 7" },
	                     &err),
	    ERR_OK);
	assert_int_equal(end.rc, ERR_NOT_FOUND);
	assert_events("");
}

static void
notes(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(give(&(struct order_request){ .kind = ORDER_NOTE,
	                          .event = "reload_refused",
	                          .text = "line 3",
	                          .actor = "signal" },
	                     &err),
	    ERR_OK);
	assert_events("reload_refused|signal||line 3\n");
}

static void
limits(void **state)
{
	char text[2050];
	struct err err;

	(void)state;
	memset(text, 'x', sizeof text);
	text[2049] = '\0';
	assert_int_equal(give(&(struct order_request){ .kind = ORDER_NOTE,
	                          .event = "e",
	                          .text = text,
	                          .actor = "a" },
	                     &err),
	    ERR_USAGE);
	text[2048] = '\0';
	assert_int_equal(give(&(struct order_request){ .kind = ORDER_NOTE,
	                          .event = "e",
	                          .text = text,
	                          .actor = "a" },
	                     &err),
	    ERR_OK);
	assert_int_equal(give(&(struct order_request){ .kind = ORDER_RETRY,
	                          .query.serial = slice_of(text),
	                          .actor = "a" },
	                     &err),
	    ERR_NOT_FOUND);
	assert_int_equal(end.calls, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(customers),
		TEST(devices),
		TEST(what_is_not_there),
		TEST(notes),
		TEST(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
