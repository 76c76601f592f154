/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "channel/channel.h"
#include "partner/page_token.h"

/*
 * The customers of a partner, gathered page by page. Source: sources.md#partner-customers
 */
enum { CUSTOMERS_MAX = 100 * 1000 };

struct customer_page {
	struct page_token page;
	struct buf text;                   /* of all of them, each with a NUL */
	struct channel_customer *customer; /* without their texts, until the end */
	size_t n;
};

void customer_page_init(struct customer_page *c);
void customer_page_done(struct customer_page *c);

/*
 * Takes one page more; items without a tenant's id are left out. *end: with PAGE_MORE the next one is
 * asked for with c->page.text; PAGE_BAD also for a body that is no such list. Errors: ERR_NOMEM,
 * ERR_LIMIT (more than CUSTOMERS_MAX).
 */
MUST_USE enum err_code customer_page_read(struct customer_page *c, struct slice body,
    enum page_end *end, struct err *err);

/* There is no further page: all c->n of them, valid until customer_page_done(). */
const struct channel_customer *customer_page_all(struct customer_page *c);
