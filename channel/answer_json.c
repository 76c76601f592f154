/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/answer_json.h"

#include <stdio.h>

json_t *
answer_json_read(struct slice body)
{
	const struct slice mark = { "\xEF\xBB\xBF", 3 };

	if (slice_eq(slice_head(body, mark.len), mark))
		body = slice_from(body, mark.len);
	return body.len > 0 ? json_loadb(body.ptr, body.len, JSON_REJECT_DUPLICATES, NULL) : NULL;
}

static struct slice
text_of(const json_t *value)
{
	return (struct slice){ json_string_value(value), json_string_length(value) };
}

struct slice
answer_json_text(const json_t *object, const char *key)
{
	return text_of(json_object_get(object, key));
}

struct slice
answer_json_scalar(const json_t *value, char number[ANSWER_NUMBER_SIZE])
{
	if (!json_is_integer(value))
		return text_of(value);
	(void)snprintf(number, ANSWER_NUMBER_SIZE, "%" JSON_INTEGER_FORMAT,
	    json_integer_value(value));
	return slice_of(number);
}

struct slice
answer_json_code(const json_t *object, const char *key, char number[ANSWER_NUMBER_SIZE])
{
	return answer_json_scalar(json_object_get(object, key), number);
}
