/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <limits.h>

#include "base/err.h"

/*
 * Where the demo takes place: a private folder with configuration, secrets and lists, all of them
 * copies that only their owner can read, and whatever the demo adds.
 */
struct demo_folder {
	char path[PATH_MAX]; /* absolute */
};

/*
 * Makes the folder and goes into it. data: the absolute path of the demo's files as they were
 * installed; url: where the simulator is, without a slash at the end; keep: what is to become the
 * folder, or NULL for one in TMPDIR.
 *
 * Errors: ERR_EXISTS (something stands at keep), ERR_IO, ERR_LIMIT, ERR_NOMEM. Nothing is left of
 * the folder then, and *out is untouched.
 */
MUST_USE enum err_code demo_folder_enter(const char *data, const char *url, const char *keep,
    struct demo_folder *out, struct err *err);

/* Leaves the folder and removes it with all that is in it. Errors: ERR_IO, something remains. */
MUST_USE enum err_code demo_folder_remove(const struct demo_folder *f, struct err *err);
