/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/err.h"

/*
 * The names of the files that one list is written to when it is too long for one: out.csv becomes
 * out-001.csv, out-002.csv …
 */
enum { PARTS_MAX = 99999 };

/*
 * "out.csv" for part 0, "out-001.csv" for part 1, each with the suffix. The caller frees it; NULL if
 * memory is out.
 */
char *part_name(const char *path, uint32_t part, const char *suffix);

/*
 * Refuses a folder in which parts of an earlier run stand: beside new ones they would be uploaded
 * together. Errors: ERR_EXISTS, and the message names one; ERR_IO, ERR_NOMEM.
 */
MUST_USE enum err_code part_name_refuse_stale(const char *path, struct err *err);
