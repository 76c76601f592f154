/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/tools/json_out.h"

#include <stdio.h>
#include <stdlib.h>

#include "agent/tools/terminal.h"

enum { DOCUMENT_MAX = 256 * 1024 * 1024 };

json_t *
json_out_text(struct slice text)
{
	char *copy = NULL;
	size_t len;
	FILE *stream = open_memstream(&copy, &len);
	json_t *string = NULL;

	if (!stream)
		return NULL;
	terminal_put(stream, text);
	if (fclose(stream) == 0)
		string = json_stringn(copy, len);
	free(copy);
	return string;
}

static int
on_piece(const char *piece, size_t len, void *text)
{
	buf_add(text, piece, len);
	return 0;
}

/* Not by json_dumps(), which goes on when it had no memory for a name, and leaves that out. */
enum err_code
json_out_add(struct buf *out, json_t *doc, struct err *err)
{
	int rc = json_dump_callback(doc, on_piece, out, JSON_COMPACT);

	json_decref(doc);
	return rc ? err_set(err, ERR_NOMEM, "no memory for the JSON document")
	          : buf_check(out, err);
}

/* Whole in memory first: a document that breaks off would be worse than none. */
enum err_code
json_out_print(json_t *doc, struct err *err)
{
	struct buf text;
	enum err_code rc;

	buf_init(&text, DOCUMENT_MAX);
	rc = json_out_add(&text, doc, err);
	if (rc == ERR_OK)
		(void)puts(text.ptr);
	buf_done(&text);
	return rc;
}
