/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/intake/spool_watch.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>
#include <uv.h>

enum { EVENT_BYTES = 16384 }; /* read in one turn of the loop; an event has less than 300 */

struct spool_watch {
	int fd;
	uv_poll_t poll;
	spool_event_fn *fn;
	void *arg; /* of fn, later of closed */
	void (*closed)(void *arg);
};

static enum err_code
refuse(int errnum, const char *limit, struct err *err)
{
	if (errnum == EMFILE || errnum == ENOSPC)
		return err_set(err, ERR_LIMIT,
		    "the limit fs.inotify.%s is reached; raise it with sysctl", limit);
	return err_errno(err, errnum, "inotify");
}

static void
take_event(struct spool_watch *w, const struct inotify_event *e)
{
	const struct spool_event event = {
		.folder = e->mask & IN_Q_OVERFLOW ? -1 : e->wd,
		.name = e->len > 0 ? e->name : NULL,
		.is_folder = (e->mask & IN_ISDIR) != 0,
		.rights = (e->mask & IN_ATTRIB) != 0,
	};

	w->fn(w->arg, &event);
}

/* What does not fit is told of again in the next turn. */
static void
on_readable(uv_poll_t *poll, int status, int what)
{
	struct spool_watch *w = poll->data;
	_Alignas(struct inotify_event) char bytes[EVENT_BYTES];
	ssize_t n = read(w->fd, bytes, sizeof bytes);

	(void)status;
	(void)what;
	for (ssize_t at = 0; at < n;) {
		const struct inotify_event *e = (const void *)(bytes + at);

		take_event(w, e);
		at += (ssize_t)(sizeof *e + e->len);
	}
}

static enum err_code
start(struct spool_watch *w, uv_loop_t *loop, struct err *err)
{
	int rc;

	w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (w->fd < 0)
		return refuse(errno, "max_user_instances", err);
	rc = uv_poll_init(loop, &w->poll, w->fd);
	if (rc != 0) {
		(void)close(w->fd);
		return refuse(-rc, "max_user_instances", err);
	}
	w->poll.data = w;
	(void)uv_poll_start(&w->poll, UV_READABLE, on_readable);
	return ERR_OK;
}

enum err_code
spool_watch_new(struct uv_loop_s *loop, spool_event_fn *fn, void *arg, struct spool_watch **out,
    struct err *err)
{
	struct spool_watch *w = calloc(1, sizeof *w);

	if (!w)
		return err_set(err, ERR_NOMEM, "out of memory");
	w->fn = fn;
	w->arg = arg;
	if (start(w, loop, err)) {
		free(w);
		return err->code;
	}
	*out = w;
	return ERR_OK;
}

enum err_code
spool_watch_add(struct spool_watch *w, const char *path, enum spool_watch_kind kind, int *folder,
    struct err *err)
{
	uint32_t mask = IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
	int wd;

	if (kind == SPOOL_WATCH_FILES)
		mask |= IN_CLOSE_WRITE | IN_ATTRIB | IN_EXCL_UNLINK | IN_DONT_FOLLOW;
	else
		mask |= IN_CREATE;
	wd = inotify_add_watch(w->fd, path, mask);
	if (wd < 0)
		return refuse(errno, "max_user_watches", err);
	*folder = wd;
	return ERR_OK;
}

void
spool_watch_remove(struct spool_watch *w, int folder)
{
	(void)inotify_rm_watch(w->fd, folder);
}

static void
on_closed(uv_handle_t *handle)
{
	struct spool_watch *w = handle->data;
	void (*closed)(void *) = w->closed;
	void *arg = w->arg;

	free(w);
	closed(arg);
}

void
spool_watch_close(struct spool_watch *w, void (*closed)(void *arg), void *arg)
{
	w->closed = closed;
	w->arg = arg;
	uv_close((uv_handle_t *)&w->poll, on_closed);
	(void)close(w->fd);
}
