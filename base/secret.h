/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "base/slice.h"

/*
 * A secret: wiped when freed, and without any function that formats it. It never goes into a
 * struct err, a log line or a URL.
 */
struct secret;

/* Copies len bytes. Errors: ERR_NOMEM; *out is untouched then. The caller wipes its own copy. */
MUST_USE enum err_code secret_new(const void *bytes, size_t len, struct secret **out,
    struct err *err);

/* Borrowed until secret_free(). */
struct slice secret_get(const struct secret *s);

/* Wipes and frees; accepts NULL. */
void secret_free(struct secret *s);

/* Overwrites memory that held a secret, in a way that the compiler may not leave out. */
void secret_wipe(void *p, size_t len);
