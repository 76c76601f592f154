/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * The store as one would write it in an afternoon: arrays, and everything counted by looking at all
 * of it. Random commands go to both, and both must say the same.
 */
enum {
	MODEL_SERIALS = 14,
	MODEL_DEVICES = 64,
	MODEL_ROWS = 4096,
	MODEL_LISTS = 256,
	MODEL_LANES = 9,
	MODEL_PAIRS = 64,
	MODEL_BATCHES = 512,
	MODEL_LINES = 12, /* of a list */
	MODEL_LINE = 128, /* bytes of a command */
	MODEL_STEPS = 500 /* as many as the arrays are sure to hold */
};

enum model_held { MODEL_HELD_SELF, MODEL_HELD_CONFLICT, MODEL_HELD_NEW, MODEL_HELD_OLD };

struct store_model {
	uint64_t random;
	struct model_device {
		char serial[8];
		unsigned customer;
		unsigned lane;     /* from 1 */
		unsigned state;    /* enum device_state */
		unsigned held_for; /* enum model_held */
		unsigned said;     /* the service has, since it was queued */
		unsigned list;     /* that made it; 0: no device */
		unsigned batch;
		unsigned attempts;
		unsigned id;
		unsigned order;
		unsigned again_line; /* of the open list; 0: is not to go again */
		unsigned again_lane;
		unsigned claims; /* how often it was said to be claimed; 0: it never was */
		unsigned since;
		unsigned asked;
		unsigned ask;
		unsigned released;
		unsigned stopped;
		unsigned image;
	} device[MODEL_DEVICES];
	struct model_row {
		unsigned list;
		unsigned line;
		unsigned device; /* index + 1; 0: refused */
		unsigned duplicate;
		unsigned follows; /* it did not make its device */
	} row[MODEL_ROWS];
	unsigned nrow;
	struct model_list {
		unsigned customer;
		unsigned rows;
		unsigned open;
		unsigned gone;
		unsigned reported;
		unsigned units; /* it is of these */
	} list[MODEL_LISTS];    /* from 1 */
	unsigned nlist;
	unsigned open; /* list; 0: none */
	struct model_lane {
		unsigned customer;
		char tag;
		char order; /* 0: none */
		unsigned held;
	} lane[MODEL_LANES]; /* from 1 */
	unsigned nlane;
	struct model_pair {
		struct model_device *old;
		struct model_device *new;
	} pair[MODEL_PAIRS];
	unsigned npair;
	unsigned customer_held[2];
	unsigned batch_closed[MODEL_BATCHES]; /* from 1 */
	unsigned batch_lane[MODEL_BATCHES];
	unsigned nbatch;
	unsigned order;
	unsigned line; /* the last of the open list */
	unsigned now;
};

extern const char *const store_model_customer[2];

static inline bool
store_model_is_claimed(const struct model_device *d)
{
	return d->list && d->claims && !d->released;
}

void store_model_init(struct store_model *m, uint64_t seed);

/* Does something to the model and tells it as a command of tests/unit/store_script.h. */
void store_model_step(struct store_model *m, char command[MODEL_LINE]);
