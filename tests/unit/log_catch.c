/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/log_catch.h"

#include <assert.h>
#include <string.h>

#include "base/log_text.h"

/* Not on the heap, which may be told to fail. */
static struct {
	char text[256 * 1024];
	size_t len;
} caught;

static bool
catch_record(void *arg, const struct log_record *r)
{
	char line[LOG_LINE_MAX];
	size_t len = log_text_short(r, false, line);

	(void)arg;
	assert(len < sizeof caught.text - caught.len);
	memcpy(caught.text + caught.len, line, len);
	caught.len += len;
	return true;
}

void
log_catch_begin(enum log_level most)
{
	caught.len = 0;
	log_set(&(struct log_options){ .most = most, .sink = { .write = catch_record } });
}

const char *
log_catch_end(void)
{
	log_set(&(struct log_options){ .most = LOG_LEVEL_INFO });
	caught.text[caught.len] = '\0';
	return caught.text;
}
