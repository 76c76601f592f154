/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/hooks/hook_process.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <uv.h>

#include "agent/tools/log_event.h"
#include "base/buf.h"

enum {
	SAID_MAX = 4 * 1024,
	PIECE_BYTES = 16 * 1024,
	LAST_WORDS_MS = 2000, /* between being told to end and being killed */
	ENVIRONMENT = 3,
};

/*
 *	RUNS --time is up--> TOLD --still there--> KILLED
 *	 |  \                 |                      |
 *	 |   +---- cancel ----|--------------------> |
 *	 +--------- exit -----+----------------------+----> GONE ----> done
 *
 * Only from RUNS can it go without our doing: then its exit status counts.
 */
enum state { RUNS, TOLD, KILLED, GONE };

struct hook_process {
	enum state state;
	char *name; /* of the program */
	hook_done_fn *done;
	void *arg;
	struct err err; /* why it is not delivered; ERR_OK: it is */

	uv_process_t process;
	uv_timer_t timer;
	uv_pipe_t words; /* its standard error */
	unsigned open;   /* of these */
	size_t nsaid;
	char said[SAID_MAX + 1]; /* with room for a NUL */
	char piece[PIECE_BYTES]; /* what comes; behind SAID_MAX nobody looks at it */
};

/* --- the end --- */

static void
log_said(struct hook_process *p)
{
	char *line = p->said;
	char *behind = p->said + p->nsaid;

	while (line < behind) {
		char *found = memchr(line, '\n', (size_t)(behind - line));
		char *end = found ? found : behind;

		*end = '\0';
		log_event(LOG_HOOK_SAID, LOG_TEXT(HOOK, p->name), LOG_TEXT(ERROR, line));
		line = end + 1;
	}
}

static void
on_closed(uv_handle_t *handle)
{
	struct hook_process *p = handle->data;
	hook_done_fn *done = p->done;
	void *arg = p->arg;
	struct err err = p->err;

	if (--p->open > 0)
		return;
	if (err.code && err.code != ERR_CANCELLED)
		log_said(p);
	free(p->name);
	free(p);
	done(arg, err.code ? &err : NULL);
}

static void
finish(struct hook_process *p)
{
	p->state = GONE;
	uv_close((uv_handle_t *)&p->process, on_closed);
	uv_close((uv_handle_t *)&p->timer, on_closed);
	uv_close((uv_handle_t *)&p->words, on_closed);
}

/* --- what it says --- */

static void
keep(struct hook_process *p, const char *piece, size_t len)
{
	size_t n = len < SAID_MAX - p->nsaid ? len : SAID_MAX - p->nsaid;

	memcpy(p->said + p->nsaid, piece, n);
	p->nsaid += n;
}

static void
on_room(uv_handle_t *handle, size_t wanted, uv_buf_t *out)
{
	struct hook_process *p = handle->data;

	(void)wanted;
	*out = uv_buf_init(p->piece, sizeof p->piece);
}

static void
on_words(uv_stream_t *stream, ssize_t n, const uv_buf_t *piece)
{
	struct hook_process *p = stream->data;

	if (n < 0)
		(void)uv_read_stop(stream);
	else
		keep(p, piece->base, (size_t)n);
}

/* It may be gone before what it said last was read. Whoever else holds the pipe is not waited for. */
static void
hear_the_rest(struct hook_process *p)
{
	uv_os_fd_t fd;
	ssize_t n = 1;

	if (uv_fileno((uv_handle_t *)&p->words, &fd) != 0)
		return;
	while (p->nsaid < SAID_MAX && n > 0) {
		n = read(fd, p->piece, sizeof p->piece);
		if (n > 0)
			keep(p, p->piece, (size_t)n);
	}
}

/* --- its life --- */

/* All that it has started as well, unless that went into another session. */
static void
send_signal(const struct hook_process *p, int number)
{
	(void)kill(-p->process.pid, number);
}

static void
on_exit_status(uv_process_t *process, int64_t status, int number)
{
	struct hook_process *p = process->data;

	if (p->state != RUNS) {
		send_signal(p, SIGKILL); /* those that it has left behind */
	} else if (number) {
		(void)err_set(&p->err, ERR_IO, "%s was ended by signal %d (%s)", p->name, number,
		    strsignal(number));
	} else if (status) {
		(void)err_set(&p->err, ERR_IO, "%s failed with exit status %" PRId64, p->name,
		    status);
	}
	hear_the_rest(p);
	finish(p);
}

static void
on_time(uv_timer_t *timer)
{
	struct hook_process *p = timer->data;

	if (p->state == RUNS) {
		(void)err_set(&p->err, ERR_TIMEOUT, "%s did not end in time", p->name);
		p->state = TOLD;
		send_signal(p, SIGTERM);
		(void)uv_timer_start(timer, on_time, LAST_WORDS_MS, 0);
	} else {
		p->state = KILLED;
		send_signal(p, SIGKILL);
	}
}

void
hook_process_cancel(struct hook_process *p)
{
	if (p->state != RUNS && p->state != TOLD)
		return;
	(void)err_set(&p->err, ERR_CANCELLED, "%s was stopped", p->name);
	p->state = KILLED;
	send_signal(p, SIGKILL);
}

/* --- the beginning --- */

/*
 * A file without a name rather than a pipe: it is there as a whole, ends by itself, and whether the
 * program reads it or not, nobody waits. On error *fd is untouched.
 */
static enum err_code
put_event(const struct hook_event *e, int *fd, struct err *err)
{
	struct buf line;
	enum err_code rc;
	int f;

	buf_init(&line, SIZE_MAX);
	buf_add_slice(&line, e->json);
	buf_add_char(&line, '\n');
	if ((rc = buf_check(&line, err)))
		goto out;
	f = memfd_create("event", MFD_CLOEXEC);
	if (f < 0 || write(f, line.ptr, line.len) != (ssize_t)line.len ||
	    lseek(f, 0, SEEK_SET) != 0) {
		rc = err_errno(err, errno, "an event for a hook");
		if (f >= 0)
			(void)close(f);
		goto out;
	}
	*fd = f;
out:
	buf_done(&line);
	return rc;
}

static void
free_all(char **text)
{
	for (size_t i = 0; text && text[i]; i++)
		free(text[i]);
	free(text);
}

/* NULL: no memory. */
static char **
arguments(const struct text_list *exec)
{
	char **text = calloc(exec->n + 1, sizeof *text);

	assert(exec->n > 0);
	for (size_t i = 0; text && i < exec->n; i++) {
		text[i] = strdup(exec->item[i]);
		if (!text[i]) {
			free_all(text);
			return NULL;
		}
	}
	return text;
}

static char *
variable(const char *name, const char *value)
{
	char *text;

	return asprintf(&text, "%s=%s", name, value) < 0 ? NULL : text;
}

/* NULL: no memory. */
static char **
environment(const struct hook_event *e)
{
	const char *path = getenv("PATH");
	char **text = calloc(ENVIRONMENT + 1, sizeof *text);
	char id[24];

	if (!text)
		return NULL;
	(void)snprintf(id, sizeof id, "%" PRId64, e->id);
	if (!(text[0] = variable("PATH", path ? path : "/usr/local/bin:/usr/bin:/bin")) ||
	    !(text[1] = variable("AUTOREG_EVENT", e->kind)) ||
	    !(text[2] = variable("AUTOREG_EVENT_ID", id))) {
		free_all(text);
		return NULL;
	}
	return text;
}

/* A program that cannot be run is a failed attempt like any other. */
static void
spawn(struct hook_process *p, char **argv, char **env, int event, int words)
{
	uv_stdio_container_t stream[] = {
		{ .flags = UV_INHERIT_FD, .data.fd = event },
		{ .flags = UV_IGNORE },
		{ .flags = UV_INHERIT_FD, .data.fd = words },
	};
	const uv_process_options_t opt = {
		.exit_cb = on_exit_status,
		.file = argv[0],
		.args = argv,
		.env = env,
		.flags = UV_PROCESS_DETACHED,
		.stdio_count = 3,
		.stdio = stream,
	};
	int failed;

	/* Libraries open sockets, to services too, that a program would inherit. */
	(void)close_range(STDERR_FILENO + 1, UINT_MAX, CLOSE_RANGE_CLOEXEC);
	failed = uv_spawn(p->process.loop, &p->process, &opt);
	if (failed) {
		(void)err_set(&p->err, ERR_IO, "%s cannot be run: %s", p->name,
		    uv_strerror(failed));
		finish(p);
		return;
	}
	(void)uv_read_start((uv_stream_t *)&p->words, on_room, on_words);
}

/* From here on there are handles, which only a loop can close. */
static void
open_handles(struct hook_process *p, const struct hook_process_options *opt, int words)
{
	p->process.loop = opt->loop;
	(void)uv_timer_init(opt->loop, &p->timer);
	(void)uv_pipe_init(opt->loop, &p->words, 0);
	(void)uv_pipe_open(&p->words, words);
	p->process.data = p->timer.data = p->words.data = p;
	p->open = 3;
	(void)uv_timer_start(&p->timer, on_time, opt->timeout_ms, 0);
}

static void
close_if_open(int fd)
{
	if (fd >= 0)
		(void)close(fd);
}

enum err_code
hook_process_start(const struct hook_process_options *opt, const struct hook_event *e,
    hook_done_fn *done, void *arg, struct hook_process **out, struct err *err)
{
	struct hook_process *p = calloc(1, sizeof *p);
	char **argv = arguments(opt->exec);
	char **env = environment(e);
	int words[2] = { -1, -1 };
	int event = -1;
	enum err_code rc = ERR_OK;

	if (!p || !argv || !env || !(p->name = strdup(argv[0]))) {
		rc = err_set(err, ERR_NOMEM, "a hook");
		goto out;
	}
	if ((rc = put_event(e, &event, err)))
		goto out;
	if (pipe2(words, O_CLOEXEC) != 0) {
		rc = err_errno(err, errno, "a pipe to a hook");
		goto out;
	}
	p->done = done;
	p->arg = arg;
	open_handles(p, opt, words[0]);
	spawn(p, argv, env, event, words[1]);
	*out = p;
	p = NULL;
out:
	close_if_open(words[1]);
	close_if_open(event);
	free_all(argv);
	free_all(env);
	if (p)
		free(p->name);
	free(p);
	return rc;
}
