/* SPDX-License-Identifier: Apache-2.0 */
#include "partner/batch_body.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "devices/base64.h"
#include "devices/base64_encode.h"

/*
 * The text is a run of parts:
 *
 *    OPEN ( HEAD HASH TAIL )* CLOSE
 *
 * HEAD is what stands before the hash of a device, TAIL what stands behind it. All but HASH are
 * short and are put together in scratch when their turn comes.
 */
enum part { PART_OPEN, PART_HEAD, PART_HASH, PART_TAIL, PART_CLOSE, PART_END };

struct batch_body {
	struct http_body stream;
	const struct batch *batch;
	enum batch_body_form form;
	enum part part;
	size_t device;  /* that HEAD, HASH and TAIL belong to */
	size_t at;      /* characters of the part that have been read */
	size_t len;     /* of the part */
	char scratch[]; /* holds the longest part but HASH */
};

/* --- JSON --- */

/*
 * Texts are measured and written by the same code, so that they cannot disagree: with to NULL
 * nothing is written.
 */
struct out {
	char *to;
	size_t len;
};

static void
put(struct out *o, const char *text, size_t len)
{
	if (o->to)
		memcpy(o->to + o->len, text, len);
	o->len += len;
}

static void
put_str(struct out *o, const char *text)
{
	put(o, text, strlen(text));
}

static bool
is_plain(char c)
{
	return (unsigned char)c >= ' ' && c != '"' && c != '\\';
}

/* Quote and backslash get a backslash, control characters their number. */
static void
put_escape(struct out *o, char c)
{
	static const char hex[] = "0123456789abcdef";
	const char number[] = { '\\', 'u', '0', '0', hex[(unsigned char)c >> 4], hex[c & 0xf] };
	const char pair[] = { '\\', c };

	if ((unsigned char)c < ' ')
		put(o, number, sizeof number);
	else
		put(o, pair, sizeof pair);
}

/* Bytes beyond ASCII stay as they are: the texts are UTF-8. */
static void
put_escaped(struct out *o, struct slice text)
{
	while (text.len > 0) {
		size_t plain = 0;

		while (plain < text.len && is_plain(text.ptr[plain]))
			plain++;
		put(o, text.ptr, plain);
		if (plain == text.len)
			break;
		put_escape(o, text.ptr[plain]);
		text = slice_from(text, plain + 1);
	}
}

/* What begins a member, with the comma before it: left out for the first, and then no more. */
static void
put_name(struct out *o, const char *name, bool *first)
{
	put_str(o, *first ? name + 1 : name);
	*first = false;
}

/* A member of a device, if it has a value. */
static void
put_member(struct out *o, const char *name, struct slice value, bool *first)
{
	if (value.len == 0)
		return;
	put_name(o, name, first);
	put_escaped(o, value);
	put_str(o, "\"");
}

/* --- the parts --- */

static void
put_head(struct out *o, const struct batch_body *b, size_t device)
{
	const struct batch_device *d = &b->batch->device[device];
	bool first = true;

	put_str(o, device == 0 ? "{" : ",{");
	put_member(o, ",\"serialNumber\":\"", d->serial, &first);
	put_member(o, ",\"productKey\":\"", d->product_id, &first);
	if (d->hash_len > 0)
		put_name(o, ",\"hardwareHash\":\"", &first);
}

static void
put_tail(struct out *o, const struct batch_body *b, size_t device)
{
	const struct batch_device *d = &b->batch->device[device];
	bool first = d->serial.len == 0 && d->product_id.len == 0 && d->hash_len == 0;

	if (d->hash_len > 0)
		put_str(o, "\"");
	put_member(o, ",\"oemManufacturerName\":\"", d->manufacturer, &first);
	put_member(o, ",\"modelName\":\"", d->model, &first);
	if (b->form == BATCH_BODY_APPEND)
		put_name(o, ",\"attributes\":{\"objectType\":\"Device\"}", &first);
	put_str(o, "}");
}

static void
put_part(struct out *o, const struct batch_body *b, enum part part, size_t device)
{
	switch (part) {
	case PART_OPEN:
		if (b->form == BATCH_BODY_CREATE) {
			put_str(o, "{\"batchId\":\"");
			put_escaped(o, slice_of(b->batch->tag));
			put_str(o, "\",\"devices\":");
		}
		put_str(o, "[");
		break;
	case PART_HEAD:
		put_head(o, b, device);
		break;
	case PART_TAIL:
		put_tail(o, b, device);
		break;
	case PART_CLOSE:
		put_str(o, "]");
		if (b->form == BATCH_BODY_CREATE)
			put_str(o,
			    ",\"attributes\":{\"objectType\":\"DeviceBatchCreationRequest\"}}");
		break;
	case PART_HASH:
	case PART_END:
		break;
	}
}

static size_t
part_len(const struct batch_body *b, enum part part, size_t device)
{
	struct out o = { NULL, 0 };

	if (part == PART_HASH) {
		const struct batch_device *d = &b->batch->device[device];

		assert(d->hash.len <= d->hash_len);
		return BASE64_ENCODED_LEN((size_t)d->hash_len);
	}
	put_part(&o, b, part, device);
	return o.len;
}

static void
begin_part(struct batch_body *b, enum part part, size_t device)
{
	struct out o = { b->scratch, 0 };

	put_part(&o, b, part, device);
	b->part = part;
	b->device = device;
	b->at = 0;
	b->len = part == PART_HASH ? part_len(b, part, device) : o.len;
}

static void
next_part(struct batch_body *b)
{
	switch (b->part) {
	case PART_OPEN:
		begin_part(b, b->batch->ndevice > 0 ? PART_HEAD : PART_CLOSE, 0);
		break;
	case PART_HEAD:
		begin_part(b, PART_HASH, b->device);
		break;
	case PART_HASH:
		begin_part(b, PART_TAIL, b->device);
		break;
	case PART_TAIL:
		if (b->device + 1 < b->batch->ndevice)
			begin_part(b, PART_HEAD, b->device + 1);
		else
			begin_part(b, PART_CLOSE, 0);
		break;
	case PART_CLOSE:
	case PART_END:
		begin_part(b, PART_END, 0);
		break;
	}
}

/* --- the hash --- */

/* One group of four characters, as far as there are bytes for it. */
static void
encode_group(const struct batch_device *d, size_t group, char out[4])
{
	size_t from = 3 * group;
	size_t n = d->hash_len - from < 3 ? d->hash_len - from : 3;
	uint8_t bytes[3] = { 0, 0, 0 };

	for (size_t i = 0; i < n && from + i < d->hash.len; i++)
		bytes[i] = (uint8_t)d->hash.ptr[from + i];
	base64_encode(bytes, n, out);
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * Characters at to at+n of the base64 text of a hash. Groups that are all data are encoded in bulk,
 * those that are all zero bytes are known to be "AAAA"; what is left is the group where data
 * end, the last one with its padding, and those that the reader cuts.
 */
static void
put_hash(const struct batch_device *d, size_t at, char *out, size_t n)
{
	const size_t data = d->hash.len / 3;
	const size_t zero = (d->hash.len + 2) / 3;
	const size_t whole = d->hash_len / 3;

	while (n > 0) {
		size_t group = at / 4;
		size_t skip = at % 4;
		size_t groups = 0;
		size_t len;

		if (skip == 0 && group < data) {
			groups = least(n / 4, data - group);
			base64_encode_groups((const uint8_t *)d->hash.ptr + 3 * group, groups, out);
		} else if (skip == 0 && group >= zero && group < whole) {
			groups = least(n / 4, whole - group);
			memset(out, 'A', 4 * groups);
		}
		len = 4 * groups;
		if (groups == 0) {
			char one[4];

			encode_group(d, group, one);
			len = least(n, 4 - skip);
			memcpy(out, one + skip, len);
		}
		at += len;
		out += len;
		n -= len;
	}
}

/* --- the stream --- */

static size_t
body_read(void *arg, char *out, size_t cap)
{
	struct batch_body *b = arg;
	size_t done = 0;

	while (done < cap && b->part != PART_END) {
		size_t n = least(b->len - b->at, cap - done);

		if (b->part == PART_HASH)
			put_hash(&b->batch->device[b->device], b->at, out + done, n);
		else
			memcpy(out + done, b->scratch + b->at, n);
		done += n;
		b->at += n;
		if (b->at == b->len)
			next_part(b);
	}
	return done;
}

static void
body_rewind(void *arg)
{
	begin_part(arg, PART_OPEN, 0);
}

static size_t
larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

/*
 * Of the whole text, and of its longest part but HASH.
 *
 * The texts of a device stand together in the batch, a hash away from those of the next. Asking for
 * them some devices ahead takes three quarters off the time that this takes, which is else half of
 * all (tests/bench/bench_body.c). It is not a function of its own because gcc drops calls of those
 * that do nothing but prefetch.
 */
static void
measure(const struct batch_body *b, uint64_t *whole, size_t *longest)
{
	enum { AHEAD = 8 };
	const struct batch_device *device = b->batch->device;
	size_t open = part_len(b, PART_OPEN, 0);
	size_t close = part_len(b, PART_CLOSE, 0);

	*whole = open + close;
	*longest = larger(open, close);
	for (size_t i = 0; i < b->batch->ndevice; i++) {
		size_t head, tail;

		if (b->batch->ndevice - i > AHEAD) {
			__builtin_prefetch(device[i + AHEAD].serial.ptr);
			__builtin_prefetch(device[i + AHEAD].model.ptr);
		}
		head = part_len(b, PART_HEAD, i);
		tail = part_len(b, PART_TAIL, i);
		*whole += head + part_len(b, PART_HASH, i) + tail;
		*longest = larger(*longest, larger(head, tail));
	}
}

enum err_code
batch_body_new(const struct batch *batch, enum batch_body_form form, struct batch_body **out,
    struct err *err)
{
	const struct batch_body plan = { .batch = batch, .form = form };
	struct batch_body *b;
	uint64_t whole;
	size_t longest;

	measure(&plan, &whole, &longest);
	b = malloc(sizeof *b + longest);
	if (!b)
		return err_set(err, ERR_NOMEM, "no memory for the body of a batch");
	*b = plan;
	b->stream = (struct http_body){ whole, body_read, body_rewind, b };
	body_rewind(b);
	*out = b;
	return ERR_OK;
}

const struct http_body *
batch_body_stream(const struct batch_body *body)
{
	return &body->stream;
}

void
batch_body_free(struct batch_body *body)
{
	free(body);
}
