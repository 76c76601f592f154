/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "agent/intake/incoming.h"
#include "base/err.h"
#include "config/config.h"

/*
 * Gives the lists of the spool to whoever takes lists in, one after the other. One that cannot be
 * taken stays where it is, and after a pause it is tried again: what hindered it (a full disk)
 * hinders others.
 *
 * Thread: the loop's.
 */
struct spool_feed;
struct uv_loop_s;

struct spool_feed_options {
	struct uv_loop_s *loop;
	const struct config *config;
	void *arg;
	/* The contract of every start. done may also come while the feed closes. */
	enum err_code (*take)(void *arg, const struct incoming_list *list, incoming_fn *done,
	    void *done_arg, struct err *err);
};

/* All in it must outlive the feed. Errors: ERR_NOMEM, ERR_IO; *out is untouched then. */
MUST_USE enum err_code spool_feed_open(const struct spool_feed_options *opt,
    struct spool_feed **out, struct err *err);

/*
 * Gives nothing more, waits for what it has given, closes the spool, frees the feed, then calls
 * closed on the loop thread.
 */
void spool_feed_close(struct spool_feed *f, void (*closed)(void *arg), void *arg);
