/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>
#include <sys/resource.h>

#include "base/buf.h"
#include "base/slice.h"

/*
 * A folder for a test to work and make a mess in. Standard output and error may be led elsewhere
 * meanwhile. Mistakes fail the test that runs.
 */

enum { SANDBOX_FILE_MAX = 16 * 1024 * 1024 };

/* Set-up: goes into a new folder. */
int sandbox_enter(void **state);

/* Tear-down: removes the folder, and sets back the streams and the limit. */
int sandbox_leave(void **state);

/* The streams as they were when the folder was entered. */
void sandbox_restore_streams(void);

/* want: what is in the folder, "a b c ", sorted. */
void sandbox_assert_names(const char *dir, const char *want);

void sandbox_write(const char *name, const char *text);

/* Readable for nobody else. */
void sandbox_write_private(const char *name, struct slice bytes);

/* All that comes, into an uninitialised buffer. */
void sandbox_read(int fd, struct buf *out);
void sandbox_assert_content(const char *name, struct slice want);

/* From now on writing a file beyond so many bytes fails with EFBIG. */
void sandbox_limit_files(rlim_t bytes);
