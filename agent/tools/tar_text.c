/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/tools/tar_text.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { BLOCK = 512 };

/* Numbers are octal, terminated; what is not written is zero. */
struct header {
	char name[100];
	char mode[8];
	char uid[8];
	char gid[8];
	char size[12];
	char mtime[12];
	char checksum[8];
	char type;
	char link[100];
	char magic[6];
	char version[2];
	char rest[247];
};
_Static_assert(sizeof(struct header) == BLOCK, "a header is one block");

/* Fills the field, but for the NUL at its end. */
static void
put_octal(char *field, size_t size, uint64_t n)
{
	field[--size] = '\0';
	while (size-- > 0) {
		field[size] = (char)('0' + n % 8);
		n /= 8;
	}
	assert(n == 0);
}

/* The sum of all bytes, while the field for it is blanks. */
static unsigned
sum_of(const struct header *h)
{
	const unsigned char *byte = (const unsigned char *)h;
	unsigned sum = 0;

	for (size_t i = 0; i < sizeof *h; i++)
		sum += byte[i];
	return sum;
}

static void
pad(struct buf *out, size_t n)
{
	static const char zero[BLOCK];

	buf_add(out, zero, n);
}

void
tar_text_add(struct buf *out, const char *name, struct slice content, int64_t at_unix_s)
{
	struct header h = { .type = '0' };

	assert(strlen(name) <= TAR_NAME_MAX && at_unix_s >= 0);
	(void)snprintf(h.name, sizeof h.name, "%s", name);
	put_octal(h.mode, sizeof h.mode, 0600);
	put_octal(h.uid, sizeof h.uid, 0);
	put_octal(h.gid, sizeof h.gid, 0);
	put_octal(h.size, sizeof h.size, content.len);
	put_octal(h.mtime, sizeof h.mtime, (uint64_t)at_unix_s);
	memset(h.checksum, ' ', sizeof h.checksum);
	memcpy(h.magic, "ustar", sizeof h.magic);
	memset(h.version, '0', sizeof h.version);
	put_octal(h.checksum, sizeof h.checksum - 1, sum_of(&h)); /* a blank stays behind it */
	buf_add(out, &h, sizeof h);
	buf_add_slice(out, content);
	pad(out, (BLOCK - content.len % BLOCK) % BLOCK);
}

void
tar_text_end(struct buf *out)
{
	pad(out, BLOCK);
	pad(out, BLOCK);
}
