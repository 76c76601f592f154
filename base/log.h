/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdio.h>

/*
 * One event, one line: "level: message key=value …" on the sink. The level says who has to act:
 * error, a person; warning, the agent by itself; info, nobody. Trace is for developers.
 *
 * Only agent/ logs; the folders below it may trace. Level and sink are the only mutable
 * file-level state of the program; they are set once, before any thread starts.
 * A line is cut at LOG_LINE_MAX bytes, and control characters in it are shown as '?', so that
 * text from outside can neither flood a log nor forge lines in it.
 */
enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_TRACE };

enum { LOG_LINE_MAX = 1024 };

/* sink: NULL for stderr. The caller keeps it open. */
void log_set(enum log_level most, FILE *sink);

void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_trace(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
