/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/secret_text.h"

void
secret_text_init(struct buf *b, size_t max)
{
	buf_init(b, max);
	(void)buf_reserve(b, max);
}

enum err_code
secret_text_take(struct buf *b, struct secret **out, struct err *err)
{
	enum err_code rc = buf_check(b, err);

	if (!rc)
		rc = secret_new(b->ptr, b->len, out, err);
	secret_text_done(b);
	return rc;
}

void
secret_text_done(struct buf *b)
{
	if (b->ptr)
		secret_wipe(b->ptr, b->cap);
	buf_done(b);
}
