/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "channel/channel.h"

/*
 * A channel that keeps what it is asked, and the test says how that ends. Mistakes fail the test that
 * runs: an operation that is answered twice, or whose batch is gone.
 */
enum channel_fake_kind {
	FAKE_SUBMIT,
	FAKE_POLL,
	FAKE_LOOK,
	FAKE_CONSENT,
	FAKE_LINK,
	FAKE_RELEASE,
	FAKE_KINDS,
};

enum { CHANNEL_FAKE_OPS_MAX = 64 };

struct channel_op {
	struct channel_fake *fake; /* NULL: free */
	enum channel_fake_kind kind;
	const struct batch *batch;
	const char *tenant; /* FAKE_CONSENT */
	bool cancelled;
	int64_t pause_ms;
	void *arg;
	channel_submit_fn *submitted;
	channel_poll_fn *polled;
	channel_look_fn *looked;
	channel_consent_fn *consented;
	channel_link_fn *linked;
	channel_release_fn *released;
};

#define FAKE_URL "https://partner.example/accept"

struct channel_fake {
	struct channel channel; /* first */
	struct channel_op op[CHANNEL_FAKE_OPS_MAX];
	bool refuses;               /* the next start fails */
	unsigned asked[FAKE_KINDS]; /* of each kind, so far */
};

void channel_fake_init(struct channel_fake *f);

/* Operations of a kind that are under way. */
size_t channel_fake_count(const struct channel_fake *f, enum channel_fake_kind kind);

/* One of them; tag: of its batch, NULL: any. Fails the test if there is none. */
struct channel_op *channel_fake_find(struct channel_fake *f, enum channel_fake_kind kind,
    const char *tag);

/* With status 200, or as the outcome has it, and ids of the service. */
struct channel_answer channel_fake_answer(enum channel_outcome outcome);

/* The end of an operation. What is not asked for by its kind is NULL or false. */
void channel_fake_end(struct channel_op *op, const struct channel_answer *a, const char *tracking,
    const struct verdict *said, const bool *there);

/* The same with what there usually is: a job that is done has registered everything. */
void channel_fake_say(struct channel_op *op, enum channel_outcome outcome);

/* All that are under way and cancelled end. */
void channel_fake_stop_cancelled(struct channel_fake *f);
