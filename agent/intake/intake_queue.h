/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "agent/intake/incoming.h"

/*
 * Lists on their way into the store, one after the other: begun in the store, put into the state
 * folder, read and committed on a thread of the pool. What a former agent had begun is done again.
 *
 * A list that dies on the way is either still where it came from, or in the state folder and begun
 * in the store: nothing is lost in between.
 *
 * Thread: the loop's.
 */
struct intake_queue;
struct meter;
struct store_async;
struct uv_loop_s;

struct intake_queue_options {
	struct uv_loop_s *loop;
	const struct clock *clock;
	const struct random *random;
	const struct config *config;
	struct store_async *writer;
	struct meter *meter; /* NULL: nobody counts */
	void *arg;
	/* Its devices are durable. contested: others are held because of it, of other lists. */
	void (*on_taken)(void *arg, int64_t list, bool contested);
};

/* Everything in it must outlive the queue. Errors: ERR_NOMEM; *out is untouched then. */
MUST_USE enum err_code intake_queue_new(const struct intake_queue_options *opt,
    struct intake_queue **out, struct err *err);

/* As agent_take_list(). */
MUST_USE enum err_code intake_queue_add(struct intake_queue *q, const struct incoming_list *list,
    incoming_fn *done, void *arg, struct err *err);

/* A list that was begun by a former agent, and whose file is in the state folder. */
struct unfinished_list;
MUST_USE enum err_code intake_queue_again(struct intake_queue *q, const struct unfinished_list *l,
    const struct customer *customer, struct err *err);

/* Another such list, which nobody wants: the store forgets it before the next is begun. */
void intake_queue_forget(struct intake_queue *q, int64_t list);

bool intake_queue_idle(const struct intake_queue *q);

/*
 * Lists that have not begun are given back with ERR_CANCELLED; the one at work is finished. Then
 * the queue is freed and closed called on the loop thread.
 */
void intake_queue_close(struct intake_queue *q, void (*closed)(void *arg), void *arg);
