/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "devices/device_list.h"
#include "devices/device_set.h"
#include "devices/list_batch.h"
#include "devices/row_check.h"

/*
 * One pass over any number of lists: every row read, judged, and told from every other, on as many
 * threads as wanted, and delivered in the order of the input.
 *
 * Each worker does the same: it takes the next block of whole rows, judges it alone, waits for its
 * turn, delivers it. A block that was judged under columns which a heading row before it has
 * changed is judged again in its turn. (docs/adr/0003-one-block-one-turn.md)
 *
 * Memory: a block and what became of it for each thread, and the keys of the devices.
 */
struct list_pass;

/* What is known of one list, in the order of the lists. */
struct list_summary {
	const char *path;
	enum list_format format;
	enum text_encoding encoding;
	char delimiter;
	bool failed;   /* an error on the file itself: it is no list, or was not read to its end */
	uint64_t rows; /* = devices + refused + duplicates */
	uint64_t devices;
	uint64_t refused;
	uint64_t duplicates;
};

/*
 * What the caller is told. render may run on any thread, several at once; the others run one at a
 * time, in the order of the rows, on any of the threads. An error from one of them ends the pass
 * with that error. Slices and pointers hold during the call.
 */
struct list_events {
	void *arg;

	list_render_fn *render; /* may be NULL */

	/*
	 * Each finding. It may concern an earlier list than the one at hand (a conflict, a re-
	 * capture).
	 */
	enum err_code (
	    *on_finding)(void *arg, uint32_t list, const struct finding *f, struct err *err);

	/*
	 * All below may be NULL. A device that counts, so far: a later row may still drop it, see
	 * list_pass_devices(). line: on which its row begins.
	 */
	enum err_code (*on_device)(void *arg, uint64_t line, struct slice rendered,
	    struct slice group_tag, struct err *err);

	/* The slices of on_device() are about to go. */
	enum err_code (*on_batch_end)(void *arg, struct err *err);

	/*
	 * A row that was refused, with its first error, its fields where its shape allowed to tell
	 * them (else NULL), and its text as it stands. An earlier row that a conflict refuses after
	 * all comes without fields and text.
	 */
	enum err_code (*on_refused)(void *arg, uint32_t list, const struct finding *why,
	    const struct row_fields *fields, struct slice raw, struct err *err);

	/* Bytes of the list that have been read, after each batch of rows; size: 0 if unknown. */
	void (*on_progress)(void *arg, uint32_t list, uint64_t done, uint64_t size);
};

enum { LIST_THREADS_MAX = 8 };

struct list_pass_options {
	const struct list_options *list;
	const struct row_policy *policy;
	const struct list_events *events;
	unsigned threads; /* 1 to LIST_THREADS_MAX */
};

/* Errors: ERR_NOMEM. *out is untouched then. The options must outlive the pass. */
MUST_USE enum err_code list_pass_new(const struct list_pass_options *opt, struct list_pass **out,
    struct err *err);
/* Accepts NULL. */
void list_pass_free(struct list_pass *p);

/*
 * Reads the next list. path must outlive the pass. What is wrong with the list is a finding.
 * Errors: ERR_NOMEM, ERR_LIMIT, and those of the events; the pass is then of no further use.
 */
MUST_USE enum err_code list_pass_read(struct list_pass *p, const char *path, struct err *err);

/* The summaries so far; borrowed until the next list_pass_read(). */
const struct list_summary *list_pass_summary(const struct list_pass *p, size_t *n);

/* The devices, numbered in the order of on_device(): which of them were dropped again. */
const struct device_set *list_pass_devices(const struct list_pass *p);
