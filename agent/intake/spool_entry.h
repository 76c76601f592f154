/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

/*
 * A directory entry as a list that may be taken in: is it a file, and has its writer finished?
 * Nothing is followed, and only regular files are opened.
 */

/* False for what begins with a dot or ends like an unfinished copy: ".part", "~" and their kin. */
bool spool_entry_is_named(const char *name);

/* Two looks that find the same have found a file that did not change between them. */
struct spool_stamp {
	ino_t ino;
	off_t size;
	struct timespec mtime;
};

bool spool_stamp_same(const struct spool_stamp *a, const struct spool_stamp *b);

/*
 * False if it is not there or is no regular file; *out is untouched then. folder: a descriptor;
 * AT_FDCWD if name is a path.
 */
bool spool_entry_stamp(int folder, const char *name, struct spool_stamp *out);

enum spool_writer {
	SPOOL_WRITER_NONE,    /* nobody has it open for writing */
	SPOOL_WRITER_SOME,    /* somebody has */
	SPOOL_WRITER_UNKNOWN, /* the kernel does not tell: another's file, or another machine's */
};

/* name: of a regular file. Source: sources.md#file-leases */
enum spool_writer spool_entry_writer(int folder, const char *name);

/* May we read it? name: of a regular file. */
bool spool_entry_is_readable(int folder, const char *name);
