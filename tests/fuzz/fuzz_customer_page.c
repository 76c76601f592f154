/* SPDX-License-Identifier: Apache-2.0 */

#include <assert.h>
#include <string.h>

#include "base/guid.h"
#include "base/utf8.h"
#include "partner/customer_page.h"
#include "partner/relationship_link.h"

/*
 * Pages are told apart by a zero byte. Every customer has a tenant's id, texts are UTF-8 of bounded
 * length, and none gets lost on a further page. The whole is read as the answer with the link for
 * customers, too: what comes of it may be printed and opened.
 */
static void
check_text(const char *text)
{
	struct slice rest = slice_of(text);

	assert(rest.len <= 256);
	while (rest.len > 0)
		assert(utf8_take(&rest) >= 0);
}

static void
check_all(struct customer_page *c)
{
	const struct channel_customer *all = customer_page_all(c);

	for (size_t i = 0; i < c->n; i++) {
		assert(guid_is(slice_of(all[i].tenant)));
		check_text(all[i].domain);
		check_text(all[i].company);
	}
}

static void
check_link(struct slice body)
{
	char url[RELATIONSHIP_LINK_SIZE] = "";

	if (!relationship_link_read(body, url)) {
		assert(!url[0]);
		return;
	}
	assert(strncasecmp(url, "https://", 8) == 0 && url[8]);
	for (const char *c = url; *c; c++)
		assert(*c > ' ' && *c <= '~');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = { (const char *)data, size };
	enum page_end end = PAGE_MORE;
	struct customer_page c;
	struct err err;

	check_link(rest);
	customer_page_init(&c);
	while (end == PAGE_MORE && rest.len > 0) {
		const char *zero = memchr(rest.ptr, '\0', rest.len);
		struct slice page = slice_head(rest, zero ? (size_t)(zero - rest.ptr) : rest.len);
		size_t before = c.n;

		if (customer_page_read(&c, page, &end, &err))
			break;
		assert(c.n >= before);
		rest = slice_from(rest, zero ? page.len + 1 : page.len);
	}
	check_all(&c);
	customer_page_done(&c);
	return 0;
}
