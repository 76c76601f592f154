/* SPDX-License-Identifier: Apache-2.0 */

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "devices/text.h"

/*
 * Whatever the bytes are: text comes out that is UTF-8 without NUL, the same in pieces of any size,
 * and all of the file was read unless there is a fault to tell of.
 */

struct outcome {
	enum text_encoding encoding;
	enum text_fault fault;
	uint64_t offset;
	size_t len;
	char *text;
};

static struct outcome
decode(const uint8_t *data, size_t size, size_t cap)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct outcome o = { .text = malloc(3 * size + cap) };
	struct text *t;
	struct err err;
	size_t n;

	assert(fd >= 0 && o.text);
	assert(write(fd, data, size) == (ssize_t)size && lseek(fd, 0, SEEK_SET) == 0);
	if (text_open(fd, &t, &err))
		abort();
	do {
		if (text_read(t, o.text + o.len, cap, &n, &err))
			abort();
		assert(n <= cap);
		o.len += n;
		assert(o.len <= 3 * size);
	} while (n > 0);
	o.encoding = text_encoding(t);
	o.fault = text_fault(t, &o.offset);
	text_close(t);
	return o;
}

/* Decodes one character the long way; returns its length. */
static size_t
character(const char *p, size_t n)
{
	static const uint32_t least[] = { 0, 1, 0x80, 0x800, 0x10000 };
	unsigned char first = (unsigned char)p[0];
	size_t len = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
	uint32_t c = len == 1 ? first : first & (0x7Fu >> len);

	assert(first < 0x80 || first >= 0xC0);
	assert(first < 0xF8 && len <= n);
	for (size_t i = 1; i < len; i++) {
		assert(((unsigned char)p[i] & 0xC0) == 0x80);
		c = c << 6 | ((unsigned char)p[i] & 0x3F);
	}
	assert(c >= least[len] && c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF));
	return len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct outcome whole = decode(data, size, 256 * 1024);
	struct outcome pieces = decode(data, size, 64 + size % 7);

	assert(whole.encoding == pieces.encoding && whole.fault == pieces.fault);
	assert(whole.offset == pieces.offset && whole.offset <= size);
	assert(whole.fault != TEXT_WHOLE || whole.offset == size);
	assert(whole.len == pieces.len && memcmp(whole.text, pieces.text, whole.len) == 0);
	for (size_t i = 0; i < whole.len;)
		i += character(whole.text + i, whole.len - i);
	free(whole.text);
	free(pieces.text);
	return 0;
}
