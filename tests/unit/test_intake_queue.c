/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/intake/intake_queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include <cmocka.h>

#include "agent/intake/unfinished.h"
#include "store/store_async.h"
#include "tests/unit/log_catch.h"
#include "tests/unit/sandbox.h"
#include "tests/unit/store_script.h"
#include "tests/unit/store_show.h"

/*
 * With the real thread of a store, because a list is read on a thread that waits for it. When the
 * queue is closed, so is the store, and is then asked what has become of it.
 */
#define LIST "Serial Number,Manufacturer,Model\nA,M,B\nB,M,B\n"

static const struct customer contoso = { .name = "contoso", .group_tag = "T" };
static const struct customer lost = {
	.name = "contoso",
	.group_tag = "T",
	.only = { .serials_from = "nowhere" },
};

static const struct config config = {
	.state = "state",
	.spool = "spool",
	.customers = { &contoso, 1 },
};

struct rig {
	uv_loop_t loop;
	struct store_async *writer;
	struct intake_queue *queue;
	bool closed;
	char told[512];
};

static void
tell(struct rig *r, const char *what, const char *text)
{
	size_t used = strlen(r->told);

	(void)snprintf(r->told + used, sizeof r->told - used, "%s%s ", what, text);
}

static void
on_taken(void *arg, int64_t list, bool contested)
{
	char number[24];

	assert_false(contested);
	(void)snprintf(number, sizeof number, "%d", (int)list);
	tell(arg, "taken ", number);
}

static void
on_list(void *arg, const struct incoming_taken *taken, const struct err *err)
{
	assert_true(!taken != !err);
	tell(arg, "",
	    err                   ? err->code == ERR_CANCELLED ? "cancelled" : "failed"
	        : taken->rejected ? "rejected"
	                          : "done");
}

static void
rig_open(struct rig *r)
{
	const struct intake_queue_options opt = {
		.loop = &r->loop,
		.clock = clock_system(),
		.random = random_system(),
		.config = &config,
		.arg = r,
		.on_taken = on_taken,
	};
	struct intake_queue_options with_writer = opt;
	struct store *store;
	struct err err;

	memset(r, 0, sizeof *r);
	assert_int_equal(uv_loop_init(&r->loop), 0);
	assert_int_equal(store_open("store", STORE_WRITE, clock_system(), &store, &err), ERR_OK);
	assert_int_equal(store_async_new(&r->loop, store, STORE_ASYNC_GROUPS, &r->writer, &err),
	    ERR_OK);
	with_writer.writer = r->writer;
	assert_int_equal(intake_queue_new(&with_writer, &r->queue, &err), ERR_OK);
}

static void
on_closed(void *arg)
{
	((struct rig *)arg)->closed = true;
}

static void
run(struct rig *r)
{
	while (!intake_queue_idle(r->queue))
		(void)uv_run(&r->loop, UV_RUN_ONCE);
}

static void
rig_close(struct rig *r)
{
	intake_queue_close(r->queue, on_closed, r);
	while (!r->closed)
		(void)uv_run(&r->loop, UV_RUN_ONCE);
	store_async_close(r->writer, NULL, NULL);
	(void)uv_run(&r->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&r->loop), 0);
}

static void
assert_store(const char *what, const char *want)
{
	struct store_script ss;

	store_script_open(&ss);
	store_show_expect(ss.store, what, want);
	store_script_close(&ss);
}

static enum err_code
add(struct rig *r, const struct customer *customer, const char *path, bool move, struct err *err)
{
	const struct incoming_list list = {
		.customer = customer,
		.path = path,
		.name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path,
		.source = move ? LIST_FROM_SPOOL : LIST_FROM_COMMAND,
		.move = move,
	};

	return intake_queue_add(r->queue, &list, on_list, r, err);
}

static void
add_well(struct rig *r, const struct customer *customer, const char *path, bool move)
{
	struct err err;

	assert_int_equal(add(r, customer, path, move, &err), ERR_OK);
}

static void
drop(const char *name, const char *content)
{
	char path[64];

	(void)mkdir("spool", 0700);
	(void)mkdir("spool/contoso", 0700);
	(void)snprintf(path, sizeof path, "spool/contoso/%s", name);
	sandbox_write(path, content);
}

/* --- lists --------------------------------------------------------------------------------------- */

static void
one_after_the_other(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	sandbox_write("a.csv", LIST);
	drop("b.csv", LIST);
	add_well(&r, &contoso, "a.csv", false);
	add_well(&r, &contoso, "spool/contoso/b.csv", true);
	assert_string_equal(r.told, ""); /* never inside */
	run(&r);
	assert_string_equal(r.told, "taken 1 done taken 2 done ");
	rig_close(&r);
	sandbox_assert_names(".", "a.csv spool state store ");
	sandbox_assert_names("state/lists/1", "a.csv ");
	sandbox_assert_names("state/lists/2", "b.csv ");
	sandbox_assert_names("spool/contoso", "");
	assert_store("ld",
	    "list 2 contoso b.csv rows=2 queued=2\nlist 1 contoso a.csv rows=2 queued=2\n"
	    "device A queued contoso/T b.csv:2\ndevice B queued contoso/T b.csv:3\n");
}

static void
what_is_no_list(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	sandbox_write("a.csv", "Fruit,Colour\napple,red\n");
	drop("b.csv", "Fruit,Colour\napple,red\n");
	add_well(&r, &contoso, "a.csv", false);
	add_well(&r, &contoso, "spool/contoso/b.csv", true);
	run(&r);
	assert_string_equal(r.told, "rejected rejected ");
	rig_close(&r);
	sandbox_assert_names("state/lists", "");
	sandbox_assert_names("spool/contoso/rejected", "b.csv b.csv.error.txt ");
	assert_store("l", "");
}

/* Whatever keeps one list from coming in: it is where it was, and the next one is not kept. */
static void
a_failure_gives_the_list_back(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	sandbox_write("a.csv", LIST);
	drop("b.csv", LIST);
	add_well(&r, &lost, "a.csv", false);
	add_well(&r, &lost, "spool/contoso/b.csv", true);
	add_well(&r, &contoso, "nowhere.csv", false);
	add_well(&r, &contoso, "spool/contoso/b.csv", true);
	run(&r);
	assert_string_equal(r.told, "failed failed failed taken 4 done ");
	rig_close(&r);
	sandbox_assert_names("state/lists", "4 ");
	sandbox_assert_names("spool/contoso", "");
	assert_store("l", "list 4 contoso b.csv rows=2 queued=2\n");
}

/* --- what a former agent has left ---------------------------------------------------------------- */

static void
leave_unfinished(bool with_file)
{
	struct store_script ss;

	store_script_open(&ss);
	store_script_run(&ss, "begin contoso T; add 2 X M");
	store_script_close(&ss);
	(void)mkdir("state", 0700);
	(void)mkdir("state/lists", 0700);
	(void)mkdir("state/lists/1", 0700);
	if (with_file)
		sandbox_write("state/lists/1/1.csv", LIST);
}

static const struct unfinished_list former = {
	.id = 1,
	.source = LIST_FROM_SPOOL,
	.customer = "contoso",
	.file = "1.csv",
	.tag = "T",
};

static void
what_was_begun_is_ended(void **state)
{
	struct rig r;
	struct err err;

	(void)state;
	leave_unfinished(true);
	rig_open(&r);
	assert_int_equal(intake_queue_again(r.queue, &former, &contoso, &err), ERR_OK);
	sandbox_write("a.csv", LIST);
	add_well(&r, &contoso, "a.csv", false);
	run(&r);
	assert_string_equal(r.told, "taken 1 taken 2 done ");
	rig_close(&r);
	assert_store("lr",
	    "list 2 contoso a.csv rows=2 queued=2\nlist 1 contoso 1.csv rows=2 queued=2\n"
	    "row 2:2 A queued\nrow 2:3 B queued\nrow 1:2 A queued\nrow 1:3 B queued\n");
}

/* It must not stand in the way of all that come later. */
static void
what_cannot_be_ended_is_forgotten(void **state)
{
	struct rig r;
	struct err err;

	(void)state;
	leave_unfinished(true);
	rig_open(&r);
	assert_int_equal(intake_queue_again(r.queue, &former, &lost, &err), ERR_OK);
	sandbox_write("a.csv", LIST);
	add_well(&r, &contoso, "a.csv", false);
	run(&r);
	assert_string_equal(r.told, "taken 2 done ");
	rig_close(&r);
	sandbox_assert_names("state/lists/1", "1.csv "); /* but the file is kept */
	assert_store("l", "list 2 contoso a.csv rows=2 queued=2\n");
}

static void
what_nobody_wants_is_forgotten(void **state)
{
	struct rig r;

	(void)state;
	leave_unfinished(false);
	rig_open(&r);
	intake_queue_forget(r.queue, 1);
	sandbox_write("a.csv", LIST);
	add_well(&r, &contoso, "a.csv", false);
	run(&r);
	assert_string_equal(r.told, "taken 2 done ");
	rig_close(&r);
	assert_store("l", "list 2 contoso a.csv rows=2 queued=2\n");
}

/* --- limits and the end -------------------------------------------------------------------------- */

static void
closing_ends_the_one_at_work(void **state)
{
	struct rig r;
	struct err err;

	(void)state;
	rig_open(&r);
	sandbox_write("a.csv", LIST);
	add_well(&r, &contoso, "a.csv", false);
	add_well(&r, &contoso, "a.csv", false);
	intake_queue_close(r.queue, on_closed, &r);
	assert_int_equal(add(&r, &contoso, "a.csv", false, &err), ERR_CANCELLED);
	assert_string_equal(r.told, "");
	while (!r.closed)
		(void)uv_run(&r.loop, UV_RUN_ONCE);
	assert_string_equal(r.told, "taken 1 done cancelled ");
	store_async_close(r.writer, NULL, NULL);
	(void)uv_run(&r.loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&r.loop), 0);
	assert_store("l", "list 1 contoso a.csv rows=2 queued=2\n");
}

static void
not_any_number_may_wait(void **state)
{
	enum { MOST = 1024 };
	struct rig r;
	struct err err;

	(void)state;
	rig_open(&r);
	for (unsigned i = 0; i < MOST; i++)
		add_well(&r, &contoso, "nowhere.csv", false);
	assert_int_equal(add(&r, &contoso, "nowhere.csv", false, &err), ERR_LIMIT);
	rig_close(&r); /* the others are cancelled */
}

static int
be_quiet(void **state)
{
	(void)state;
	log_catch_begin(LOG_LEVEL_ERROR);
	return 0;
}

static int
speak(void **state)
{
	(void)state;
	(void)log_catch_end();
	return 0;
}

#define IN_SANDBOX(test) cmocka_unit_test_setup_teardown(test, sandbox_enter, sandbox_leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SANDBOX(one_after_the_other),
		IN_SANDBOX(what_is_no_list),
		IN_SANDBOX(a_failure_gives_the_list_back),
		IN_SANDBOX(what_was_begun_is_ended),
		IN_SANDBOX(what_cannot_be_ended_is_forgotten),
		IN_SANDBOX(what_nobody_wants_is_forgotten),
		IN_SANDBOX(closing_ends_the_one_at_work),
		IN_SANDBOX(not_any_number_may_wait),
	};

	return cmocka_run_group_tests(tests, be_quiet, speak);
}
