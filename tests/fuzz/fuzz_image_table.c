/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <string.h>

#include "config/image_table.h"

/* Whatever the file says: errors have places, and each device has a rule with an advice. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct problems problems;
	const struct slice text = { (const char *)data, size };
	const struct image_device d = { slice_head(text, 40), slice_head(text, 300), text };
	struct arena arena = { .block = NULL };
	struct image_table own;
	struct err err;

	problems = (struct problems){ .n = 0 };
	assert(image_table_parse(text, &arena, &problems, &own, &err) == ERR_OK);
	for (size_t i = 0; i < problems.n; i++)
		assert(problems.item[i].at.line > 0 && problems.item[i].message[0]);
	if (problems.n == 0) {
		for (size_t i = 0; i < own.n; i++)
			assert(own.item[i].advice && own.item[i].name);
		assert(strlen(image_table_find(&own, &d)->advice) > 0);
	}
	arena_done(&arena);
	return 0;
}
