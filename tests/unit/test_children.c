/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/children.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/sandbox.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

/* Long enough for any machine, and nobody waits for it unless a test fails. */
enum { LIMIT_MS = 60 * 1000 };

static enum err_code
serve(struct children *c, char *script, int limit_ms, char line[32], struct err *err)
{
	char *const argv[] = { "sh", "-c", script, NULL };

	return children_serve(c, "/bin/sh", argv, limit_ms, line, 32, err);
}

static enum err_code
run(struct children *c, char *script, int *exit_code, struct err *err)
{
	char *const argv[] = { "sh", "-c", script, NULL };

	return children_run(c, "/bin/sh", argv, exit_code, err);
}

static void
assert_no_child(void)
{
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void
runs(void **state)
{
	static const struct {
		const char *name;
		char *script;
		enum err_code want;
		int exit_code;   /* when want is ERR_OK */
		const char *msg; /* part of err.msg otherwise */
	} tc[] = {
		{ "ends well", "exit 0", ERR_OK, 0, NULL },
		{ "ends otherwise", "exit 3", ERR_OK, 3, NULL },
		{ "killed", "kill -9 $$", ERR_IO, 0, "ended by signal 9" },
		{ "we are told to stop", "kill -TERM $PPID; exec sleep 1000", ERR_INTERRUPTED, 0,
		    "interrupted" },
		{ "we are interrupted", "kill -INT $PPID; exec sleep 1000", ERR_INTERRUPTED, 0,
		    "interrupted" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct children c;
		struct err err;
		int exit_code = 99;

		print_message("  %s\n", tc[i].name);
		assert_int_equal(children_init(&c, &err), ERR_OK);
		assert_int_equal(run(&c, tc[i].script, &exit_code, &err), tc[i].want);
		assert_int_equal(exit_code, tc[i].want ? 99 : tc[i].exit_code);
		if (tc[i].want)
			assert_non_null(strstr(err.msg, tc[i].msg));
		assert_no_child();
		children_done(&c);
	}
}

static void
cannot_be_started(void **state)
{
	char *const argv[] = { "nothing", NULL };
	char line[32] = "before";
	struct children c;
	struct err err;
	int exit_code = 99;

	(void)state;
	assert_int_equal(children_init(&c, &err), ERR_OK);
	assert_int_equal(children_run(&c, "/nothing", argv, &exit_code, &err), ERR_IO);
	assert_int_equal(exit_code, 99);
	assert_non_null(strstr(err.msg, "/nothing"));
	assert_int_equal(children_serve(&c, "/nothing", argv, LIMIT_MS, line, 32, &err), ERR_IO);
	assert_string_equal(line, "before");
	children_done(&c);
	assert_no_child();
}

static void
server_comes_up(void **state)
{
	static const struct {
		const char *name;
		char *script;
		int limit_ms;
		enum err_code want;
		const char *text; /* the line, or part of err.msg */
	} tc[] = {
		{ "says its line", "echo ready; cat", LIMIT_MS, ERR_OK, "ready" },
		{ "in pieces", "printf re; printf 'ady\\n'; cat", LIMIT_MS, ERR_OK, "ready" },
		{ "says more", "echo ready; echo more; cat", LIMIT_MS, ERR_OK, "ready" },
		{ "just fits", "echo 1234567890123456789012345678901; cat", LIMIT_MS, ERR_OK,
		    "1234567890123456789012345678901" },
		{ "does not fit", "echo 12345678901234567890123456789012; cat", LIMIT_MS, ERR_LIMIT,
		    "more than it should" },
		{ "ends", "exit 0", LIMIT_MS, ERR_IO, "ended before it was ready" },
		{ "ends within the line", "printf ready", LIMIT_MS, ERR_IO, "ended before" },
		{ "is silent", "cat", 1, ERR_TIMEOUT, "does not say" },
		{ "we are told to stop", "kill -TERM $PPID; cat", LIMIT_MS, ERR_INTERRUPTED,
		    "interrupted" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		char line[32] = "before";
		struct children c;
		struct err err;

		print_message("  %s\n", tc[i].name);
		assert_int_equal(children_init(&c, &err), ERR_OK);
		assert_int_equal(serve(&c, tc[i].script, tc[i].limit_ms, line, &err), tc[i].want);
		assert_string_equal(line, tc[i].want ? "before" : tc[i].text);
		if (tc[i].want) {
			assert_non_null(strstr(err.msg, tc[i].text));
			assert_no_child();
		}
		children_done(&c);
		assert_no_child();
	}
}

static void
server_dies_during_the_job(void **state)
{
	char line[32];
	struct children c;
	struct err err;
	int exit_code = 99;

	(void)state;
	assert_int_equal(mkfifo("go", 0600), 0);
	assert_int_equal(children_init(&c, &err), ERR_OK);
	assert_int_equal(serve(&c, "echo ready; read word < go", LIMIT_MS, line, &err), ERR_OK);
	assert_int_equal(run(&c, "echo > go; exec sleep 1000", &exit_code, &err), ERR_IO);
	assert_non_null(strstr(err.msg, "the server has ended"));
	assert_int_equal(exit_code, 99);
	children_done(&c);
	assert_no_child();
}

static void
server_died_before_the_job(void **state)
{
	char line[32];
	struct children c;
	struct err err;
	siginfo_t info;
	int exit_code = 99;

	(void)state;
	assert_int_equal(children_init(&c, &err), ERR_OK);
	assert_int_equal(serve(&c, "echo ready", LIMIT_MS, line, &err), ERR_OK);
	assert_int_equal(waitid(P_PID, (id_t)c.server, &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(run(&c, "exec sleep 1000", &exit_code, &err), ERR_IO);
	assert_non_null(strstr(err.msg, "the server has ended"));
	children_done(&c);
	assert_no_child();
}

/* A program holds nothing of ours but the three streams, and gets the signals that it is sent. */
static void
what_programs_inherit(void **state)
{
	char line[32];
	struct children c;
	struct err err;
	int exit_code = 99;

	(void)state;
	assert_int_equal(children_init(&c, &err), ERR_OK);
	assert_int_equal(serve(&c, "echo ready; cat", LIMIT_MS, line, &err), ERR_OK);
	assert_int_equal(fcntl(c.signals, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(fcntl(c.server_in, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(run(&c, "trap 'exit 5' TERM; kill -TERM $$; exit 6", &exit_code, &err),
	    ERR_OK);
	assert_int_equal(exit_code, 5);
	children_done(&c);
}

static void
mask_comes_back(void **state)
{
	struct children c;
	sigset_t now;
	struct err err;

	(void)state;
	assert_int_equal(children_init(&c, &err), ERR_OK);
	assert_int_equal(sigprocmask(SIG_BLOCK, NULL, &now), 0);
	assert_int_equal(sigismember(&now, SIGINT), 1);
	children_done(&c);
	assert_int_equal(sigprocmask(SIG_BLOCK, NULL, &now), 0);
	assert_int_equal(sigismember(&now, SIGINT), 0);
	assert_int_equal(sigismember(&now, SIGCHLD), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs),
		cmocka_unit_test(cannot_be_started),
		cmocka_unit_test(server_comes_up),
		cmocka_unit_test_setup_teardown(server_dies_during_the_job, sandbox_enter,
		    sandbox_leave),
		cmocka_unit_test(server_died_before_the_job),
		cmocka_unit_test(what_programs_inherit),
		cmocka_unit_test(mask_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
