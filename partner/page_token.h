/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/slice.h"

/*
 * Where a list that comes in pages goes on: the token in the body of one answer is a header of the
 * next request. Source: sources.md#partner-pages
 *
 * The token is the service's, so it is judged before it is sent back: printable ASCII only, of
 * bounded length, another than before, and not without end.
 */
enum { PAGE_TOKEN_SIZE = 4 * 1024, PAGE_TOKENS_MAX = 10 * 1000 };

/* Zeroed: the first page. */
struct page_token {
	char text[PAGE_TOKEN_SIZE]; /* "": the first page */
	unsigned pages;             /* seen before this one */
};

enum page_end {
	PAGE_LAST, /* there is no further page */
	PAGE_MORE, /* the token is that of the next */
	PAGE_BAD,  /* the list cannot be read to its end: nothing may be concluded from it */
};

/* next: the token in the page that was read, empty if there was none. */
enum page_end page_token_advance(struct page_token *p, struct slice next);
