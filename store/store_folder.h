/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/err.h"

/*
 * The folder that a store lives in: who may read it, who writes to it, and whether it can hold a
 * store at all. The write-ahead log is shared memory between processes, which network file systems
 * do not have. Source: sources.md#sqlite-wal
 */

/*
 * Makes the folder (0700) if it is not there, and takes the lock in it, whose file is kept open in
 * *lock. Errors: ERR_BUSY, ERR_IO, ERR_NOMEM.
 */
MUST_USE enum err_code store_folder_take(const char *folder, int *lock, struct err *err);

/* Whether the file system of a folder that is there can hold a store. Errors: ERR_IO. */
MUST_USE enum err_code store_folder_judge(const char *folder, struct err *err);

/* The lock goes, the folder stays. Accepts -1. */
void store_folder_leave(int lock);

/*
 * The store's file in it; make: 0600, if it is not there. The caller frees *path.
 * Errors: ERR_NOT_FOUND (not there), ERR_IO, ERR_NOMEM.
 */
MUST_USE enum err_code store_folder_file(const char *folder, bool make, char **path,
    struct err *err);
