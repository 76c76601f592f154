/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/clock.h"
#include "base/log.h"

/*
 * The sink that writes lines of text to a descriptor: short ones for people, or logfmt for programs.
 *
 * It never waits for who reads: a pipe that is full, a terminal that was stopped, a socket that
 * nobody empties lose the line. The descriptor is left as it is, blocking or not, because others
 * share it.
 */
enum log_stream_form { LOG_STREAM_SHORT, LOG_STREAM_COLOURED, LOG_STREAM_LOGFMT };

struct log_stream {
	int fd;
	enum log_stream_form form;
	const struct clock *clock; /* for logfmt, else NULL */
	bool broken;               /* zero; the last line went out in part */
};

/*
 * A descriptor for what fd leads to that does not wait: a new one for a terminal or a pipe, if that may
 * be opened, else fd itself, whose writes wait only if others fill what was ready a moment ago, or if
 * a terminal has room for a part of a line.
 */
int log_stream_unwaiting(int fd);

/* The stream is borrowed by the sink. */
struct log_sink log_stream_sink(struct log_stream *s);
