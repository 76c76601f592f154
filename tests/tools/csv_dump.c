/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "devices/csv.h"

/*
 * Prints the rows of standard input as JSON arrays of strings, one to a line, for comparing our
 * reader of delimited text with another. The only argument is the delimiter. The text is read and
 * cut in blocks, as a list is.
 */
enum { BLOCK = 4096, OUT_MAX = 64 * 1024 * 1024 };

static void
add_string(struct buf *b, struct slice s)
{
	buf_add_char(b, '"');
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if (c < 0x20 || c == '"' || c == '\\')
			buf_addf(b, "\\u%04x", c);
		else
			buf_add_char(b, s.ptr[i]);
	}
	buf_add_char(b, '"');
}

static void
add_rows(struct buf *b, struct csv_cursor *c)
{
	static struct csv_row row;

	while (csv_next(c, &row)) {
		buf_add_char(b, '[');
		for (size_t i = 0; i < row.ncell && i < CSV_CELLS_MAX; i++) {
			if (i > 0)
				buf_add_char(b, ',');
			add_string(b, row.cell[i]);
		}
		buf_add_str(b, "]\n");
	}
}

int
main(int argc, char **argv)
{
	static char text[CSV_ROW_MAX + BLOCK];
	struct csv_cursor c = { .dialect = { ',', '\n' } };
	size_t len = 0;
	ssize_t n;
	struct buf out;
	struct err err;

	if (argc != 2 || strlen(argv[1]) != 1) {
		fprintf(stderr, "usage: %s DELIMITER <TEXT\n", argv[0]);
		return 2;
	}
	c.dialect.delimiter = argv[1][0];
	buf_init(&out, OUT_MAX);
	do {
		struct slice part = { text, 0 };

		n = read(STDIN_FILENO, text + len, BLOCK);
		if (n < 0) {
			perror("standard input");
			return 1;
		}
		len += (size_t)n;
		c.at_end = n == 0;
		part.len = csv_whole_rows(c.dialect, (struct slice){ text, len }, c.at_end);
		c.rest = part;
		add_rows(&out, &c);
		len -= part.len;
		memmove(text, text + part.len, len);
	} while (n > 0);
	csv_cursor_done(&c);
	if (buf_check(&out, &err)) {
		fprintf(stderr, "%s\n", err.msg);
		return 1;
	}
	(void)fwrite(out.ptr, 1, out.len, stdout);
	buf_done(&out);
	return fflush(stdout) == 0 ? 0 : 1;
}
