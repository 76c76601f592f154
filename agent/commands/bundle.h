/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "config/config.h"

/*
 * What somebody who helps from afar has to know, and may: no secret, no token, no hardware hash, no
 * serial number, and no row of a device. Names of customers, lists, tenants and domains stay, and so
 * does what people are called who have signed in. Blocks.
 */
struct bundle;

struct bundle_member {
	const char *name;
	const char *what; /* a line for people; static */
	struct buf content;
};

/*
 * Gathers all there is; what cannot be had is a member that says why. config_path: of the file that c
 * was read from. Errors: ERR_NOMEM.
 */
MUST_USE enum err_code bundle_gather(const char *config_path, const struct config *c,
    struct bundle **out, struct err *err);

/* The i-th, NULL behind the last. */
const struct bundle_member *bundle_member(const struct bundle *b, size_t i);

/* All of it as an archive. Errors: those of out. */
MUST_USE enum err_code bundle_archive(const struct bundle *b, int64_t at_unix_s, struct buf *out,
    struct err *err);

/* Accepts NULL. */
void bundle_free(struct bundle *b);
