/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/pulse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/sending/dispatch.h"
#include "http/http_loop.h"
#include "store/store_async.h"

/* The parts, as the test wants them to be. */
struct store_async {
	bool hangs;
	bool refuses;
	store_done_fn *done; /* NULL: nobody waits */
	void *arg;
	unsigned asked;
};

static struct store_async writer, reader;
static uint64_t late_ms;
static bool stuck;

enum err_code
store_async_start(struct store_async *sa, store_work_fn *work, store_done_fn *done, void *arg,
    struct err *err)
{
	assert_null(sa->done); /* one question at a time */
	if (sa->refuses)
		return err_set(err, ERR_NOMEM, "no memory");
	assert_int_equal(work(NULL, arg, err), ERR_OK);
	sa->done = done;
	sa->arg = arg;
	sa->asked++;
	return ERR_OK;
}

uint64_t
http_loop_late_ms(const struct http_loop *hl)
{
	(void)hl;
	return late_ms;
}

bool
dispatch_is_stuck(struct dispatch *d, uint64_t ms)
{
	(void)d;
	assert_int_equal(ms, 5000);
	return stuck;
}

static void
answer(struct store_async *sa)
{
	store_done_fn *done = sa->done;
	const struct err failed = { ERR_IO, "the disk is full" };

	if (sa->hangs || !done)
		return;
	sa->done = NULL;
	done(sa->arg, &failed); /* that it fails is another matter */
}

static const char *
beat(struct pulse *p)
{
	static char anything;
	void *dispatch = &anything;
	const char *why = pulse_beat(p,
	    &(struct pulse_parts){ .writer = &writer, .reader = &reader, .dispatch = dispatch });

	answer(&writer);
	answer(&reader);
	return why;
}

static int
set_up(void **state)
{
	(void)state;
	memset(&writer, 0, sizeof writer);
	memset(&reader, 0, sizeof reader);
	late_ms = 0;
	stuck = false;
	return 0;
}

static void
alive(void **state)
{
	struct pulse p = { .silent = { 0 } };

	(void)state;
	late_ms = 4999; /* a timer is about to fire */
	for (unsigned i = 1; i < 10; i++) {
		assert_null(beat(&p));
		assert_int_equal(writer.asked, i);
		assert_int_equal(reader.asked, i);
	}
}

/* Silent for so many beats in a row, and alive again with the first sign of life. */
static void
each_part(void **state)
{
	static const struct {
		const char *name;
		bool *sign;
		uint64_t late_ms;
		unsigned beats; /* before it is found; a store that hangs was asked by the first */
		const char *why;
	} tc[] = {
		{ "writer", &writer.hangs, 0, 3,
		    "the thread that writes the store does not answer" },
		{ "writer without memory", &writer.refuses, 0, 2,
		    "the thread that writes the store does not answer" },
		{ "reader", &reader.hangs, 0, 3,
		    "the thread that reads the store does not answer" },
		{ "requests", NULL, 5000, 2, "requests do not end in their time" },
		{ "queue", &stuck, 0, 2, "what is due is not taken" },
	};

	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct pulse p = { .silent = { 0 } };
		bool dummy, *sign = tc[i].sign ? tc[i].sign : &dummy;
		unsigned beats = 0;
		const char *why;

		print_message("  %s\n", tc[i].name);
		(void)set_up(state);
		assert_null(beat(&p));
		*sign = true;
		late_ms = tc[i].late_ms;
		while (!(why = beat(&p)))
			beats++;
		assert_string_equal(why, tc[i].why);
		assert_int_equal(beats, tc[i].beats);
		assert_string_equal(beat(&p), tc[i].why);
		*sign = false;
		late_ms = 0;
		answer(&writer);
		answer(&reader);
		assert_null(beat(&p));
	}
}

/* A process that was stopped misses a beat or two, and lives. */
static void
now_and_then(void **state)
{
	struct pulse p = { .silent = { 0 } };

	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		stuck = i % 3 != 0;
		assert_null(beat(&p));
	}
}

static void
without_a_queue(void **state)
{
	struct pulse p = { .silent = { 0 } };

	(void)state;
	stuck = true;
	for (unsigned i = 0; i < 5; i++) {
		assert_null(
		    pulse_beat(&p, &(struct pulse_parts){ .writer = &writer, .reader = &reader }));
		answer(&writer);
		answer(&reader);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(alive, set_up),
		cmocka_unit_test_setup(each_part, set_up),
		cmocka_unit_test_setup(now_and_then, set_up),
		cmocka_unit_test_setup(without_a_queue, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
