/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "base/slice.h"

/*
 * A file that is there as a whole or not at all: written beside its place as NAME.XXXXXX.part,
 * synced, renamed, and the folder synced. What a crash leaves behind is such a *.part, which nobody
 * reads.
 */
struct safe_file;

/*
 * path must outlive the file. mode: of the file, whatever the umask. Errors: ERR_IO, ERR_NOMEM;
 * *out is untouched then.
 */
MUST_USE enum err_code safe_file_open(const char *path, unsigned mode, struct safe_file **out,
    struct err *err);

/* Written at once: gather small pieces. Errors: ERR_IO; the file can only be abandoned then. */
MUST_USE enum err_code safe_file_write(struct safe_file *f, struct slice bytes, struct err *err);

enum safe_file_place {
	SAFE_FILE_NEW,     /* where nothing is: else ERR_EXISTS */
	SAFE_FILE_REPLACE, /* what is there goes */
};

/*
 * Puts the file in its place, and frees f in any case. After ERR_OK it survives a crash. Errors:
 * ERR_IO, ERR_EXISTS; nothing is in place then, unless it was only the folder that could not be
 * synced.
 */
MUST_USE enum err_code safe_file_commit(struct safe_file *f, enum safe_file_place place,
    struct err *err);

/* Gives up: leaves no trace. Accepts NULL. */
void safe_file_abandon(struct safe_file *f);
