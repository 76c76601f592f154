/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/slice.h"

/*
 * One event, one record, on its way to whoever keeps the log. The level says who has to act: error,
 * a person; warning, the agent by itself; info, nobody. Trace is for developers.
 *
 * Only agent/ logs, by way of agent/tools/log_event.h, which knows what events there are; the
 * folders below it may trace. Level and sink are the only mutable file-level state of the program;
 * they are set before any thread starts. Any thread may log. Logging never waits: a record that
 * cannot be taken at once is lost and counted.
 */
enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_TRACE };

enum { NLOG_LEVEL = LOG_LEVEL_TRACE + 1 };

const char *log_level_name(enum log_level level);

struct log_field {
	const char *name; /* of lower case letters and '_' */
	struct slice value;
	bool
	    varies; /* with each time that the same happens: the number of an attempt, a request's id */
};

enum { LOG_FIELDS_MAX = 16 };

/* All is borrowed, and may come from outside but for the names: a sink makes it harmless. */
struct log_record {
	enum log_level level;
	const char *event;   /* the name of its class, "list-taken-in"; NULL: a trace */
	const char *id;      /* of its class in the journal, 32 hexadecimal digits; NULL: a trace */
	const char *message; /* for people */
	const struct log_field *field;
	size_t nfield; /* at most LOG_FIELDS_MAX */
};

/* Where records go. write says false, at once, if it cannot take this one. Any thread, one at a time. */
struct log_sink {
	bool (*write)(void *arg, const struct log_record *record);
	void *arg;
};

/* Fields that the log adds by itself. */
#define LOG_REPEATED "repeated" /* so many like this one were kept back (base/log_fold.h) */
#define LOG_LOST "lost"         /* so many before this one could not be written */

struct log_options {
	enum log_level most;
	struct log_sink sink;      /* without a function: short lines on stderr */
	const struct clock *clock; /* NULL: nothing is kept back */
	struct log_record lost;    /* to say that something was lost; no message: nobody is told */
};

/* All that opt points to must live as long as the program logs. */
void log_set(const struct log_options *opt);

/*
 * on_kept is called inside log_write(), on any thread, when something is kept back and nothing was
 * before: then log_flush() is to be called in time. It must not log. NULL: nobody is told.
 */
void log_watch(void (*on_kept)(void *arg), void *arg);

enum { LOG_NOTHING_KEPT = -1 };

/*
 * Says what was kept back for long enough; all: whatever was kept back. Returns in how many
 * milliseconds to come again, or LOG_NOTHING_KEPT.
 */
int64_t log_flush(bool all);

void log_write(const struct log_record *record);

void log_trace(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
