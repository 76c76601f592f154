/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/err.h"

/*
 * Which batches are known to exist, so that not every upload begins by listing them. A memory, not
 * a truth: it lasts as long as the process, it is bounded, and what it says may be out of date.
 */
enum { KNOWN_BATCHES_MAX = 4096 };

struct known_batches;

/* Errors: ERR_NOMEM; *out is untouched then. */
MUST_USE enum err_code known_batches_new(struct known_batches **out, struct err *err);

bool known_batches_has(const struct known_batches *k, const char *tenant, const char *name);

/* Adds nothing when it is full or there is no memory. */
void known_batches_add(struct known_batches *k, const char *tenant, const char *name);

void known_batches_forget(struct known_batches *k, const char *tenant, const char *name);

/* Accepts NULL. */
void known_batches_free(struct known_batches *k);
