/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/slice.h"

/*
 * A growable buffer that cannot be made without a ceiling, in the caller's memory.
 *
 * Once an append has failed (memory, or the ceiling) the buffer stays failed and ignores
 * further appends, so that a chain of appends is checked once, with buf_check().
 * ptr is NULL or holds len bytes followed by a NUL that does not count in len.
 */
struct buf {
	char *ptr;
	size_t len;
	size_t cap;           /* bytes allocated, the NUL's included */
	size_t max;           /* the most that len may become */
	enum err_code failed; /* ERR_OK, ERR_NOMEM or ERR_LIMIT */
};

/* max: the ceiling in bytes, at least 1. Allocates nothing yet. */
void buf_init(struct buf *b, size_t max);

/*
 * Frees the memory; the buffer may be used again as after buf_init(). A zeroed one may be freed as
 * well.
 */
void buf_done(struct buf *b);

/* Empties the buffer and forgives a failure; keeps the memory. */
void buf_reset(struct buf *b);

/* Room for n more bytes without another allocation; false if that fails (and stays failed). */
bool buf_reserve(struct buf *b, size_t n);

void buf_add(struct buf *b, const void *p, size_t n);
void buf_add_char(struct buf *b, char c);
void buf_add_slice(struct buf *b, struct slice s);
void buf_add_str(struct buf *b, const char *s);
void buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A view of the content, valid until the next change. */
static inline struct slice
buf_slice(const struct buf *b)
{
	return (struct slice){ b->ptr, b->len };
}

/* ERR_OK, or the first failure with a text in *err. */
MUST_USE enum err_code buf_check(const struct buf *b, struct err *err);

/*
 * Hands the memory over as a terminated string that the caller frees; the buffer is empty
 * afterwards. NULL if the buffer has failed (it is then freed) or memory is out.
 */
MUST_USE char *buf_take(struct buf *b);
