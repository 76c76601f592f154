/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"

/*
 * Where the files of a list are. In the state folder: <state>/lists/<id>/NAME is the list as it
 * came, NAME.report.csv, NAME.report.json and NAME.rejects.csv what became of it. For a list that
 * came by the spool the last three are in <spool>/<customer>/reports/ as well, as NAME.<id>.report.csv
 * and so on; what is no list goes to <spool>/<customer>/rejected/ with NAME.error.txt, or as NAME.2
 * with NAME.2.error.txt if an earlier one has that name.
 *
 * Everything but the paths blocks on the disk.
 */
enum { LIST_PATH_MAX = 4096, LIST_NAME_MAX = 200 };

enum list_file { LIST_SOURCE, LIST_REPORT_CSV, LIST_REPORT_JSON, LIST_REJECTS };

/*
 * The name without what a file system or a person could stumble over: folders before it, control
 * characters, what is too long. The name of such a name is itself.
 */
void list_files_name(struct slice name, char out[LIST_NAME_MAX + 1]);

/* name: as people know the list. Errors: ERR_LIMIT. */
MUST_USE enum err_code list_files_state(const char *state, int64_t list, const char *name,
    enum list_file file, char out[LIST_PATH_MAX], struct err *err);

/* file: not LIST_SOURCE. Errors: ERR_LIMIT. */
MUST_USE enum err_code list_files_spool(const char *spool, const char *customer, int64_t list,
    const char *name, enum list_file file, char out[LIST_PATH_MAX], struct err *err);

/*
 * Makes a folder unless it is there, with this mode at least, whatever the umask; of the folder it is in
 * it inherits the setgid bit and, with it, the group. Errors: ERR_IO.
 */
MUST_USE enum err_code list_files_make_folder(const char *path, unsigned mode, struct err *err);

/* Makes all folders above path that are not there, in that way. Errors: ERR_IO, ERR_LIMIT. */
MUST_USE enum err_code list_files_make_folders(const char *path, unsigned mode, struct err *err);

/*
 * Puts the file at `from` at `to`, durably: renamed if it is to be moved and that can be done, else
 * copied and, if it is to be moved, removed. mode: of the file then, whatever the umask; one of
 * another owner that was renamed keeps what it had. A half-made copy is never at `to`.
 * Errors: ERR_IO; `from` is still there then.
 */
MUST_USE enum err_code list_files_take(const char *from, const char *to, bool move, unsigned mode,
    struct err *err);

/* Removes the list's folder in the state folder; a missing one is no error. Errors: ERR_IO. */
MUST_USE enum err_code list_files_forget(const char *state, int64_t list, const char *name,
    struct err *err);

/*
 * A list of the spool that is none: to the folder "rejected" beside it, with a text that says why.
 * Errors: ERR_IO, ERR_LIMIT (also if too many of the name are there).
 */
MUST_USE enum err_code list_files_reject(const char *from, const char *spool, const char *customer,
    const char *name, const char *why, struct err *err);
