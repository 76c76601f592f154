/* SPDX-License-Identifier: Apache-2.0 */
#include "partner/page_token.h"

#include <stdbool.h>
#include <string.h>

static bool
is_printable(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] <= ' ' || s.ptr[i] > '~')
			return false;
	}
	return true;
}

enum page_end
page_token_advance(struct page_token *p, struct slice next)
{
	if (next.len == 0)
		return PAGE_LAST;
	if (next.len >= sizeof p->text || !is_printable(next) ||
	    slice_eq(next, slice_of(p->text)) || ++p->pages >= PAGE_TOKENS_MAX)
		return PAGE_BAD;
	memcpy(p->text, next.ptr, next.len);
	p->text[next.len] = '\0';
	return PAGE_MORE;
}
