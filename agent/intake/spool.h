/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * The folder that people drop lists into: one folder for each customer, each file a list. Watches
 * it by inotify, and looks through it again now and then, because network file systems tell
 * nothing and queues overflow. A file is ready once its writer has closed it, or was moved in; one
 * that was there before is ready if nobody has it open for writing and it has not changed for two
 * looks. Never ready: names that begin with a dot or end like an unfinished copy, what is no
 * regular file, everything in the folders "reports" and "rejected".
 *
 * The folder itself is the queue: spool_next() hands out one file at a time, and a file that stays
 * where it is comes again. Memory is bounded whatever lies there.
 *
 * Thread: the loop's; folders are read in slices so that ten thousand files do not hold it up.
 */
struct spool;
struct uv_loop_s;

struct spool_options {
	const char *path;
	const char *const *customer; /* names, borrowed until it is closed */
	size_t ncustomer;
	uint64_t rescan_ms; /* 0: one minute */
	void *arg;
	void (*on_ready)(
	    void *arg); /* spool_next() has something; at most once until it was asked */
	void (*on_stranger)(void *arg,
	    const char *folder); /* no such customer; once for each folder */
	void (*on_trouble)(void *arg,
	    const struct err *err); /* cannot watch or read; goes on trying */
};

/*
 * Makes the folder and those of the customers if they are not there (0750, and as the folder's
 * setgid bit and group say). Callbacks run later, on the loop thread, never inside a call.
 * Errors: ERR_NOMEM, ERR_IO.
 */
MUST_USE enum err_code spool_open(struct uv_loop_s *loop, const struct spool_options *opt,
    struct spool **out, struct err *err);

struct spool_file {
	size_t customer;  /* index */
	const char *name; /* without folder; valid until the next spool_next() */
	const char *path;
};

/* The next ready file, each customer in its turn; false if there is none now. */
bool spool_next(struct spool *sp, struct spool_file *out);

/*
 * The file that was handed out last could not be taken: it comes again, after those of its folder
 * that are ready.
 */
void spool_again(struct spool *sp);

/* Closes all handles, frees the object, then calls closed (may be NULL) on the loop thread. */
void spool_close(struct spool *sp, void (*closed)(void *arg), void *arg);
