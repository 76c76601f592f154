/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <dirent.h>
#include <limits.h>
#include <stddef.h>

#include "base/err.h"

/*
 * How the spool lies on the disk: a folder, in it one for each customer, in those the lists. The
 * root may be a link; nothing below it is followed.
 */

/* Bytes of a root whose files all have paths that fit. */
enum { SPOOL_ROOT_MAX = PATH_MAX - 2 * NAME_MAX - 4 };

/* folder: "" for the root itself. name: of a file in it; NULL for the folder. */
void spool_tree_path(const char *root, const char *folder, const char *name, char out[PATH_MAX]);

/*
 * Makes what is not there: 0750 whatever the umask, and in a root with the setgid bit the group of
 * the root may do in a customer's folder what it may do in the root. What is there stays as it is.
 * Errors: ERR_IO.
 */
MUST_USE enum err_code spool_tree_make(const char *root, const char *const *customer, size_t n,
    struct err *err);

/* The caller closes it. Errors: ERR_IO, also for a link or what is no folder. */
MUST_USE enum err_code spool_tree_open(const char *root, const char *folder, DIR **out,
    struct err *err);
