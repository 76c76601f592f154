/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/intake/wanted_devices.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

enum { SERIALS_BYTES_MAX = 64 * 1024 * 1024, PATTERN_VALUE_MAX = 512 };

struct wanted_devices {
	struct text_list models;
	struct text_list manufacturers;
	bool by_serial;
	struct slice *serial; /* sorted; they point into text */
	size_t nserial;
	struct buf text;
};

static int
compare(const void *a, const void *b)
{
	const struct slice *x = a, *y = b;
	size_t shorter = x->len < y->len ? x->len : y->len;
	int order = shorter ? memcmp(x->ptr, y->ptr, shorter) : 0;

	return order ? order : (x->len > y->len) - (x->len < y->len);
}

static enum err_code
read_text(const char *path, struct buf *text, struct err *err)
{
	FILE *file = fopen(path, "re");
	char piece[16 * 1024];
	enum err_code rc;
	size_t n;

	if (!file)
		return err_errno(err, errno, "%s", path);
	while ((n = fread(piece, 1, sizeof piece, file)) > 0)
		buf_add(text, piece, n);
	rc = ferror(file) ? err_errno(err, errno, "%s", path) : buf_check(text, err);
	(void)fclose(file);
	return rc;
}

/* Each line that is not blank. */
static enum err_code
sort_serials(struct wanted_devices *f, struct err *err)
{
	static const struct slice byte_order_mark = { "\xef\xbb\xbf", 3 };
	struct slice rest = buf_slice(&f->text);
	size_t lines = 1;

	if (slice_eq(slice_head(rest, byte_order_mark.len), byte_order_mark))
		rest = slice_from(rest, byte_order_mark.len);

	for (size_t i = 0; i < rest.len; i++)
		lines += rest.ptr[i] == '\n';
	f->serial = calloc(lines, sizeof *f->serial);
	if (!f->serial)
		return err_set(err, ERR_NOMEM, "serial numbers");
	while (rest.len) {
		const char *end = memchr(rest.ptr, '\n', rest.len);
		size_t len = end ? (size_t)(end - rest.ptr) : rest.len;
		struct slice line = slice_trim(slice_head(rest, len));

		if (line.len)
			f->serial[f->nserial++] = line;
		rest = slice_from(rest, end ? len + 1 : len);
	}
	qsort(f->serial, f->nserial, sizeof *f->serial, compare);
	return ERR_OK;
}

enum err_code
wanted_devices_new(const struct customer_only *only, struct wanted_devices **out, struct err *err)
{
	struct wanted_devices *f = calloc(1, sizeof *f);

	if (!f)
		return err_set(err, ERR_NOMEM, "filter of devices");
	f->models = only->models;
	f->manufacturers = only->manufacturers;
	f->by_serial = only->serials_from != NULL;
	buf_init(&f->text, SERIALS_BYTES_MAX);
	if (f->by_serial &&
	    (read_text(only->serials_from, &f->text, err) || sort_serials(f, err))) {
		wanted_devices_free(f);
		return err->code;
	}
	*out = f;
	return ERR_OK;
}

static bool
matches(const struct text_list *patterns, struct slice value)
{
	char text[PATTERN_VALUE_MAX];

	if (patterns->n == 0)
		return true;
	if (value.len >= sizeof text)
		return false;
	(void)snprintf(text, sizeof text, SLICE_FMT, SLICE_ARG(value));
	for (size_t i = 0; i < patterns->n; i++) {
		if (fnmatch(patterns->item[i], text, 0) == 0)
			return true;
	}
	return false;
}

bool
wanted_devices_has(const struct wanted_devices *f, struct slice serial, struct slice manufacturer,
    struct slice model)
{
	if (f->by_serial &&
	    (f->nserial == 0 ||
	        !bsearch(&serial, f->serial, f->nserial, sizeof *f->serial, compare)))
		return false;
	return matches(&f->models, model) && matches(&f->manufacturers, manufacturer);
}

void
wanted_devices_free(struct wanted_devices *f)
{
	if (!f)
		return;
	free(f->serial);
	buf_done(&f->text);
	free(f);
}
