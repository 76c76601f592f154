/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "agent/intake/unit_text.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_text(struct slice v)
{
	assert(v.ptr && v.ptr[v.len] == '\0' && strlen(v.ptr) == v.len);
	while (v.len > 0)
		assert(utf8_take(&v) > 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct slice text = { (const char *)data, size };
	struct unit_text u = { .doc = NULL };
	struct err err;

	if (unit_text_parse(text, &u, &err) == ERR_OK) {
		assert(size <= UNIT_TEXT_MAX);
		for (int i = 0; i < NUNIT_MEMBER; i++)
			check_text(u.value[i]);
	} else {
		struct slice message = slice_of(err.msg);

		assert(!u.doc && message.len > 0);
		while (message.len > 0)
			assert(utf8_take(&message) > 0);
	}
	unit_text_done(&u);
	return 0;
}
