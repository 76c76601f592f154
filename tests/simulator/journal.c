/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulator/journal.h"

#include <strings.h>

#include "base/utf8.h"
#include "tests/simulator/faults.h"
#include "tests/simulator/json_make.h"
#include "tests/simulator/must.h"

/* An access token by kind and number. */
static json_t *
show_token(const struct exchange *x)
{
	if (!x->token)
		return json_string("unknown token");
	return json_sprintf("%s token #%llu", x->token->user ? "user" : "app",
	    (unsigned long long)x->token->n);
}

static json_t *
show_headers(const struct simulator *sim, const struct exchange *x)
{
	const char *own = sim->scenario->maker.token_header;
	json_t *headers = must_have(json_copy(x->headers));
	const char *name;
	json_t *value;
	void *next;

	json_object_foreach_safe(headers, next, name, value)
	{
		if (own && strcasecmp(own, name) == 0)
			json_make_set(headers, name, json_string("(hidden)"));
	}
	if (exchange_header(x, "authorization"))
		json_make_set(headers, "authorization", show_token(x));
	return headers;
}

static json_t *
show_form(const struct simulator *sim, const struct exchange *x)
{
	static const char *const secret[] = { "client_secret", "client_assertion", "device_code",
		"refresh_token" };
	const char *text = exchange_field(x->content, "refresh_token");
	const struct refresh_token *t =
	    text ? issued_tokens_find_refresh(&sim->tokens, text) : NULL;
	json_t *form = must_have(json_copy(x->content));

	for (size_t i = 0; i < sizeof secret / sizeof secret[0]; i++) {
		if (json_object_get(form, secret[i]))
			json_make_set(form, secret[i], json_string("(hidden)"));
	}
	if (t)
		json_make_set(form, "refresh_token",
		    json_sprintf("refresh token #%llu", (unsigned long long)t->n));
	return form;
}

/* What is neither JSON nor a form is text, as far as it is UTF-8. */
static json_t *
show_text(struct slice body)
{
	json_t *text = json_stringn(body.ptr ? body.ptr : "", body.len);

	return text ? text : json_sprintf("(%zu bytes that are no UTF-8)", body.len);
}

static json_t *
show_body(const struct simulator *sim, const struct exchange *x)
{
	if (x->body.len == 0)
		return json_null();
	if (operation_is_for_token(x->operation))
		return x->content ? show_form(sim, x) : json_string("(not a form)");
	return x->content ? json_incref(x->content) : show_text(buf_slice(&x->body));
}

static json_t *
text_or_null(struct slice text)
{
	return text.len ? show_text(text) : json_null();
}

void
journal_write(const struct simulator *sim, const struct exchange *x)
{
	json_t *line;

	if (!sim->record)
		return;
	line = must_have(json_pack("{s:I, s:I, s:I, s:s, s:s, s:o, s:o, s:o, s:o, s:i, s:s?, s:s?}",
	    "n", (json_int_t)x->n, "time_ms", (json_int_t)x->at_ms, "connection",
	    (json_int_t)x->connection, "operation", operation_words()[x->operation], "method",
	    x->method, "path", must_have(show_text(exchange_path(x))), "query",
	    must_have(text_or_null(exchange_query(x))), "headers", show_headers(sim, x), "body",
	    must_have(show_body(sim, x)), "status", (int)x->status, "fault",
	    x->fault ? faults_word(x->fault) : NULL, "tracking", x->job ? x->job->tracking : NULL));
	(void)json_dumpf(line, sim->record, JSON_COMPACT);
	(void)fputc('\n', sim->record);
	(void)fflush(sim->record);
	json_decref(line);
}
