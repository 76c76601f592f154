/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "base/slice.h"

/*
 * A file for a while: "temp-XXXXXX" in a folder, 0600. It is removed when it is freed, unless
 * somebody has moved it away by then. Everything but the path blocks on the disk.
 */
struct temp_file;

/* Errors: ERR_NOMEM, ERR_IO; *out is untouched then. */
MUST_USE enum err_code temp_file_open(const char *folder, struct temp_file **out, struct err *err);

/* Appends. Errors: ERR_IO. */
MUST_USE enum err_code temp_file_add(struct temp_file *f, struct slice bytes, struct err *err);

/* Nothing more comes; the file stays. Errors: ERR_IO, as the disk tells it when a file is closed. */
MUST_USE enum err_code temp_file_close(struct temp_file *f, struct err *err);

/* Borrowed until the file is freed. */
const char *temp_file_path(const struct temp_file *f);

/* Removes the name, frees f, and hands the open file over. */
int temp_file_take(struct temp_file *f);

/* Accepts NULL. */
void temp_file_free(struct temp_file *f);

/* Removes what programs that died have left behind in the folder. */
void temp_file_sweep(const char *folder);
