/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "config/problems.h"

/* A file that people have written, as text, and where relative paths in it begin. */
struct config_text {
	struct buf bytes;
	char *folder; /* "" if the path names none */
};

/*
 * if_none: what to do if there is no such file. Errors: ERR_FORMAT (it cannot be read, or is larger
 * than CONFIG_BYTES_MAX: told in problems, which are reset first), ERR_NOMEM. *out is nothing to be
 * ended then.
 */
MUST_USE enum err_code config_text_read(const char *path, const char *if_none,
    struct config_text *out, struct problems *problems, struct err *err);

void config_text_done(struct config_text *t);
