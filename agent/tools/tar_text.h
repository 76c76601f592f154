/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"

/*
 * An archive in memory, in the form that every tar reads: ustar. Each member is a private file of nobody
 * in particular. Source: sources.md#ustar
 */
enum { TAR_NAME_MAX = 99 };

/* name: relative, at most TAR_NAME_MAX bytes. A failure stays in out. */
void tar_text_add(struct buf *out, const char *name, struct slice content, int64_t at_unix_s);

/* Behind the last member. */
void tar_text_end(struct buf *out);
