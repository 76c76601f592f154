/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Chance comes in as an argument, like time. The system's source is getrandom(2); a test passes
 * a source of its own.
 */
struct random {
	enum err_code (*fill)(void *arg, void *out, size_t len, struct err *err);
	void *arg;
};

/* The kernel's generator. Static; never NULL. */
const struct random *random_system(void);

/* Errors: ERR_IO when the kernel has no randomness to give. *out is untouched then. */
MUST_USE enum err_code random_u64(const struct random *r, uint64_t *out, struct err *err);
