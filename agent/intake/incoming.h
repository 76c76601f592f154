/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "config/config.h"
#include "store/store.h"

/*
 * Takes a list in. The file at path is copied, or moved if `move`, into the state folder before
 * anything else.
 */
struct incoming_list {
	const struct customer *customer; /* of agent_config() */
	const char *path;
	const char *name; /* as people know it */
	const char *tag;  /* for rows without one; NULL: the customer's group_tag */
	enum list_source source;
	bool move;
};

/* What became of it; borrowed by the callback. */
struct incoming_taken {
	int64_t id;
	uint64_t rows;
	uint64_t devices;
	uint64_t refused;
	uint64_t duplicates;
	const char *rejected; /* it is no list: why; NULL otherwise */
};

/* err: NULL, or why it could not be taken; it may be given again then. */
typedef void incoming_fn(void *arg, const struct incoming_taken *taken, const struct err *err);
