/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { FIRST_BYTES = 64 };

void
buf_init(struct buf *b, size_t max)
{
	assert(max > 0);
	*b = (struct buf){ .max = max < SIZE_MAX ? max : max - 1 }; /* there is a NUL, too */
}

void
buf_done(struct buf *b)
{
	free(b->ptr);
	*b = (struct buf){ .max = b->max };
}

void
buf_reset(struct buf *b)
{
	b->len = 0;
	b->failed = ERR_OK;
	if (b->ptr)
		b->ptr[0] = '\0';
}

static bool
fail(struct buf *b, enum err_code why)
{
	if (!b->failed)
		b->failed = why;
	return false;
}

/* At least twice what there is, so that many small appends stay linear; never past the ceiling. */
static size_t
grown(const struct buf *b, size_t need)
{
	size_t cap = b->cap ? b->cap : FIRST_BYTES / 2;

	if (cap > b->max / 2)
		return b->max + 1;
	return need > cap * 2 ? need : cap * 2;
}

bool
buf_reserve(struct buf *b, size_t n)
{
	size_t cap;
	char *ptr;

	if (b->failed)
		return false;
	if (n > b->max - b->len)
		return fail(b, ERR_LIMIT);
	if (b->len + n < b->cap)
		return true;
	cap = grown(b, b->len + n + 1);
	ptr = realloc(b->ptr, cap);
	if (!ptr)
		return fail(b, ERR_NOMEM);
	ptr[b->len] = '\0';
	b->ptr = ptr;
	b->cap = cap;
	return true;
}

void
buf_add(struct buf *b, const void *p, size_t n)
{
	if (n == 0 || !buf_reserve(b, n))
		return;
	memcpy(b->ptr + b->len, p, n);
	b->len += n;
	b->ptr[b->len] = '\0';
}

void
buf_add_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void
buf_add_slice(struct buf *b, struct slice s)
{
	buf_add(b, s.ptr, s.len);
}

void
buf_add_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void
buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0) {
		(void)fail(b, ERR_LIMIT); /* longer than INT_MAX */
		return;
	}
	if (!buf_reserve(b, (size_t)n))
		return;
	va_start(ap, fmt);
	(void)vsnprintf(b->ptr + b->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}

enum err_code
buf_check(const struct buf *b, struct err *err)
{
	switch (b->failed) {
	case ERR_OK:
		return ERR_OK;
	case ERR_LIMIT:
		return err_set(err, ERR_LIMIT, "longer than %zu bytes", b->max);
	default:
		return err_set(err, b->failed, "out of memory");
	}
}

char *
buf_take(struct buf *b)
{
	char *taken = NULL;

	if (buf_reserve(b, 0)) {
		taken = b->ptr;
		b->ptr = NULL;
	}
	buf_done(b);
	return taken;
}
