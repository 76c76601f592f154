/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/unit_sender.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "agent/commands/control_client.h"
#include "agent/intake/unit_text.h"
#include "agent/tools/request_target.h"
#include "base/buf.h"

enum { ADDRESS_MAX = 1024, PIECE_BYTES = 64 * 1024 };

struct text_body {
	struct slice text;
	size_t at;
};

static size_t
read_text(void *arg, char *out, size_t cap)
{
	struct text_body *b = arg;
	struct slice piece = slice_head(slice_from(b->text, b->at), cap);

	memcpy(out, piece.ptr, piece.len);
	b->at += piece.len;
	return piece.len;
}

static void
rewind_text(void *arg)
{
	struct text_body *b = arg;

	b->at = 0;
}

enum err_code
unit_sender_put(const struct unit_sender *s, struct slice lines, struct err *err)
{
	struct text_body text = { .text = lines };
	const struct http_body body = { lines.len, read_text, rewind_text, &text };
	struct control_request req = {
		.method = HTTP_POST,
		.body = &body,
		.type = "application/x-ndjson",
	};
	struct buf address;
	enum err_code rc;

	buf_init(&address, ADDRESS_MAX);
	buf_add_str(&address, "/v1/units");
	if (s->customer) {
		buf_add_str(&address, "?customer=");
		request_target_escape(&address, slice_of(s->customer));
	}
	req.address = address.ptr;
	rc = buf_check(&address, err);
	if (rc == ERR_OK)
		rc = control_client_ask(s->config->control, &req, s->sink, err);
	buf_done(&address);
	return rc;
}

/* Sends the whole lines of text, and leaves in it what is not whole. */
static enum err_code
put_whole(const struct unit_sender *s, struct buf *text, struct err *err)
{
	const char *last = text->len ? memrchr(text->ptr, '\n', text->len) : NULL;
	size_t whole = last ? (size_t)(last - text->ptr) + 1 : 0;

	if (whole > 0 && unit_sender_put(s, slice_head(buf_slice(text), whole), err))
		return err->code;
	text->len -= whole;
	if (text->len > 0)
		memmove(text->ptr, text->ptr + whole, text->len);
	if (text->len > UNIT_TEXT_MAX)
		return err_set(err, ERR_LIMIT, "a line of more than %d bytes is no unit",
		    UNIT_TEXT_MAX);
	return ERR_OK;
}

enum err_code
unit_sender_copy(const struct unit_sender *s, int fd, struct err *err)
{
	char piece[PIECE_BYTES];
	enum err_code rc = ERR_OK;
	struct buf text;
	ssize_t n;

	buf_init(&text, UNIT_TEXT_MAX + PIECE_BYTES);
	while (rc == ERR_OK && (n = read(fd, piece, sizeof piece)) != 0) {
		if (n < 0) {
			rc = err_errno(err, errno, "the units cannot be read");
		} else {
			buf_add(&text, piece, (size_t)n);
			rc = put_whole(s, &text, err);
		}
	}
	if (rc == ERR_OK && text.len > 0)
		rc = unit_sender_put(s, buf_slice(&text), err);
	buf_done(&text);
	return rc;
}
