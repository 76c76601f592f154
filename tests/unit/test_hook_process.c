/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/hooks/hook_process.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include <cmocka.h>

#include "tests/unit/alloc_fault.h"
#include "tests/unit/log_catch.h"
#include "tests/unit/sandbox.h"

#define LENGTH(array) (sizeof array / sizeof(array)[0])

enum { NEVER_MS = 1000000 };

struct outcome {
	unsigned calls;
	struct err err;
};

static const struct hook_event event = { 17, "list_done", { "{\"id\":17}", 9 } };

static void
on_done(void *arg, const struct err *err)
{
	struct outcome *o = arg;

	o->calls++;
	o->err.code = ERR_OK;
	if (err)
		o->err = *err;
}

/* A program of a name that stands in the messages. */
static void
write_script(const char *text)
{
	char script[1024];

	(void)snprintf(script, sizeof script, "#!/bin/sh\n%s\n", text);
	sandbox_write("hook", script);
	assert_int_equal(chmod("hook", 0700), 0);
}

static struct hook_process *
start(uv_loop_t *loop, const char *const *argv, size_t n, uint64_t timeout_ms, struct outcome *o)
{
	const struct text_list exec = { argv, n };
	const struct hook_process_options opt = { loop, &exec, timeout_ms };
	struct hook_process *p = NULL;
	struct err err;

	o->calls = 0;
	assert_int_equal(hook_process_start(&opt, &event, on_done, o, &p, &err), ERR_OK);
	assert_int_equal(o->calls, 0); /* never inside */
	return p;
}

static void
finish(uv_loop_t *loop, struct outcome *o)
{
	assert_int_equal(uv_run(loop, UV_RUN_DEFAULT), 0);
	assert_int_equal(o->calls, 1);
	assert_int_equal(uv_loop_close(loop), 0);
}

static void
run(const char *script, uint64_t timeout_ms, struct outcome *o)
{
	static const char *const argv[] = { "./hook", "two words", "$HOME" };
	uv_loop_t loop;

	write_script(script);
	assert_int_equal(uv_loop_init(&loop), 0);
	(void)start(&loop, argv, LENGTH(argv), timeout_ms, o);
	finish(&loop, o);
}

static void
what_becomes_of_it(void **state)
{
	static const struct {
		const char *name;
		const char *script;
		uint64_t timeout_ms;
		enum err_code code;
		const char *msg;
	} tc[] = {
		{ "told", "exit 0", NEVER_MS, ERR_OK, NULL },
		{ "it failed", "exit 3", NEVER_MS, ERR_IO, "./hook failed with exit status 3" },
		{ "it was killed", "kill -USR1 $$", NEVER_MS, ERR_IO,
		    "./hook was ended by signal 10 (User defined signal 1)" },
		{ "it hangs", "exec sleep 1000", 1, ERR_TIMEOUT, "./hook did not end in time" },
		{ "it hangs, and does not listen", "trap '' TERM; while :; do sleep 1; done", 1,
		    ERR_TIMEOUT, "./hook did not end in time" },
		{ "too late, and then as if nothing were",
		    "trap 'exit 0' TERM; while :; do sleep 0.01; done", 200, ERR_TIMEOUT,
		    "./hook did not end in time" },
		{ "somebody else keeps its streams", "sleep 3 & exit 0", NEVER_MS, ERR_OK, NULL },
		{ "it does not read", "exec <&-; exit 0", NEVER_MS, ERR_OK, NULL },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct outcome o;

		print_message("  %s\n", tc[i].name);
		run(tc[i].script, tc[i].timeout_ms, &o);
		assert_int_equal(o.err.code, tc[i].code);
		if (tc[i].msg)
			assert_string_equal(o.err.msg, tc[i].msg);
	}
}

static void
assert_text(const char *name, const char *want)
{
	sandbox_assert_content(name, slice_of(want));
}

static void
what_it_is_told(void **state)
{
	struct outcome o;

	(void)state;
	assert_int_equal(setenv("AUTOREG_TEST_SECRET", "x", 1), 0);
	run("cat > body; cat /dev/stdin > again; echo \"$AUTOREG_EVENT|$AUTOREG_EVENT_ID|$#|$1|$2\" "
	    "> words; env | grep -c SECRET > secrets; exit 0",
	    NEVER_MS, &o);
	assert_int_equal(o.err.code, ERR_OK);
	assert_text("body", "{\"id\":17}\n");
	assert_text("again", "{\"id\":17}\n"); /* it is a file, which can be opened once more */
	assert_text("words", "list_done|17|2|two words|$HOME\n");
	assert_text("secrets", "0\n");
}

static void
what_it_says(void **state)
{
	static const struct {
		const char *name;
		const char *script;
		const char *want; /* in the log */
		bool all;         /* of it */
	} tc[] = {
		{ "on failure, line by line", "echo one >&2; printf two >&2; exit 1",
		    "warning: a hook said hook=./hook error=one\n"
		    "warning: a hook said hook=./hook error=two\n",
		    true },
		{ "not on success", "echo one >&2; exit 0", "", true },
		{ "not what goes to stdout", "echo one; exit 1", "", true },
		{ "a flood", "yes x | head -c 5000000 >&2; exit 1",
		    "warning: a hook said hook=./hook error=x\n", false },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		const char *text;
		struct outcome o;

		print_message("  %s\n", tc[i].name);
		log_catch_begin(LOG_LEVEL_WARNING);
		run(tc[i].script, NEVER_MS, &o);
		text = log_catch_end();
		if (tc[i].all)
			assert_string_equal(text, tc[i].want);
		assert_int_equal(strncmp(text, tc[i].want, strlen(tc[i].want)), 0);
		assert_true(strlen(text) <
		    128 * 1024); /* 4 KiB of it, and what stands in front of each line */
	}
}

/* The pipe ends when nobody has it any more. */
static void
what_it_leaves_behind(void **state)
{
	struct outcome o;
	char byte;
	int fd;

	(void)state;
	assert_int_equal(mkfifo("alive", 0600), 0);
	fd = open("alive", O_RDONLY | O_NONBLOCK);
	assert_true(fd >= 0);
	run("sh -c 'trap \"\" TERM; exec sleep 1000' 3> alive & wait", 300, &o);
	assert_int_equal(o.err.code, ERR_TIMEOUT);
	assert_int_equal(fcntl(fd, F_SETFL, 0), 0);
	(void)alarm(60); /* a test that hangs fails */
	assert_int_equal(read(fd, &byte, 1), 0);
	(void)alarm(0);
	(void)close(fd);
}

static void
no_program(void **state)
{
	static const char *const argv[] = { "./nothing" };
	struct outcome o;
	uv_loop_t loop;

	(void)state;
	assert_int_equal(uv_loop_init(&loop), 0);
	(void)start(&loop, argv, 1, NEVER_MS, &o);
	finish(&loop, &o);
	assert_int_equal(o.err.code, ERR_IO);
	assert_string_equal(o.err.msg, "./nothing cannot be run: no such file or directory");
}

static void
cancelled(void **state)
{
	static const char *const argv[] = { "./hook" };
	struct hook_process *p;
	struct outcome o;
	uv_loop_t loop;

	(void)state;
	write_script("trap '' TERM; while :; do sleep 1; done");
	assert_int_equal(uv_loop_init(&loop), 0);
	p = start(&loop, argv, 1, NEVER_MS, &o);
	hook_process_cancel(p);
	hook_process_cancel(p);
	assert_int_equal(o.calls, 0);
	finish(&loop, &o);
	assert_int_equal(o.err.code, ERR_CANCELLED);
}

static void
try_to_start(void *arg)
{
	static const char *const argv[] = { "./hook", "a" };
	const struct text_list exec = { argv, 2 };
	struct hook_process *p = NULL;
	struct outcome o = { .calls = 0 };
	enum err_code rc;
	uv_loop_t loop;
	struct err err;

	(void)arg;
	assert_int_equal(uv_loop_init(&loop), 0);
	const struct hook_process_options opt = { &loop, &exec, NEVER_MS };

	rc = hook_process_start(&opt, &event, on_done, &o, &p, &err);
	assert_int_equal(rc, alloc_fault_hit() ? ERR_NOMEM : ERR_OK);
	assert_int_equal(p == NULL, rc != ERR_OK);
	assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
	assert_int_equal(o.calls, rc == ERR_OK);
	assert_int_equal(uv_loop_close(&loop), 0);
}

static void
no_memory(void **state)
{
	(void)state;
	write_script("exit 0");
	assert_true(alloc_fault_sweep(try_to_start, NULL) >= 4);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, sandbox_enter, sandbox_leave)
	const struct CMUnitTest tests[] = {
		TEST(what_becomes_of_it),
		TEST(what_it_is_told),
		TEST(what_it_says),
		TEST(what_it_leaves_behind),
		TEST(no_program),
		TEST(cancelled),
		TEST(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
