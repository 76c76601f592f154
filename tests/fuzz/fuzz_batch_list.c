/* SPDX-License-Identifier: Apache-2.0 */

#include <assert.h>
#include <string.h>

#include "partner/batch_list.h"
#include "partner/tracking.h"

/*
 * Pages of a list are told apart by a zero byte. A name is never found that does not stand there, what
 * was found gets no worse, and a token that is asked for is fit for a header. The whole is read
 * as the answer to an upload, too: a tracking id is a plain segment of a path.
 */
static bool
contains(struct slice s, const char *word)
{
	return s.len > 0 && memmem(s.ptr, s.len, word, strlen(word));
}

static void
check_token(const char *token)
{
	for (; *token; token++)
		assert(*token > ' ' && *token <= '~');
}

static enum page_end
read_page(struct batch_list *l, struct slice page)
{
	enum batch_found before = l->found;
	unsigned pages = l->page.pages;
	enum page_end end = batch_list_read(l, page, "Contoso HQ");

	assert(l->found >= before);
	if (l->found == BATCH_THERE && before != BATCH_THERE)
		assert(contains(page, "Contoso") || contains(page, "\\u"));
	if (end == PAGE_MORE)
		assert(l->page.pages == pages + 1 && l->page.text[0]);
	assert(memchr(l->name, '\0', sizeof l->name));
	check_token(l->page.text);
	return end;
}

static void
check_tracking(struct slice body)
{
	char id[BATCH_TRACKING_SIZE] = "";

	if (tracking_from_body(body, "https://api.example", id))
		assert(id[0] && !strpbrk(id, "/?#% \r\n"));
	else
		assert(!id[0]);
	if (!tracking_from_link(body, "https://api.example", id))
		return;
	assert(id[0] && contains(body, id));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct batch_list l;
	struct slice rest = { (const char *)data, size };
	enum page_end end = PAGE_MORE;

	l = (struct batch_list){ .found = BATCH_NOT_THERE };
	check_tracking(rest);
	while (end == PAGE_MORE && rest.len > 0) {
		const char *zero = memchr(rest.ptr, '\0', rest.len);
		struct slice page = slice_head(rest, zero ? (size_t)(zero - rest.ptr) : rest.len);

		end = read_page(&l, page);
		rest = slice_from(rest, zero ? page.len + 1 : page.len);
	}
	return 0;
}
