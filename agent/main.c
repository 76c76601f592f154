/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/commands/command.h"
#include "agent/commands/commands.h"
#include "agent/commands/failure.h"
#include "agent/commands/log_output.h"
#include "agent/commands/options.h"
#include "auth/entra_json.h"
#include "base/log.h"

/*
 * If we are started with a standard stream closed, the first file that is opened takes its place,
 * and what is meant for the stream ends up in the file. So the place is taken by something that
 * fails when it is used: /dev/null, opened the wrong way round.
 */
static void
occupy_standard_streams(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_WRONLY);
		if (fd > STDIN_FILENO && fd <= STDERR_FILENO) {
			(void)close(fd);
			fd = open("/dev/null", O_RDONLY);
		}
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		(void)close(fd);
}

static int
dispatch(const struct options *o)
{
	log_output_open(o, false);
	if (o->help || o->explain)
		return cmd_help(o);
	if (o->version)
		return cmd_version(o);
	return o->command->run(o);
}

/* Whoever stopped reading, as head does, need not be told. */
static bool
reader_is_gone(void)
{
	struct pollfd out = { .fd = STDOUT_FILENO };

	return poll(&out, 1, 0) == 1 && (out.revents & POLLERR);
}

/* A result that did not get out is no result, whatever the command thinks. */
static int
flush_result(int status)
{
	bool failed = ferror(stdout) != 0;

	errno = 0;
	if (fflush(stdout) == 0 && !failed)
		return status;
	if (!reader_is_gone())
		fprintf(stderr, "autoreg: standard output: %s\n",
		    errno ? strerror(errno) : "write error");
	return EXIT_FAILED;
}

int
main(int argc, char **argv)
{
	struct options options;
	struct err err;
	int status;

	occupy_standard_streams();
	entra_json_wipe_freed();        /* before anybody keeps something in JSON */
	(void)signal(SIGPIPE, SIG_IGN); /* a reader that went away is a failed write */
	if (argc < 2) {
		cmd_help_usage(stderr);
		return EXIT_USAGE;
	}
	if (options_parse(argc, argv, &options, &err))
		return flush_result(failure_report(&options, &err));
	status = dispatch(&options);
	(void)log_flush(true);
	return flush_result(status);
}
