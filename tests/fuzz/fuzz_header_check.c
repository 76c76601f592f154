/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "tests/unit/raw_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * The raw bytes of a request. One that is let through is the same to a reader who takes each line for a
 * header: none of those that there may be once is there twice, nothing says twice how long the body is,
 * and no name has a blank in it.
 */
enum single { CONTENT_LENGTH, TRANSFER_ENCODING, HOST, AUTHORIZATION, NSINGLE };

static const char *const single_name[NSINGLE] = { "Content-Length", "Transfer-Encoding", "Host",
	"Authorization" };

static struct slice
take_line(struct slice *rest)
{
	const char *end = memchr(rest->ptr, '\n', rest->len);
	size_t len = end ? (size_t)(end - rest->ptr) : rest->len;
	struct slice line = slice_head(*rest, len);

	*rest = slice_from(*rest, end ? len + 1 : len);
	return line.len > 0 && line.ptr[line.len - 1] == '\r' ? slice_head(line, line.len - 1)
	                                                      : line;
}

static struct slice
name_of(struct slice line)
{
	const char *colon = memchr(line.ptr, ':', line.len);

	return slice_head(line, colon ? (size_t)(colon - line.ptr) : 0);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void
check(struct slice head)
{
	unsigned times[NSINGLE] = { 0 };
	struct slice line;

	(void)take_line(&head); /* of the request */
	while (head.len > 0 && (line = take_line(&head)).len > 0) {
		struct slice name = name_of(line);
		bool goes_on = head.len > 0 && is_blank(head.ptr[0]);

		if (line.ptr[0] == ':' || line.ptr[0] == '\0')
			return; /* libmicrohttpd takes it for the end of them */
		if (is_blank(line.ptr[0]))
			continue; /* of the value before it */
		assert(name.len == 0 || !is_blank(name.ptr[name.len - 1]));
		/* A Host or a token that goes on is one that libmicrohttpd has no name for. */
		for (size_t i = 0; i < NSINGLE; i++)
			times[i] += !(goes_on && i > TRANSFER_ENCODING) &&
			    name.len == strlen(single_name[i]) &&
			    strncasecmp(name.ptr, single_name[i], name.len) == 0;
	}
	for (size_t i = 0; i < NSINGLE; i++)
		assert(times[i] <= 1);
	assert(times[CONTENT_LENGTH] + times[TRANSFER_ENCODING] <= 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice bytes = { (const char *)data, size };
	struct raw_request r = raw_request_judge(bytes);

	while (bytes.len > 0 && (*bytes.ptr == '\r' || *bytes.ptr == '\n'))
		bytes = slice_from(bytes, 1); /* lines in front of a request are passed over */
	if (r.read && !r.fault)
		check(bytes);
	return 0;
}
