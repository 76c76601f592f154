/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulator/exchange.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "tests/simulator/form_fields.h"
#include "tests/simulator/json_make.h"
#include "tests/simulator/must.h"

enum { ANSWER_MAX = 256 << 20 };

struct exchange *
exchange_new(const char *uri, uint64_t at_ms)
{
	struct exchange *x = must_have(calloc(1, sizeof *x));

	x->at_ms = at_ms;
	x->uri = must_have(strdup(uri));
	x->headers = must_have(json_object());
	x->answer_headers = must_have(json_object());
	x->operation = OPERATION_UNKNOWN;
	buf_init(&x->body, EXCHANGE_BODY_MAX);
	buf_init(&x->answer, ANSWER_MAX);
	return x;
}

static void
free_args(struct exchange *x)
{
	for (size_t i = 0; i < EXCHANGE_ARGS_MAX; i++) {
		free(x->arg[i]);
		x->arg[i] = NULL;
	}
}

void
exchange_free(struct exchange *x)
{
	if (!x)
		return;
	buf_done(&x->answer);
	json_decref(x->answer_headers);
	json_decref(x->content);
	json_decref(x->query);
	free_args(x);
	buf_done(&x->body);
	json_decref(x->headers);
	free(x->uri);
	free(x->method);
	free(x);
}

/* Header fields may hold any byte; what is no UTF-8 is of no interest to anybody. */
void
exchange_add_header(struct exchange *x, const char *name, const char *value)
{
	char *lower = must_have(strdup(name));
	json_t *text = json_string(value);

	for (char *c = lower; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	json_make_set(x->headers, lower, text ? text : json_string("(no UTF-8)"));
	free(lower);
}

const char *
exchange_header(const struct exchange *x, const char *name)
{
	return exchange_field(x->headers, name);
}

const char *
exchange_field(const json_t *fields, const char *name)
{
	return json_string_value(json_object_get(fields, name));
}

struct slice
exchange_path(const struct exchange *x)
{
	return (struct slice){ x->uri, strcspn(x->uri, "?") };
}

struct slice
exchange_query(const struct exchange *x)
{
	const char *mark = strchr(x->uri, '?');

	return slice_of(mark ? mark + 1 : "");
}

/* The next segment of a path without its slashes; false at the end. */
static bool
next_segment(struct slice *path, struct slice *segment)
{
	size_t n = 0;

	while (path->len > 0 && path->ptr[0] == '/')
		*path = slice_from(*path, 1);
	while (n < path->len && path->ptr[n] != '/')
		n++;
	*segment = slice_head(*path, n);
	*path = slice_from(*path, n);
	return n > 0;
}

bool
exchange_matches(struct exchange *x, const char *pattern)
{
	struct slice want = slice_of(pattern);
	struct slice have = exchange_path(x);
	struct slice wanted;
	struct slice segment;
	size_t n = 0;
	bool more;

	free_args(x);
	while ((more = next_segment(&want, &wanted)) == next_segment(&have, &segment) && more) {
		char *text = form_fields_decode(segment, false);

		if (text && slice_eq(wanted, slice_of("{}"))) {
			assert(n < EXCHANGE_ARGS_MAX);
			x->arg[n++] = text;
			continue;
		}
		more = text && slice_eq_nocase(wanted, slice_of(text));
		free(text);
		if (!more)
			return false;
	}
	return want.len == 0 && !more && segment.len == 0;
}

void
exchange_answer(struct exchange *x, unsigned status)
{
	x->status = status;
	json_object_clear(x->answer_headers);
	buf_reset(&x->answer);
}

void
exchange_set_header(struct exchange *x, const char *name, const char *value)
{
	json_make_set(x->answer_headers, name, json_string(value));
}

void
exchange_set_body(struct exchange *x, const char *type, struct slice body)
{
	if (type)
		exchange_set_header(x, "Content-Type", type);
	buf_add_slice(&x->answer, body);
}

void
exchange_set_json(struct exchange *x, const char *type, json_t *doc)
{
	char *text = must_have(json_dumps(doc, JSON_COMPACT));

	exchange_set_body(x, type, slice_of(text));
	free(text);
	json_decref(doc);
}
