/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/err.h"

/*
 * Tells at once what happens in folders. By inotify, because what libuv offers cannot tell that a
 * writer has closed a file. Source: sources.md#inotify
 *
 * It is a help and no promise: queues overflow, and file systems of other machines tell nothing.
 */
struct spool_watch;
struct uv_loop_s;

struct spool_event {
	int folder; /* as spool_watch_add() gave it; -1: events were lost, of any folder */
	bool gone;  /* and the number means nothing any more */
	const char
	    *name;      /* what was closed, moved in or made; NULL: it is about the folder itself */
	bool is_folder; /* what has that name */
	bool rights;    /* it was there, and has another mode or owner, perhaps */
};

/* On the loop thread, never inside a call. It must not close the watch. */
typedef void spool_event_fn(void *arg, const struct spool_event *e);

/* Errors: ERR_NOMEM, ERR_LIMIT (of the kernel), ERR_IO; *out is untouched then. */
MUST_USE enum err_code spool_watch_new(struct uv_loop_s *loop, spool_event_fn *fn, void *arg,
    struct spool_watch **out, struct err *err);

enum spool_watch_kind {
	SPOOL_WATCH_FILES, /* closed after writing, moved in, of other rights; a link is no such folder */
	SPOOL_WATCH_FOLDERS, /* whatever comes into it */
};

/*
 * A folder that is watched already keeps its number; that of a folder that is gone is not given
 * again soon. Errors: ERR_LIMIT, ERR_IO; *folder is
 * untouched then.
 */
MUST_USE enum err_code spool_watch_add(struct spool_watch *w, const char *path,
    enum spool_watch_kind kind, int *folder, struct err *err);

/* It may be gone. */
void spool_watch_remove(struct spool_watch *w, int folder);

/* Frees w, then calls closed on the loop thread. */
void spool_watch_close(struct spool_watch *w, void (*closed)(void *arg), void *arg);
