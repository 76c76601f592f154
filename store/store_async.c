/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store_async.h"

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "store/store.h"
#include "store/store_change.h"

/*
 * Two threads and three lists. Whoever wants something appends it to "waiting"; the store's thread
 * takes it from there, and when it is durable puts it to "over", from where the loop thread takes
 * it to tell its owner. Pieces of store_async_wait() are told by the condition instead.
 *
 *	start, wait --> waiting --> (the store's thread) --> over --> done()
 *
 * With an empty queue the store's thread sleeps in the condition until it is called.
 */

/* A group ends with one of these, so that nobody waits long and the log does not grow far. */
enum { GROUP_PIECES_MAX = 256, GROUP_MS_MAX = 20 };

struct store_piece {
	struct store_piece *next;
	store_work_fn *work;
	store_done_fn *done; /* NULL: a thread waits for over */
	void *arg;
	struct err err; /* ERR_OK: it is durable */
	bool over;
};

struct pieces {
	struct store_piece *first;
	struct store_piece **end;
};

struct store_async {
	/* Fixed at creation. */
	struct store *store; /* the store's thread only, */
	int64_t newest;      /* as is this event, the last that was there */
	enum store_async_kind kind;
	pthread_t thread;
	uv_async_t wake; /* calls the loop thread */

	/* Under the mutex. */
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	struct pieces waiting;
	struct pieces over;
	bool grown; /* there are newer events */
	struct store_async_stats stats;
	unsigned nwaiter; /* pieces that a thread waits for, or will */
	bool closing;
	bool ended; /* the store's thread has done all there was */

	/* The loop thread only. */
	void (*on_grown)(void *arg); /* NULL: nobody wants to know */
	void *on_grown_arg;
	void (*closed)(void *arg);
	void *closed_arg;
};

/* --- lists --- */

static void
pieces_init(struct pieces *l)
{
	l->first = NULL;
	l->end = &l->first;
}

static void
pieces_put(struct pieces *l, struct store_piece *p)
{
	p->next = NULL;
	*l->end = p;
	l->end = &p->next;
}

/* The first one, or NULL. */
static struct store_piece *
pieces_take(struct pieces *l)
{
	struct store_piece *p = l->first;

	if (p) {
		l->first = p->next;
		if (!l->first)
			l->end = &l->first;
	}
	return p;
}

/* --- the store's thread --- */

static void
count_trouble(struct store_async_stats *stats, enum err_code code)
{
	switch (code) {
	case ERR_IO:
		stats->trouble[STORE_TROUBLE_IO]++;
		break;
	case ERR_BUSY:
		stats->trouble[STORE_TROUBLE_BUSY]++;
		break;
	case ERR_FORMAT:
		stats->trouble[STORE_TROUBLE_DAMAGED]++;
		break;
	case ERR_NOMEM:
		stats->trouble[STORE_TROUBLE_MEMORY]++;
		break;
	default: /* it has been asked for what there is not */
		break;
	}
}

/* The next piece; NULL: none is there, and if sleep is set, none will be. */
static struct store_piece *
next_piece(struct store_async *sa, bool sleep)
{
	struct store_piece *p;

	pthread_mutex_lock(&sa->mutex);
	while (!sa->waiting.first && sleep && !sa->closing)
		pthread_cond_wait(&sa->changed, &sa->mutex);
	p = pieces_take(&sa->waiting);
	pthread_mutex_unlock(&sa->mutex);
	return p;
}

static void
hand_back(struct store_async *sa, struct pieces *ran, bool grown)
{
	struct store_piece *p;

	pthread_mutex_lock(&sa->mutex);
	sa->grown = sa->grown || grown;
	while ((p = pieces_take(ran))) {
		p->over = true;
		count_trouble(&sa->stats, p->err.code);
		if (p->done)
			pieces_put(&sa->over, p);
	}
	pthread_cond_broadcast(&sa->changed);
	(void)uv_async_send(&sa->wake);
	pthread_mutex_unlock(&sa->mutex);
}

/* As one change, so that a piece that fails half-way leaves the others alone. */
static void
run_piece(struct store_async *sa, struct store_piece *p)
{
	if (store_change_begin(sa->store, &p->err))
		return;
	if (store_change_end(sa->store, p->work(sa->store, p->arg, &p->err), &p->err) == ERR_OK)
		p->err.code = ERR_OK;
}

static void
run_pieces(struct store_async *sa, struct store_piece *p, struct pieces *ran)
{
	const struct clock *clock = sa->store->clock;
	uint64_t until = clock_mono_ms(clock) + GROUP_MS_MAX;

	for (unsigned n = 1; p; n++) {
		run_piece(sa, p);
		pieces_put(ran, p);
		if (n == GROUP_PIECES_MAX || clock_mono_ms(clock) >= until)
			break;
		p = next_piece(sa, false);
	}
}

/* What failed for itself keeps its own reason. */
static void
fail_all(struct pieces *ran, const struct err *err)
{
	for (struct store_piece *p = ran->first; p; p = p->next) {
		if (p->err.code == ERR_OK)
			p->err = *err;
	}
}

static enum err_code
commit(struct store_async *sa, struct err *err)
{
	uint64_t begun_ns = uv_hrtime();
	enum err_code rc = store_group_end(sa->store, err);
	uint64_t took_us = (uv_hrtime() - begun_ns) / 1000;

	pthread_mutex_lock(&sa->mutex);
	histogram_add(&sa->stats.commit_us, took_us);
	pthread_mutex_unlock(&sa->mutex);
	return rc;
}

static void
checkpoint(struct store_async *sa)
{
	struct err err;
	/* If this fails nothing is lost: the log stays longer, and the next group tries again. */
	enum err_code rc = store_checkpoint(sa->store, false, &err);

	pthread_mutex_lock(&sa->mutex);
	sa->stats.checkpoints[1] = sa->store->checkpoints;
	sa->stats.checkpoints[0] += rc != ERR_OK;
	pthread_mutex_unlock(&sa->mutex);
}

/* Looks at one end of one index: that costs nothing beside the commit. */
static bool
has_grown(struct store_async *sa)
{
	int64_t before = sa->newest;
	struct err err;

	return store_event_newest(sa->store, &sa->newest, &err) == ERR_OK && sa->newest > before;
}

static void
run_group(struct store_async *sa, struct store_piece *first)
{
	struct pieces ran;
	struct err err;

	pieces_init(&ran);
	if (store_group_begin(sa->store, &err)) {
		pieces_put(&ran, first);
		fail_all(&ran, &err);
	} else {
		run_pieces(sa, first, &ran);
		if (commit(sa, &err))
			fail_all(&ran, &err);
	}
	hand_back(sa, &ran, has_grown(sa));
	checkpoint(sa);
}

static void
run_single(struct store_async *sa, struct store_piece *p)
{
	struct pieces ran;

	pieces_init(&ran);
	if (p->work(sa->store, p->arg, &p->err) == ERR_OK)
		p->err.code = ERR_OK;
	pieces_put(&ran, p);
	hand_back(sa, &ran, false);
}

static void *
run(void *arg)
{
	struct store_async *sa = arg;
	struct store_piece *p;

	while ((p = next_piece(sa, true))) {
		if (sa->kind == STORE_ASYNC_GROUPS)
			run_group(sa, p);
		else
			run_single(sa, p);
	}
	store_close(sa->store);
	pthread_mutex_lock(&sa->mutex);
	while (sa->nwaiter > 0)
		pthread_cond_wait(&sa->changed, &sa->mutex);
	sa->ended = true;
	(void)uv_async_send(&sa->wake);
	pthread_mutex_unlock(&sa->mutex);
	return NULL;
}

/* --- the loop thread --- */

static void
destroy(struct store_async *sa)
{
	pthread_cond_destroy(&sa->changed);
	pthread_mutex_destroy(&sa->mutex);
	free(sa);
}

static void
on_closed(uv_handle_t *wake)
{
	struct store_async *sa = wake->data;
	void (*closed)(void *arg) = sa->closed;
	void *arg = sa->closed_arg;

	destroy(sa);
	if (closed)
		closed(arg);
}

static void
on_abandoned(uv_handle_t *wake)
{
	destroy(wake->data);
}

static void
deliver(struct pieces *over)
{
	struct store_piece *p;

	while ((p = pieces_take(over))) {
		struct store_piece told = *p;

		free(p); /* first, so that done may start, wait or close */
		told.done(told.arg, told.err.code ? &told.err : NULL);
	}
}

static void
on_wake(uv_async_t *wake)
{
	struct store_async *sa = wake->data;
	struct pieces over;
	struct store_piece *p;
	bool ended, grown;

	pieces_init(&over);
	pthread_mutex_lock(&sa->mutex);
	while ((p = pieces_take(&sa->over)))
		pieces_put(&over, p);
	ended = sa->ended;
	grown = sa->grown;
	sa->grown = false;
	pthread_mutex_unlock(&sa->mutex);
	/* First, so that whoever follows the trail is at work when somebody closes him down. */
	if (grown && sa->on_grown)
		sa->on_grown(sa->on_grown_arg);
	deliver(&over);
	if (ended) {
		(void)pthread_join(sa->thread, NULL);
		uv_close((uv_handle_t *)&sa->wake, on_closed);
	}
}

/* Quick disks need a tenth of a millisecond, a disk that is overloaded seconds. */
static const uint64_t commit_us[] = { 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000,
	1000000, 5000000 };

enum err_code
store_async_new(struct uv_loop_s *loop, struct store *s, enum store_async_kind kind,
    struct store_async **out, struct err *err)
{
	struct store_async *sa = calloc(1, sizeof *sa);
	int failed;

	if (!sa)
		return err_set(err, ERR_NOMEM, "the store's thread: out of memory");
	sa->store = s;
	sa->kind = kind;
	histogram_init(&sa->stats.commit_us, commit_us, sizeof commit_us / sizeof commit_us[0]);
	pieces_init(&sa->waiting);
	pieces_init(&sa->over);
	pthread_mutex_init(&sa->mutex, NULL);
	pthread_cond_init(&sa->changed, NULL);
	failed = uv_async_init(loop, &sa->wake, on_wake);
	if (failed) {
		destroy(sa);
		return err_set(err, ERR_IO, "the store's thread: %s", uv_strerror(failed));
	}
	sa->wake.data = sa;
	failed = pthread_create(&sa->thread, NULL, run, sa);
	if (failed) {
		uv_close((uv_handle_t *)&sa->wake, on_abandoned);
		return err_errno(err, failed, "the store's thread");
	}
	*out = sa;
	return ERR_OK;
}

/* False when nothing is taken any more. */
static bool
put_waiting(struct store_async *sa, struct store_piece *p)
{
	bool taken;

	pthread_mutex_lock(&sa->mutex);
	taken = !sa->closing;
	if (taken) {
		pieces_put(&sa->waiting, p);
		sa->nwaiter += p->done == NULL;
		pthread_cond_broadcast(&sa->changed);
	}
	pthread_mutex_unlock(&sa->mutex);
	return taken;
}

enum err_code
store_async_start(struct store_async *sa, store_work_fn *work, store_done_fn *done, void *arg,
    struct err *err)
{
	struct store_piece *p = malloc(sizeof *p);

	assert(done);
	if (!p)
		return err_set(err, ERR_NOMEM, "work for the store: out of memory");
	*p = (struct store_piece){ .work = work, .done = done, .arg = arg };
	if (!put_waiting(sa, p)) {
		free(p);
		return err_set(err, ERR_CANCELLED, "the store is closing");
	}
	return ERR_OK;
}

static enum err_code
wait_for(struct store_async *sa, const struct store_piece *p, struct err *err)
{
	pthread_mutex_lock(&sa->mutex);
	while (!p->over)
		pthread_cond_wait(&sa->changed, &sa->mutex);
	sa->nwaiter--;
	pthread_cond_broadcast(&sa->changed);
	pthread_mutex_unlock(&sa->mutex);
	if (p->err.code)
		*err = p->err;
	return p->err.code;
}

enum err_code
store_async_wait(struct store_async *sa, store_work_fn *work, void *arg, struct err *err)
{
	struct store_piece p = { .work = work, .arg = arg };

	if (!put_waiting(sa, &p))
		return err_set(err, ERR_CANCELLED, "the store is closing");
	return wait_for(sa, &p, err);
}

enum err_code
store_async_put(struct store_async *sa, store_work_fn *work, void *arg, struct store_piece **out,
    struct err *err)
{
	struct store_piece *p = malloc(sizeof *p);

	if (!p)
		return err_set(err, ERR_NOMEM, "work for the store: out of memory");
	*p = (struct store_piece){ .work = work, .arg = arg };
	if (!put_waiting(sa, p)) {
		free(p);
		return err_set(err, ERR_CANCELLED, "the store is closing");
	}
	*out = p;
	return ERR_OK;
}

enum err_code
store_async_take(struct store_async *sa, struct store_piece *p, struct err *err)
{
	enum err_code rc = wait_for(sa, p, err);

	free(p);
	return rc;
}

void
store_async_stats(struct store_async *sa, struct store_async_stats *out)
{
	pthread_mutex_lock(&sa->mutex);
	*out = sa->stats;
	pthread_mutex_unlock(&sa->mutex);
}

void
store_async_watch_trail(struct store_async *sa, void (*grown)(void *arg), void *arg)
{
	sa->on_grown = grown;
	sa->on_grown_arg = arg;
}

void
store_async_close(struct store_async *sa, void (*closed)(void *arg), void *arg)
{
	assert(!sa->closing);
	sa->closed = closed;
	sa->closed_arg = arg;
	pthread_mutex_lock(&sa->mutex);
	sa->closing = true;
	pthread_cond_broadcast(&sa->changed);
	pthread_mutex_unlock(&sa->mutex);
}
