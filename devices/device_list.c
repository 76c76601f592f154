/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/device_list.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secret.h"
#include "devices/look_alike.h"
#include "devices/oa3.h"

enum {
	ROOM =
	    LIST_BLOCK + CSV_ROW_MAX, /* a block: what is read at once behind what was left over */
	FINDINGS_MAX = 4,
};
_Static_assert((int)OA3_MAX <= (int)CSV_ROW_MAX, "a report fits into a block");
_Static_assert(2 * LIST_BLOCK <= CSV_ROW_MAX,
    "the beginning, read ahead, leaves room for one more read");

struct device_list {
	const struct list_options *opt;
	struct text *text;
	uint64_t size;
	struct list_layout layout;
	uint64_t first_line;
	char *left; /* text read and not yet handed out: ROOM bytes */
	size_t nleft;
	bool text_ended;
	bool dropping; /* in the rest of a row that is too long */
	bool ended;    /* the last block was handed out, or there is none */

	struct oa3_report oa3;
	struct row_fields unit; /* of oa3 */
	bool is_oa3;

	struct finding finding[FINDINGS_MAX];
	char message[FINDINGS_MAX][256];
	size_t nfinding;
	bool failed;
};

enum err_code
list_block_init(struct list_block *b, struct err *err)
{
	char *data = malloc(ROOM);

	if (!data)
		return err_set(err, ERR_NOMEM, "block of a list");
	*b = (struct list_block){ .data = data };
	return ERR_OK;
}

void
list_block_done(struct list_block *b)
{
	free(b->data);
	*b = (struct list_block){ .data = NULL };
}

/* advice NULL: the code's own. */
__attribute__((format(printf, 5, 6))) static void
say(struct device_list *l, enum finding_code code, uint64_t line, const char *advice,
    const char *fmt, ...)
{
	const struct finding_info *info = finding_info(code);
	struct finding *f = &l->finding[l->nfinding];
	char *text = l->message[l->nfinding];
	va_list ap;

	assert(l->nfinding < FINDINGS_MAX);
	l->nfinding++;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof l->message[0], fmt, ap);
	va_end(ap);
	*f = (struct finding){
		.code = code,
		.severity = info->severity,
		.line = line,
		.message = slice_of(text),
		.advice = slice_of(advice ? advice : info->advice),
	};
	if (info->severity == SEVERITY_ERROR)
		l->failed = l->ended = true;
}

/* Says what ended the text, if it did not simply end. */
static void
say_text_fault(struct device_list *l)
{
	uint64_t at;

	switch (text_fault(l->text, &at)) {
	case TEXT_WHOLE:
		break;
	case TEXT_NUL:
		say(l, FINDING_ENCODING_MIXED, 1, NULL,
		    "NUL bytes begin at byte %" PRIu64
		    ": UTF-16 was appended to a file of another encoding",
		    at);
		break;
	case TEXT_NUL_TAIL:
		say(l, FINDING_ENCODING_CUT, 1, NULL,
		    "nothing but NUL bytes from byte %" PRIu64 " to the end", at);
		break;
	case TEXT_MIXED:
		say(l, FINDING_ENCODING_MIXED, 1, NULL,
		    "byte %" PRIu64 " is not UTF-8, though text before it is", at);
		break;
	}
}

/*
 * Reads behind the len bytes of dst, CSV_ROW_MAX at most, until there is a block's worth or the
 * text ends.
 */
static size_t
fill(struct device_list *l, char *dst, size_t len)
{
	struct err err;

	assert(len <= CSV_ROW_MAX);
	while (!l->text_ended) {
		size_t n = 0;

		if (text_read(l->text, dst + len, LIST_BLOCK, &n, &err))
			say(l, FINDING_UNREADABLE, 1, NULL, "%s", err.msg);
		l->text_ended = n == 0;
		len += n;
		if (len >= LIST_BLOCK)
			break;
	}
	return len;
}

static void
take_oa3(struct device_list *l)
{
	enum err_code rc;
	struct err err;

	l->layout.format = FORMAT_OA3_XML;
	l->ended = true;
	while (!l->text_ended && l->nleft <= OA3_MAX)
		l->nleft = fill(l, l->left, l->nleft);
	if (l->failed)
		return;
	if (!l->text_ended) {
		say(l, FINDING_NOT_A_LIST, 1, NULL, "an OA3 report of more than %d bytes", OA3_MAX);
		return;
	}
	rc = oa3_parse((struct slice){ l->left, l->nleft }, &l->oa3, &err);
	secret_wipe(l->left, l->nleft); /* there may be a product key in it */
	l->nleft = 0;
	if (rc) {
		say(l, FINDING_NOT_A_LIST, 1, NULL, "an OA3 report that cannot be read: %s",
		    err.msg);
		return;
	}
	l->is_oa3 = true;
	l->unit.has_column[COLUMN_HASH] = l->unit.has_column[COLUMN_PRODUCT_ID] = true;
	l->unit.cell[COLUMN_HASH] = buf_slice(&l->oa3.hash);
	l->unit.cell[COLUMN_PRODUCT_ID] = buf_slice(&l->oa3.product_id);
}

static void
recognise(struct device_list *l)
{
	struct list_beginning b;
	struct slice head = { l->left, l->nleft };
	enum text_fault fault = text_fault(l->text, NULL);

	list_layout_recognise(head, l->text_ended, l->opt, &b);
	l->layout = b.layout;
	l->first_line = b.line;
	if (fault == TEXT_NUL &&
	    (b.layout.format == FORMAT_SERIALS || b.layout.format == FORMAT_UNKNOWN))
		say(l, FINDING_NOT_A_LIST, 1, NULL, "binary data: there are NUL bytes in it");
	else if (b.has_finding)
		say(l, b.code, b.finding_line, NULL, "%s", b.message);
	memmove(l->left, l->left + b.data, l->nleft - b.data);
	l->nleft -= b.data;
}

static void
begin(struct device_list *l)
{
	const char *advice;
	const char *what = look_alike(text_head(l->text), &advice);

	if (what) {
		say(l, FINDING_NOT_A_LIST, 1, advice, "%s, not a device list", what);
		return;
	}
	l->nleft = fill(l, l->left, 0);
	if (l->failed)
		return;
	if (oa3_looks_like((struct slice){ l->left, l->nleft }))
		take_oa3(l);
	else
		recognise(l);
}

/* Opens for reading without ever waiting: a FIFO that nobody writes to would keep us for ever. */
static int
open_path(struct device_list *l, const char *path)
{
	struct stat st;
	int fd = strcmp(path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
	                                : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0 || fstat(fd, &st) != 0) {
		char text[128];

		say(l, FINDING_UNREADABLE, 1, NULL, "cannot be opened: %s",
		    strerror_r(errno, text, sizeof text));
	} else if (S_ISDIR(st.st_mode)) {
		say(l, FINDING_UNREADABLE, 1, "Name the files in it, for example with DIRECTORY/*.",
		    "is a directory");
	} else {
		l->size = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
		return fd;
	}
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

enum err_code
device_list_open(const char *path, const struct list_options *opt, struct device_list **out,
    struct err *err)
{
	struct device_list *l = calloc(1, sizeof *l);
	struct err why;
	int fd;

	if (l)
		l->left = malloc(ROOM);
	if (!l || !l->left) {
		device_list_close(l);
		return err_set(err, ERR_NOMEM, "device list");
	}
	l->opt = opt;
	l->first_line = 1;
	fd = open_path(l, path);
	if (fd >= 0) {
		if (text_open(fd, &l->text, &why)) {
			(void)close(fd);
			if (why.code == ERR_NOMEM) {
				device_list_close(l);
				return err_set(err, ERR_NOMEM, "device list");
			}
			say(l, FINDING_UNREADABLE, 1, NULL, "cannot be read: %s", why.msg);
		} else {
			begin(l);
		}
	}
	*out = l;
	return ERR_OK;
}

void
device_list_close(struct device_list *l)
{
	if (!l)
		return;
	text_close(l->text);
	oa3_report_done(&l->oa3);
	free(l->left);
	free(l);
}

/*
 * Drops the rest of a row that is too long; the row itself was handed out. Returns what is left of
 * len.
 */
static size_t
drop(struct device_list *l, char *data, size_t len)
{
	size_t n;

	if (!l->dropping || !len)
		return len;
	n = csv_rest_of_row(l->layout.dialect, (struct slice){ data, len });
	l->dropping = data[n - 1] != l->layout.dialect.line_end;
	memmove(data, data + n, len - n);
	return len - n;
}

bool
device_list_next(struct device_list *l, struct list_block *b)
{
	size_t len = l->nleft;
	size_t whole;

	if (l->ended)
		return false;
	memcpy(b->data, l->left, len);
	do {
		len = drop(l, b->data, fill(l, b->data, len));
	} while (l->dropping && !l->text_ended);
	if (l->text_ended && !l->failed)
		say_text_fault(l);
	l->ended |= l->text_ended;
	/* A fault ends the text anywhere: what stands there is no row. */
	whole = csv_whole_rows(l->layout.dialect, (struct slice){ b->data, len },
	    l->text_ended && !l->failed);
	l->dropping = !l->text_ended && whole && b->data[whole - 1] != l->layout.dialect.line_end;
	l->nleft = len - whole;
	memcpy(l->left, b->data + whole, l->nleft);
	b->text = (struct slice){ b->data, whole };
	b->at_end = l->text_ended;
	return true;
}

const struct finding *
device_list_finding(const struct device_list *l, size_t index)
{
	return index < l->nfinding ? &l->finding[index] : NULL;
}

bool
device_list_failed(const struct device_list *l)
{
	return l->failed;
}

const struct list_layout *
device_list_layout(const struct device_list *l)
{
	return &l->layout;
}

uint64_t
device_list_first_line(const struct device_list *l)
{
	return l->first_line;
}

enum text_encoding
device_list_encoding(const struct device_list *l)
{
	return l->text ? text_encoding(l->text) : TEXT_UTF8;
}

uint64_t
device_list_size(const struct device_list *l)
{
	return l->size;
}

uint64_t
device_list_consumed(const struct device_list *l)
{
	return l->text ? text_consumed(l->text) : 0;
}

const struct row_fields *
device_list_oa3(const struct device_list *l)
{
	return l->is_oa3 ? &l->unit : NULL;
}

struct slice
device_list_text(const struct device_list *l)
{
	bool unknown = l->failed
	    ? l->finding[l->nfinding - 1].code == FINDING_COLUMNS_UNKNOWN
	    : l->layout.format == FORMAT_SERIALS; /* any short words look like these */

	return unknown && l->text_ended ? (struct slice){ l->left, l->nleft }
	                                : (struct slice){ "", 0 };
}
