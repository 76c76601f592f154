/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log_fold.h"
#include "base/log_stream.h"

enum { TRACE_MAX = 512, NUMBER_SIZE = 24 };

static struct log_stream standard_error = { .fd = STDERR_FILENO };

static struct {
	pthread_mutex_t lock; /* of what follows opt */
	struct log_options opt;
	void (*on_kept)(void *arg);
	void *arg;
	struct log_fold fold;
	uint64_t lost;
} state = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.opt = { .most = LOG_LEVEL_INFO },
};

const char *
log_level_name(enum log_level level)
{
	static const char *const name[NLOG_LEVEL] = {
		[LOG_LEVEL_ERROR] = "error",
		[LOG_LEVEL_WARNING] = "warning",
		[LOG_LEVEL_INFO] = "info",
		[LOG_LEVEL_TRACE] = "trace",
	};

	return name[level];
}

void
log_set(const struct log_options *opt)
{
	state.opt = *opt;
}

void
log_watch(void (*on_kept)(void *arg), void *arg)
{
	(void)pthread_mutex_lock(&state.lock);
	state.on_kept = on_kept;
	state.arg = arg;
	(void)pthread_mutex_unlock(&state.lock);
}

/* --- with the lock --- */

static bool
hand_over(const struct log_record *r)
{
	struct log_sink sink = state.opt.sink;

	if (!sink.write)
		sink = log_stream_sink(&standard_error);
	return sink.write(sink.arg, r);
}

/* Who reads again learns first that something is missing here. */
static bool
tell_lost(void)
{
	char number[NUMBER_SIZE];
	struct log_field field = { .name = LOG_LOST };
	struct log_record r = state.opt.lost;

	if (state.lost == 0 || !r.message)
		return true;
	(void)snprintf(number, sizeof number, "%" PRIu64, state.lost);
	field.value = slice_of(number);
	r.field = &field;
	r.nfield = 1;
	if (!hand_over(&r))
		return false;
	state.lost = 0;
	return true;
}

static void
put(const struct log_record *r)
{
	if (!tell_lost() || !hand_over(r))
		state.lost++;
}

static bool
may_pass(const struct log_record *r)
{
	bool none = log_fold_due_ms(&state.fold) == UINT64_MAX;

	if (!state.opt.clock || log_fold_pass(&state.fold, r, clock_mono_ms(state.opt.clock)))
		return true;
	if (none && state.on_kept)
		state.on_kept(state.arg);
	return false;
}

static int64_t
flush(bool all)
{
	uint64_t now_ms = clock_mono_ms(state.opt.clock);
	uint64_t due_ms;
	struct log_record r;

	while (log_fold_take(&state.fold, now_ms, all, &r))
		put(&r);
	due_ms = log_fold_due_ms(&state.fold);
	return due_ms == UINT64_MAX ? LOG_NOTHING_KEPT : (int64_t)(due_ms - now_ms);
}

/* --- without --- */

int64_t
log_flush(bool all)
{
	int64_t again_ms = LOG_NOTHING_KEPT;

	(void)pthread_mutex_lock(&state.lock);
	if (state.opt.clock)
		again_ms = flush(all);
	(void)pthread_mutex_unlock(&state.lock);
	return again_ms;
}

void
log_write(const struct log_record *record)
{
	if (record->level > state.opt.most)
		return;
	(void)pthread_mutex_lock(&state.lock);
	if (state.opt.clock)
		(void)flush(false);
	if (may_pass(record))
		put(record);
	(void)pthread_mutex_unlock(&state.lock);
}

void
log_trace(const char *fmt, ...)
{
	char text[TRACE_MAX];
	va_list ap;
	int n;

	if (LOG_LEVEL_TRACE > state.opt.most)
		return;
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	log_write(&(struct log_record){
	    .level = LOG_LEVEL_TRACE,
	    .message = n < 0 ? "" : text,
	});
}
