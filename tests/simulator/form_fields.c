/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulator/form_fields.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "tests/simulator/must.h"

static int
hex_value(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = memchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c, 16);

	return at ? (int)(at - digits) : -1;
}

/* The byte at the front of *rest, which it shortens; NUL if there is none that is well formed. */
static char
take_byte(struct slice *rest, bool plus_is_blank)
{
	char c = rest->ptr[0];
	int high;
	int low;

	if (c != '%') {
		*rest = slice_from(*rest, 1);
		return c == '+' && plus_is_blank ? ' ' : c;
	}
	if (rest->len < 3)
		return '\0';
	high = hex_value(rest->ptr[1]);
	low = hex_value(rest->ptr[2]);
	*rest = slice_from(*rest, 3);
	return high < 0 || low < 0 ? '\0' : (char)(high * 16 + low);
}

static bool
is_utf8(struct slice s)
{
	while (s.len > 0) {
		if (utf8_take(&s) < 0)
			return false;
	}
	return true;
}

char *
form_fields_decode(struct slice encoded, bool plus_is_blank)
{
	char *text = must_have(malloc(encoded.len + 1));
	size_t len = 0;

	while (encoded.len > 0) {
		text[len] = take_byte(&encoded, plus_is_blank);
		if (text[len++] == '\0')
			goto broken;
	}
	text[len] = '\0';
	if (is_utf8((struct slice){ text, len }))
		return text;
broken:
	free(text);
	return NULL;
}

/* What stands before the separator; *rest becomes what stands behind it. */
static struct slice
cut_at(struct slice *rest, char separator)
{
	const char *at = rest->len ? memchr(rest->ptr, separator, rest->len) : NULL;
	struct slice head = slice_head(*rest, at ? (size_t)(at - rest->ptr) : rest->len);

	*rest = slice_from(*rest, at ? head.len + 1 : head.len);
	return head;
}

static bool
add_pair(json_t *fields, struct slice pair)
{
	char *name = form_fields_decode(cut_at(&pair, '='), true);
	char *value = form_fields_decode(pair, true);
	bool ok = name && value && !json_object_get(fields, name) &&
	    json_object_set_new(fields, name, json_string(value)) == 0;

	free(name);
	free(value);
	return ok;
}

json_t *
form_fields_parse(struct slice text)
{
	json_t *fields = must_have(json_object());

	while (text.len > 0) {
		struct slice pair = cut_at(&text, '&');

		if (pair.len > 0 && !add_pair(fields, pair)) {
			json_decref(fields);
			return NULL;
		}
	}
	return fields;
}
