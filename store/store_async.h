/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "base/histogram.h"

/*
 * A store behind a thread of its own: work is done one piece after the other, in the order in which
 * it came. Pieces that wait together become durable together (group commit), so that a busy agent
 * pays for one fdatasync and not for hundreds.
 */
struct store;
struct store_async;
struct uv_loop_s;

/*
 * On the store's thread. Owns its inputs and touches nothing else. Must not begin a group itself.
 */
typedef enum err_code store_work_fn(struct store *s, void *arg, struct err *err);

/* err: NULL, or why nothing of the work has happened (the commit's error included). */
typedef void store_done_fn(void *arg, const struct err *err);

enum store_async_kind {
	STORE_ASYNC_GROUPS, /* a writer: pieces in groups */
	STORE_ASYNC_SINGLE, /* a reader: each piece for itself */
};

/*
 * Takes s over (also on error: no). loop must outlive it.
 * Errors: ERR_NOMEM, ERR_IO (no thread); s is still the caller's then.
 */
MUST_USE enum err_code store_async_new(struct uv_loop_s *loop, struct store *s,
    enum store_async_kind kind, struct store_async **out, struct err *err);

/*
 * If it returns ERR_OK done runs exactly once, later, on the loop thread, never inside start, after
 * the work is durable; otherwise never. Work cannot be cancelled: its outcome must be known.
 * Loop thread only. Errors: ERR_NOMEM, ERR_CANCELLED (closing).
 */
MUST_USE enum err_code store_async_start(struct store_async *sa, store_work_fn *work,
    store_done_fn *done, void *arg, struct err *err);

/* The same from any other thread, which waits until it is durable. Errors: the work's. */
MUST_USE enum err_code store_async_wait(struct store_async *sa, store_work_fn *work, void *arg,
    struct err *err);

/*
 * The same in two steps, so that the thread can do something in between. Each piece that was put has
 * to be taken, by any thread; what it works on must stay until then. Errors of put: ERR_NOMEM,
 * ERR_CANCELLED (closing); of take: the work's.
 */
struct store_piece;
MUST_USE enum err_code store_async_put(struct store_async *sa, store_work_fn *work, void *arg,
    struct store_piece **out, struct err *err);
MUST_USE enum err_code store_async_take(struct store_async *sa, struct store_piece *p,
    struct err *err);

/* What a disk or a store can do to its work. */
enum store_trouble {
	STORE_TROUBLE_IO,      /* ERR_IO: the disk */
	STORE_TROUBLE_BUSY,    /* ERR_BUSY: another process */
	STORE_TROUBLE_DAMAGED, /* ERR_FORMAT */
	STORE_TROUBLE_MEMORY,  /* ERR_NOMEM */
	STORE_NTROUBLE,
};

/* What has happened so far. A plain value. */
struct store_async_stats {
	struct histogram commit_us;       /* of a writer: groups */
	uint64_t checkpoints[2];          /* of a writer: [0] failed, [1] done */
	uint64_t trouble[STORE_NTROUBLE]; /* pieces and groups that failed of it */
};

/* From any thread. */
void store_async_stats(struct store_async *sa, struct store_async_stats *out);

/*
 * From now on grown is called on the loop thread whenever events were added to the trail by work of
 * sa, which is a writer; several may share a call. NULL: nobody is called any more.
 */
void store_async_watch_trail(struct store_async *sa, void (*grown)(void *arg), void *arg);

/*
 * Does what is queued, closes the store, frees the object and then calls closed (may be NULL) on
 * the loop thread. Callbacks of queued work still run before that.
 */
void store_async_close(struct store_async *sa, void (*closed)(void *arg), void *arg);
