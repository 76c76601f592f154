/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

#include <assert.h>
#include <stdbool.h>

/* The second byte is what tells overlong forms (E0, F0), surrogates (ED) and too large ones (F4). */
size_t
utf8_length(struct slice s)
{
	const unsigned char *p = (const unsigned char *)s.ptr;
	unsigned char first = p[0];
	unsigned char low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
	unsigned char high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
	size_t len = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;

	if ((first >= 0x80 && first < 0xC2) || first > 0xF4)
		return 0;
	for (size_t i = 1; i < len && i < s.len; i++) {
		if (p[i] < low || p[i] > high)
			return 0;
		low = 0x80;
		high = 0xBF;
	}
	return len;
}

int32_t
utf8_take(struct slice *s)
{
	static const unsigned char value_bits[] = { 0, 0x7F, 0x1F, 0x0F, 0x07 }; /* by length */
	size_t len = utf8_length(*s);
	int32_t point = -1;

	if (len == 0 || len > s->len) {
		len = 1;
	} else {
		point = (unsigned char)s->ptr[0] & value_bits[len];
		for (size_t i = 1; i < len; i++)
			point = point << 6 | ((unsigned char)s->ptr[i] & 0x3F);
	}
	s->ptr += len;
	s->len -= len;
	return point;
}

size_t
utf8_put(char dst[UTF8_MAX], uint32_t point)
{
	assert(point <= 0x10FFFF && (point < 0xD800 || point > 0xDFFF));
	if (point < 0x80) {
		dst[0] = (char)point;
		return 1;
	}
	if (point < 0x800) {
		dst[0] = (char)(0xC0 | point >> 6);
		dst[1] = (char)(0x80 | (point & 0x3F));
		return 2;
	}
	if (point < 0x10000) {
		dst[0] = (char)(0xE0 | point >> 12);
		dst[1] = (char)(0x80 | (point >> 6 & 0x3F));
		dst[2] = (char)(0x80 | (point & 0x3F));
		return 3;
	}
	dst[0] = (char)(0xF0 | point >> 18);
	dst[1] = (char)(0x80 | (point >> 12 & 0x3F));
	dst[2] = (char)(0x80 | (point >> 6 & 0x3F));
	dst[3] = (char)(0x80 | (point & 0x3F));
	return 4;
}

static bool
continues_character(char c)
{
	return ((unsigned char)c & 0xC0) == 0x80;
}

struct slice
utf8_head(struct slice s, size_t n)
{
	if (n >= s.len)
		return s;
	while (n > 0 && continues_character(s.ptr[n]))
		n--;
	return slice_head(s, n);
}

bool
utf8_drives_terminal(int32_t point)
{
	bool control = point < 0x20 || (point >= 0x7f && point <= 0x9f);
	bool mark = point == 0x61c || point == 0x200e || point == 0x200f;
	bool embedding = point >= 0x202a && point <= 0x202e;
	bool isolate = point >= 0x2066 && point <= 0x2069;
	bool separator = point == 0x2028 || point == 0x2029;

	return control || mark || embedding || isolate || separator;
}
