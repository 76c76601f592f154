/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/err.h"

/*
 * The tables, and the two numbers in the file by which a store and its version are known.
 */
struct sql_db;

#define STORE_APPLICATION_ID 0x41755265 /* "AuRe" */
#define STORE_VERSION 3

/*
 * make: makes the tables in an empty file, and brings one of an earlier version to this one; wholly
 * or not at all, and never back. Else only checks that the file is a store of this version. Errors:
 * ERR_FORMAT (not a store, of a newer version, damaged; without make also of an earlier one),
 * ERR_NOT_FOUND (empty) and those of store/sql.h.
 */
MUST_USE enum err_code store_schema_check(struct sql_db *db, bool make, struct err *err);
