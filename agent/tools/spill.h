/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "agent/tools/temp_file.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

/*
 * Bytes that wait for somebody slow: in memory as long as there are few, then in a temporary file.
 * So a question is answered by the store at its own pace, whoever reads the answer.
 *
 * In the caller's memory. Adding and taking may block on the disk.
 */
enum { SPILL_MEMORY_MAX = 256 * 1024 };

struct spill {
	const char *folder;     /* of the file; borrowed until spill_done() */
	struct buf text;        /* what is not in the file */
	struct temp_file *file; /* NULL: all is in text */
};

void spill_init(struct spill *s, const char *folder);

/* Frees what was not taken. */
void spill_done(struct spill *s);

/* Errors: ERR_NOMEM, ERR_IO; the spill can only be ended then. */
MUST_USE enum err_code spill_add(struct spill *s, struct slice bytes, struct err *err);

/*
 * Hands all of it over as an open file, or, if there are only few bytes, *fd is -1, and they stay in
 * s->text. Errors: as for spill_add().
 */
MUST_USE enum err_code spill_take(struct spill *s, int *fd, struct err *err);
