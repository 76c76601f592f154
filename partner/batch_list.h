/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/slice.h"
#include "partner/page_token.h"

/*
 * The batches that a customer has, as far as one question goes: is there one of this name? A
 * name is the group tag, so that it has to be exactly right. Source: sources.md#partner-batches
 */
enum batch_found {
	BATCH_NOT_THERE,
	BATCH_OTHER_CASE, /* one that differs in the case of ASCII letters alone */
	BATCH_THERE,
};

enum { BATCH_NAME_SHOWN = 128 };

/* Zeroed: nothing read yet. */
struct batch_list {
	enum batch_found found;
	char name[BATCH_NAME_SHOWN]; /* BATCH_OTHER_CASE: what it is called, cut to fit */
	struct page_token page;
};

/*
 * Takes one page more. With PAGE_MORE the next one is asked for with l->page.text; a further
 * page can only better what was found. PAGE_BAD also for a body that is no such list.
 */
enum page_end batch_list_read(struct batch_list *l, struct slice body, const char *tag);
