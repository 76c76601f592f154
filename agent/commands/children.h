/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <signal.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

/*
 * Programs that a command runs: one may serve in the background while others do the job, one after
 * the other. None outlives the command: should it die, they get a SIGTERM.
 *
 * SIGINT, SIGTERM and SIGCHLD are blocked meanwhile, and seen wherever something is waited for. What
 * arrives in between takes effect at children_done(), so do that last.
 *
 * For a process of one thread. Blocks.
 */
struct children {
	sigset_t before; /* the signal mask that programs get, and that comes back */
	int signals;     /* a signalfd */
	int server_in;   /* the server's standard input, open as long as we live; -1: none */
	pid_t server;    /* 0: none */
};

/* Errors: ERR_IO; *c is untouched then. */
MUST_USE enum err_code children_init(struct children *c, struct err *err);

/*
 * Starts the server, there is only one, and waits until it has said a line on its standard output:
 * without the line end in line. path: absolute; argv: as for execv(). A good server ends at the end
 * of its standard input.
 *
 * Errors: ERR_IO (it cannot be started, or ends), ERR_LIMIT (the line is too long), ERR_TIMEOUT (it
 * says nothing for so long), ERR_INTERRUPTED. It has ended then, and line is untouched.
 */
MUST_USE enum err_code children_serve(struct children *c, const char *path, char *const argv[],
    int limit_ms, char *line, size_t size, struct err *err);

/*
 * Runs a program on our own streams until it ends by itself.
 *
 * Errors: ERR_IO (it cannot be started, or a signal has ended it, or the server has ended before
 * it), ERR_INTERRUPTED. It has ended then, and *exit_code is untouched.
 */
MUST_USE enum err_code children_run(struct children *c, const char *path, char *const argv[],
    int *exit_code, struct err *err);

/* Ends the server at once: it is one that has nothing to lose. */
void children_done(struct children *c);
