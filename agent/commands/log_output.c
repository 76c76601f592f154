/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/log_output.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/commands/options.h"
#include "agent/tools/log_class.h"
#include "agent/tools/terminal.h"
#include "base/log.h"
#include "base/log_journal.h"
#include "base/log_stream.h"

/* As long as the log, which is the program's. */
static struct log_stream stream = { .fd = -1 };
static struct log_journal journal = { .fd = -1 };

/* Who starts an agent wants to read what it does; who runs a command, what it prints. */
static enum log_level
wanted_level(const struct options *o, bool agent)
{
	if (o->quiet)
		return LOG_LEVEL_ERROR;
	if (o->verbose >= 2)
		return LOG_LEVEL_TRACE;
	return agent || o->verbose == 1 ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING;
}

static bool
reach_journal(void)
{
	struct err err;

	if (journal.fd >= 0)
		return true;
	return log_journal_is_stream(STDERR_FILENO, getenv("JOURNAL_STREAM")) &&
	    log_journal_open(&journal, LOG_JOURNAL_SOCKET, &err) == ERR_OK;
}

static enum log_stream_form
wanted_form(bool agent)
{
	if (agent && !terminal_is(stderr))
		return LOG_STREAM_LOGFMT;
	return terminal_wants_colour(stderr) ? LOG_STREAM_COLOURED : LOG_STREAM_SHORT;
}

void
log_output_open(const struct options *o, bool agent)
{
	struct log_options log = {
		.most = wanted_level(o, agent),
		.clock = clock_system(),
		.lost = log_class_record(LOG_LINES_LOST),
	};

	if (stream.fd < 0)
		stream.fd = log_stream_unwaiting(STDERR_FILENO);
	stream.form = wanted_form(agent);
	stream.clock = log.clock;
	log.sink = reach_journal() ? log_journal_sink(&journal) : log_stream_sink(&stream);
	log_set(&log);
}
