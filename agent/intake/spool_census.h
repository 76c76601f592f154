/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * How many files lie in the spool: for people who watch it from afar. It looks for itself, and knows
 * nothing of what the spool (agent/intake/spool.h) has handed out.
 */
struct spool_census {
	uint64_t waiting;      /* lists in customers' folders, finished or not */
	uint64_t rejected;     /* those that were none, in the folders "rejected" */
	int64_t oldest_unix_s; /* when the oldest waiting one was last written; 0: none waits */
};

/* No folder is looked at beyond so many entries. */
enum { SPOOL_CENSUS_MAX = 100 * 1000 };

/*
 * Blocks on the disk. customer: their names. Folders that are not there have no files.
 * Errors: ERR_IO (the root, or the folder of a customer, cannot be read); *out is untouched then.
 */
MUST_USE enum err_code spool_census_take(const char *root, const char *const *customer, size_t n,
    struct spool_census *out, struct err *err);
