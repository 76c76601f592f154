/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store_async.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

#include <cmocka.h>

#include "base/fault_point.h"
#include "store/store.h"
#include "tests/unit/alloc_fault.h"
#include "tests/unit/sandbox.h"
#include "tests/unit/store_script.h"
#include "tests/unit/store_show.h"

enum { PIECES = 300, IN_A_GROUP = 256 };

/* --- doubles --- */

static unsigned commits; /* counted on the store's thread, read when that is over */

/* In place of base/fault_point.c. */
void
fault_point(const char *name)
{
	if (strcmp(name, "store.commit") == 0)
		commits++;
}

static bool no_threads;

int __real_pthread_create(pthread_t *out, const pthread_attr_t *attr, void *(*run)(void *),
    void *arg);
int __wrap_pthread_create(pthread_t *out, const pthread_attr_t *attr, void *(*run)(void *),
    void *arg);

int
__wrap_pthread_create(pthread_t *out, const pthread_attr_t *attr, void *(*run)(void *), void *arg)
{
	return no_threads ? EAGAIN : __real_pthread_create(out, attr, run, arg);
}

/* --- a store at work --- */

/* What one test does with a store; pieces know their number by their place. */
static struct work {
	struct store_script ss; /* opens the store, and asks it in the end */
	uv_loop_t loop;
	struct store_async *sa;
	sem_t at_gate; /* a piece has come to the gate, */
	sem_t gate;    /* and is held there */
	struct piece_of_work {
		unsigned worked; /* as the how-many-th, from 1 */
		unsigned done;
		struct err err;
	} piece[PIECES];
	unsigned worked;
	unsigned done;
	unsigned closed;
	unsigned done_before_closed;
} w;

static void
begin(enum store_async_kind kind)
{
	struct err err;

	memset(&w, 0, sizeof w);
	store_script_open(&w.ss);
	assert_int_equal(uv_loop_init(&w.loop), 0);
	assert_int_equal(sem_init(&w.at_gate, 0, 0), 0);
	assert_int_equal(sem_init(&w.gate, 0, 0), 0);
	commits = 0;
	if (store_async_new(&w.loop, w.ss.store, kind, &w.sa, &err))
		fail_msg("%s", err.msg);
}

static void
on_closed(void *arg)
{
	assert_ptr_equal(arg, &w);
	w.closed++;
	w.done_before_closed = w.done;
}

static void
finish(void)
{
	assert_int_equal(uv_run(&w.loop, UV_RUN_DEFAULT), 0);
	assert_int_equal(uv_loop_close(&w.loop), 0);
	(void)sem_destroy(&w.at_gate);
	(void)sem_destroy(&w.gate);
	store_script_open(&w.ss);
}

static void
close_and_finish(void)
{
	store_async_close(w.sa, on_closed, &w);
	finish();
	assert_int_equal(w.closed, 1);
}

static enum err_code
work(struct store *s, void *arg, struct err *err)
{
	struct piece_of_work *p = arg;
	char scope[16];

	p->worked = ++w.worked;
	(void)snprintf(scope, sizeof scope, "%03u", (unsigned)(p - w.piece));
	return store_hold(s, slice_of(scope), slice_of("why"), slice_of("-"), err);
}

static void
wait_at(sem_t *sem)
{
	while (sem_wait(sem) != 0)
		continue;
}

static enum err_code
work_behind_the_gate(struct store *s, void *arg, struct err *err)
{
	(void)sem_post(&w.at_gate);
	wait_at(&w.gate);
	return work(s, arg, err);
}

/* Fails after it has changed something. */
static enum err_code
work_in_vain(struct store *s, void *arg, struct err *err)
{
	if (work(s, arg, err))
		return err->code;
	return err_set(err, ERR_INTERRUPTED, "in vain");
}

static void
on_done(void *arg, const struct err *err)
{
	struct piece_of_work *p = arg;

	p->done = ++w.done;
	if (err)
		p->err = *err;
}

static void
start(unsigned piece, store_work_fn *fn)
{
	struct err err;

	assert_int_equal(store_async_start(w.sa, fn, on_done, &w.piece[piece], &err), ERR_OK);
	assert_int_equal(w.piece[piece].done, 0);
}

static enum err_code
count_hold(void *arg, const struct store_hold *h, struct err *err)
{
	(void)h;
	(void)err;
	++*(unsigned *)arg;
	return ERR_OK;
}

static unsigned
count_holds(void)
{
	struct err err;
	unsigned n = 0;

	assert_int_equal(store_holds(w.ss.store, count_hold, &n, &err), ERR_OK);
	return n;
}

/* --- tests --- */

static void
test_order_and_groups(void **state)
{
	(void)state;
	begin(STORE_ASYNC_GROUPS);
	start(0, work_behind_the_gate);
	for (unsigned i = 1; i < PIECES; i++)
		start(i, work);
	(void)sem_post(&w.gate);
	close_and_finish();
	for (unsigned i = 0; i < PIECES; i++) {
		assert_int_equal(w.piece[i].worked, i + 1);
		assert_int_equal(w.piece[i].done, i + 1);
		assert_int_equal(w.piece[i].err.code, ERR_OK);
	}
	assert_int_equal(commits, (PIECES + IN_A_GROUP - 1) / IN_A_GROUP);
	assert_int_equal(w.done_before_closed, PIECES);
	assert_int_equal(count_holds(), PIECES);
	store_script_close(&w.ss);
}

/* --- the trail --- */

struct watch {
	unsigned calls;
	unsigned done; /* pieces that were over at the first call */
};

static void
on_grown(void *arg)
{
	struct watch *watch = arg;

	if (watch->calls++ == 0)
		watch->done = w.done;
}

static enum err_code
work_that_is_told(struct store *s, void *arg, struct err *err)
{
	const struct store_event e = { .kind = slice_of("list_done") };

	return work(s, arg, err) ? err->code : store_event_add(s, &e, err);
}

static enum err_code
work_that_is_told_in_vain(struct store *s, void *arg, struct err *err)
{
	if (work_that_is_told(s, arg, err))
		return err->code;
	return err_set(err, ERR_INTERRUPTED, "in vain");
}

static unsigned
calls_after(store_work_fn *fn, unsigned pieces)
{
	struct watch watch = { 0, 0 };

	begin(STORE_ASYNC_GROUPS);
	store_async_watch_trail(w.sa, on_grown, &watch);
	start(0, work_behind_the_gate);
	for (unsigned i = 1; i <= pieces; i++)
		start(i, fn);
	(void)sem_post(&w.gate);
	close_and_finish();
	assert_int_equal(watch.done, 0); /* those who follow it are told first */
	store_script_close(&w.ss);
	return watch.calls;
}

static void
test_whoever_watches_the_trail_is_told(void **state)
{
	(void)state;
	assert_int_equal(calls_after(work, 3), 0);
	assert_int_equal(calls_after(work_that_is_told_in_vain, 3), 0);
	assert_int_equal(calls_after(work_that_is_told, 3), 1); /* they became durable together */
}

static enum err_code
work_that_takes_long(struct store *s, void *arg, struct err *err)
{
	w.ss.now_unix_ms += 20;
	return work(s, arg, err);
}

static void
test_a_group_does_not_take_long(void **state)
{
	(void)state;
	begin(STORE_ASYNC_GROUPS);
	start(0, work_behind_the_gate);
	start(1, work);
	start(2, work_that_takes_long);
	start(3, work);
	(void)sem_post(&w.gate);
	close_and_finish();
	assert_int_equal(commits, 2);
	store_script_close(&w.ss);
}

static void
test_a_failure_is_its_own(void **state)
{
	(void)state;
	begin(STORE_ASYNC_GROUPS);
	start(0, work_behind_the_gate);
	start(1, work_in_vain);
	start(2, work);
	(void)sem_post(&w.gate);
	close_and_finish();
	assert_int_equal(w.piece[0].err.code, ERR_OK);
	assert_int_equal(w.piece[1].err.code, ERR_INTERRUPTED);
	assert_string_equal(w.piece[1].err.msg, "in vain");
	assert_int_equal(w.piece[2].err.code, ERR_OK);
	assert_int_equal(w.worked, 3);
	store_show_expect(w.ss.store, "h",
	    "hold 000 why since=1000 -\nhold 002 why since=1000 -\n");
	store_script_close(&w.ss);
}

static void
test_a_commit_fails_for_all(void **state)
{
	struct store_async_stats stats;

	(void)state;
	begin(STORE_ASYNC_GROUPS);
	sandbox_limit_files(1);
	start(0, work_behind_the_gate);
	start(1, work_in_vain);
	start(2, work);
	(void)sem_post(&w.gate);
	while (w.done < 3)
		(void)uv_run(&w.loop, UV_RUN_ONCE);
	sandbox_limit_files(RLIM_INFINITY);
	start(3, work);
	while (w.done < 4)
		(void)uv_run(&w.loop, UV_RUN_ONCE);
	store_async_stats(w.sa, &stats);
	close_and_finish();
	assert_int_equal(histogram_up_to(&stats.commit_us, stats.commit_us.nbound), 2);
	assert_int_equal(stats.trouble[STORE_TROUBLE_IO], 2); /* of the pieces; one was its own */
	assert_int_equal(stats.trouble[STORE_TROUBLE_BUSY], 0);
	assert_int_equal(w.piece[0].err.code, ERR_IO);
	assert_non_null(strstr(w.piece[0].err.msg, "cannot grow"));
	assert_int_equal(w.piece[1].err.code, ERR_INTERRUPTED);
	assert_int_equal(w.piece[2].err.code, ERR_IO);
	assert_int_equal(w.piece[3].err.code, ERR_OK);
	store_show_expect(w.ss.store, "h", "hold 003 why since=1000 -\n");
	store_script_close(&w.ss);
}

static void *
wait_for_three(void *arg)
{
	struct err err = { 0 };

	(void)arg;
	assert_int_equal(store_async_wait(w.sa, work, &w.piece[1], &err), ERR_OK);
	assert_int_equal(store_async_wait(w.sa, work_in_vain, &w.piece[2], &err), ERR_INTERRUPTED);
	assert_string_equal(err.msg, "in vain");
	assert_int_equal(store_async_wait(w.sa, work, &w.piece[3], &err), ERR_OK);
	return NULL;
}

static void
test_waiting_on_another_thread(void **state)
{
	pthread_t thread;

	(void)state;
	begin(STORE_ASYNC_GROUPS);
	start(0, work);
	assert_int_equal(pthread_create(&thread, NULL, wait_for_three, NULL), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	close_and_finish();
	assert_int_equal(w.done, 1);
	assert_int_equal(w.worked, 4);
	assert_int_equal(count_holds(), 3);
	store_script_close(&w.ss);
}

/* Something is done in between, and the order in which they are taken does not matter. */
static void *
put_and_take(void *arg)
{
	struct store_piece *first = NULL, *second = NULL;
	struct err err = { 0 };

	(void)arg;
	assert_int_equal(store_async_put(w.sa, work, &w.piece[0], &first, &err), ERR_OK);
	assert_int_equal(store_async_put(w.sa, work_in_vain, &w.piece[1], &second, &err), ERR_OK);
	assert_int_equal(store_async_take(w.sa, second, &err), ERR_INTERRUPTED);
	assert_string_equal(err.msg, "in vain");
	assert_int_equal(store_async_take(w.sa, first, &err), ERR_OK);
	return NULL;
}

static void
test_putting_and_taking(void **state)
{
	pthread_t thread;

	(void)state;
	begin(STORE_ASYNC_GROUPS);
	assert_int_equal(pthread_create(&thread, NULL, put_and_take, NULL), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	close_and_finish();
	assert_int_equal(w.worked, 2);
	assert_int_equal(count_holds(), 1);
	store_script_close(&w.ss);
}

static void *
wait_for_one(void *arg)
{
	struct err err;

	(void)arg;
	assert_int_equal(store_async_wait(w.sa, work_behind_the_gate, &w.piece[0], &err), ERR_OK);
	return NULL;
}

/* Who waits is told although the store closes meanwhile. */
static void
test_closing_while_a_thread_waits(void **state)
{
	pthread_t thread;

	(void)state;
	begin(STORE_ASYNC_GROUPS);
	assert_int_equal(pthread_create(&thread, NULL, wait_for_one, NULL), 0);
	wait_at(&w.at_gate);
	store_async_close(w.sa, on_closed, &w);
	(void)sem_post(&w.gate);
	finish();
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(w.closed, 1);
	assert_int_equal(count_holds(), 1);
	store_script_close(&w.ss);
}

static void
test_nothing_is_taken_while_closing(void **state)
{
	struct store_piece *untouched = NULL;
	struct err err;

	(void)state;
	begin(STORE_ASYNC_GROUPS);
	start(0, work_behind_the_gate);
	store_async_close(w.sa, NULL, NULL);
	assert_int_equal(store_async_start(w.sa, work, on_done, &w.piece[1], &err), ERR_CANCELLED);
	assert_int_equal(store_async_wait(w.sa, work, &w.piece[1], &err), ERR_CANCELLED);
	assert_int_equal(store_async_put(w.sa, work, &w.piece[1], &untouched, &err), ERR_CANCELLED);
	assert_null(untouched);
	(void)sem_post(&w.gate);
	finish();
	assert_int_equal(w.done, 1);
	assert_int_equal(w.worked, 1);
	store_script_close(&w.ss);
}

static void
start_another_and_close(void *arg, const struct err *err)
{
	on_done(arg, err);
	start(1, work);
	store_async_close(w.sa, on_closed, &w);
}

static void
test_a_callback_may_do_anything(void **state)
{
	struct err err;

	(void)state;
	begin(STORE_ASYNC_GROUPS);
	assert_int_equal(store_async_start(w.sa, work, start_another_and_close, &w.piece[0], &err),
	    ERR_OK);
	finish();
	assert_int_equal(w.done_before_closed, 2);
	assert_int_equal(w.closed, 1);
	store_script_close(&w.ss);
}

static void
test_single_pieces(void **state)
{
	(void)state;
	begin(STORE_ASYNC_SINGLE);
	start(0, work_behind_the_gate);
	start(1, work_in_vain); /* its change is one of its own, outside any group */
	start(2, work);
	(void)sem_post(&w.gate);
	close_and_finish();
	assert_int_equal(commits, 3);
	assert_int_equal(w.piece[1].err.code, ERR_INTERRUPTED);
	assert_int_equal(w.piece[2].err.code, ERR_OK);
	store_script_close(&w.ss);
}

static void
test_closing_at_once(void **state)
{
	(void)state;
	begin(STORE_ASYNC_GROUPS);
	close_and_finish();
	assert_int_equal(w.worked, 0);
	store_script_close(&w.ss);
}

static void
test_no_thread(void **state)
{
	struct store_async *sa = NULL;
	struct err err;

	(void)state;
	begin(STORE_ASYNC_GROUPS);
	close_and_finish();
	assert_int_equal(uv_loop_init(&w.loop), 0);
	no_threads = true;
	assert_int_equal(store_async_new(&w.loop, w.ss.store, STORE_ASYNC_GROUPS, &sa, &err),
	    ERR_IO);
	no_threads = false;
	assert_null(sa);
	assert_int_equal(uv_run(&w.loop, UV_RUN_DEFAULT), 0);
	assert_int_equal(uv_loop_close(&w.loop), 0);
	store_script_run(&w.ss, "hold a b"); /* the store is still ours */
	store_script_close(&w.ss);
}

static void
test_no_memory(void **state)
{
	struct store_async *sa = NULL;
	struct err err;

	(void)state;
	begin(STORE_ASYNC_GROUPS);
	alloc_fault_arm(1);
	assert_int_equal(store_async_start(w.sa, work, on_done, &w.piece[0], &err), ERR_NOMEM);
	alloc_fault_arm(0);
	close_and_finish();
	assert_int_equal(w.done, 0);
	alloc_fault_arm(1);
	assert_int_equal(store_async_new(&w.loop, w.ss.store, STORE_ASYNC_GROUPS, &sa, &err),
	    ERR_NOMEM);
	alloc_fault_arm(0);
	assert_null(sa);
	store_script_close(&w.ss);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, sandbox_enter, sandbox_leave)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_order_and_groups),
		TEST(test_a_group_does_not_take_long),
		TEST(test_a_failure_is_its_own),
		TEST(test_a_commit_fails_for_all),
		TEST(test_whoever_watches_the_trail_is_told),
		TEST(test_waiting_on_another_thread),
		TEST(test_putting_and_taking),
		TEST(test_closing_while_a_thread_waits),
		TEST(test_nothing_is_taken_while_closing),
		TEST(test_a_callback_may_do_anything),
		TEST(test_single_pieces),
		TEST(test_closing_at_once),
		TEST(test_no_thread),
		TEST(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
