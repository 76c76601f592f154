/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"

/*
 * A text with secrets in it, while it is put together in a struct buf. All its memory is reserved
 * at once: a buffer that grows leaves copies of what it held behind.
 */

/* max: the ceiling in bytes, which is also what is allocated. A failure shows at the end. */
void secret_text_init(struct buf *b, size_t max);

/*
 * The text as a secret that the caller frees; the buffer is wiped and freed, also on error.
 * Errors: ERR_NOMEM, ERR_LIMIT; *out is untouched then.
 */
MUST_USE enum err_code secret_text_take(struct buf *b, struct secret **out, struct err *err);

/* Wipes and frees. */
void secret_text_done(struct buf *b);
