/* SPDX-License-Identifier: Apache-2.0 */
#include "partner/batch_list.h"

#include <stddef.h>
#include <stdio.h>

#include "base/utf8.h"
#include "channel/answer_json.h"

static void
judge(struct batch_list *l, struct slice name, struct slice tag)
{
	struct slice shown = utf8_head(name, sizeof l->name - 1);

	if (slice_eq(name, tag)) {
		l->found = BATCH_THERE;
	} else if (l->found == BATCH_NOT_THERE && slice_eq_nocase(name, tag)) {
		l->found = BATCH_OTHER_CASE;
		(void)snprintf(l->name, sizeof l->name, SLICE_FMT, SLICE_ARG(shown));
	}
}

enum page_end
batch_list_read(struct batch_list *l, struct slice body, const char *tag)
{
	json_t *root = answer_json_read(body);
	const json_t *items = json_object_get(root, "items");
	enum page_end end = PAGE_BAD;

	if (json_is_array(items)) {
		for (size_t i = 0; i < json_array_size(items); i++)
			judge(l, answer_json_text(json_array_get(items, i), "id"), slice_of(tag));
		end = page_token_advance(&l->page, answer_json_text(root, "continuationToken"));
	}
	json_decref(root);
	return end;
}
