/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulator/forms.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/simulator/json_make.h"
#include "tests/simulator/must.h"

#define TYPE_SERVICE "application/json; charset=utf-8"
#define TOKEN_PREFIX "opaque-"

enum { CODE_NO_RELATIONSHIP = 20002 };

/* Echoes an id, or makes one up if the client left that to the service. */
static void
set_id(struct simulator *sim, struct exchange *x, const char *name, const char *lower)
{
	const char *sent = exchange_header(x, lower);
	char fresh[GUID_SIZE];

	if (!sent)
		chance_guid(&sim->ids, fresh);
	exchange_set_header(x, name, sent ? sent : fresh);
}

void
forms_empty(struct simulator *sim, struct exchange *x, unsigned status)
{
	char vector[17];
	char cv[sizeof vector + 2];

	exchange_answer(x, status);
	set_id(sim, x, "MS-CorrelationId", "ms-correlationid");
	set_id(sim, x, "MS-RequestId", "ms-requestid");
	chance_text(&sim->forms, vector, sizeof vector);
	(void)snprintf(cv, sizeof cv, "%s.0", vector);
	exchange_set_header(x, "MS-CV", cv);
	exchange_set_header(x, "MS-ServerId", "101112012");
}

/* --- JSON --- */

static json_t *shuffled(struct chance *c, json_t *value);

static json_t *
shuffled_list(struct chance *c, json_t *list)
{
	json_t *out = must_have(json_array());
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		json_make_append(out, shuffled(c, item));
	}
	return out;
}

static json_t *
shuffled_members(struct chance *c, json_t *object)
{
	const char **key = must_have(calloc(json_object_size(object) + 1, sizeof *key));
	json_t *out = must_have(json_object());
	const char *name;
	json_t *value;
	size_t n = 0;

	json_object_foreach(object, name, value)
	{
		size_t place = chance_below(c, n + 1);

		key[n++] = key[place];
		key[place] = name;
	}
	for (size_t i = 0; i < n; i++) {
		value = json_object_get(object, key[i]);
		json_make_set(out, key[i], shuffled(c, value));
	}
	free(key);
	return out;
}

/* The same with members in another order: jansson writes them as they were put in. */
static json_t *
shuffled(struct chance *c, json_t *value)
{
	if (json_is_array(value))
		return shuffled_list(c, value);
	if (json_is_object(value))
		return shuffled_members(c, value);
	return json_incref(value);
}

static bool
wants_bom(struct simulator *sim)
{
	enum bom_form bom = sim->scenario->forms.bom;

	return bom == BOM_ALWAYS || (bom == BOM_RANDOM && chance_hits(&sim->forms, 0.5));
}

void
forms_json(struct simulator *sim, struct exchange *x, unsigned status, json_t *doc)
{
	const struct form_plan *forms = &sim->scenario->forms;

	forms_empty(sim, x, status);
	if (forms->extra_members && chance_hits(&sim->forms, 0.5))
		json_make_set(doc, "serviceRegion", json_pack("{s:[i,n]}", "codes", 7));
	if (forms->members == MEMBER_ORDER_SHUFFLED) {
		json_t *ordered = shuffled(&sim->forms, doc);

		json_decref(doc);
		doc = ordered;
	}
	if (wants_bom(sim))
		exchange_set_body(x, NULL, slice_of("\xef\xbb\xbf"));
	exchange_set_json(x, TYPE_SERVICE, doc);
}

void
forms_collection(struct simulator *sim, struct exchange *x, size_t total, json_t *items,
    const char *token, json_t *links)
{
	json_t *doc = must_have(json_pack("{s:I, s:o, s:s*, s:o*, s:{s:s}}", "totalCount",
	    (json_int_t)total, "items", items, "continuationToken", token, "links", links,
	    "attributes", "objectType", "Collection"));

	forms_json(sim, x, 200, doc);
}

/* --- errors --- */

/* A real log has this one code as a number, all others are documented as text. */
static json_t *
error_code(const struct simulator *sim, unsigned code)
{
	enum code_form form = sim->scenario->forms.codes;
	char text[16];

	if (form == CODE_FORM_NUMBER ||
	    (form == CODE_FORM_REFERENCE && code == CODE_NO_RELATIONSHIP))
		return must_have(json_integer(code));
	(void)snprintf(text, sizeof text, "%u", code);
	return must_have(json_string(text));
}

void
forms_error(struct simulator *sim, struct exchange *x, unsigned status, unsigned code,
    const char *description, const char *source, json_t *data)
{
	json_t *doc = must_have(json_pack("{s:o, s:s, s:o*, s:s}", "code", error_code(sim, code),
	    "description", description, "data", data, "source", source));

	forms_json(sim, x, status, doc);
}

void
forms_retry_after(struct simulator *sim, struct exchange *x, uint64_t retry_after_s,
    enum retry_form form)
{
	char text[64];

	(void)snprintf(text, sizeof text, "%llu", (unsigned long long)retry_after_s);
	if (form == RETRY_AS_DATE) {
		int64_t ms = simulator_unix_ms(sim, simulator_now_ms(sim));
		/* Rounded up: a date has no fraction, and must not allow what is too early. */
		time_t at = (time_t)((ms + 999) / 1000 + (int64_t)retry_after_s);
		struct tm tm;

		(void)strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&at, &tm));
	}
	exchange_set_header(x, "Retry-After", text);
}

void
forms_throttled(struct simulator *sim, struct exchange *x, uint64_t retry_after_s,
    enum retry_form form)
{
	char text[128];

	exchange_answer(x, 429);
	(void)snprintf(text, sizeof text,
	    "{ \"statusCode\": 429, \"message\": \"Rate limit is exceeded. Try again in %llu "
	    "seconds.\" }",
	    (unsigned long long)retry_after_s);
	exchange_set_body(x, "application/json", slice_of(text));
	forms_retry_after(sim, x, retry_after_s, form);
}

void
forms_bad_token(struct exchange *x)
{
	exchange_answer(x, 401);
	exchange_set_header(x, "WWW-Authenticate", "Bearer error=\"invalid_token\"");
}

/* --- single values --- */

json_t *
forms_time(struct simulator *sim, uint64_t ms)
{
	enum time_form form = sim->scenario->forms.times;
	int64_t unix_ms = simulator_unix_ms(sim, ms);
	time_t at = (time_t)(unix_ms / 1000);
	char date[32];
	char text[64];
	struct tm tm;

	if (form == TIME_FORM_MIXED)
		form = (enum time_form)(TIME_FORM_PLAIN + chance_below(&sim->forms, 3));
	if (form == TIME_FORM_OFFSET)
		at -= 7 * 3600;
	(void)strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", gmtime_r(&at, &tm));
	if (form == TIME_FORM_OFFSET)
		(void)snprintf(text, sizeof text, "%s.%03d0092-07:00", date, (int)(unix_ms % 1000));
	else
		(void)snprintf(text, sizeof text, "%s%s", date, form == TIME_FORM_Z ? "Z" : "");
	return must_have(json_string(text));
}

void
forms_token(size_t offset, char out[32])
{
	char text[24];
	int len = snprintf(text, sizeof text, TOKEN_PREFIX "%zu", offset);

	assert(offset <= BOOKS_DEVICES_MAX); /* so that it fits */
	(void)EVP_EncodeBlock((unsigned char *)out, (const unsigned char *)text, len);
}

/* Whatever is a token is one that encodes to itself again. */
bool
forms_token_read(const char *token, size_t *offset)
{
	unsigned char text[24] = "";
	char again[32];
	uint64_t number;

	if (strlen(token) > 28 ||
	    EVP_DecodeBlock(text, (const unsigned char *)token, (int)strlen(token)) <
	        (int)sizeof TOKEN_PREFIX)
		return false;
	if (!slice_to_u64(slice_of((const char *)text + sizeof TOKEN_PREFIX - 1), BOOKS_DEVICES_MAX,
	        &number))
		return false;
	forms_token(number, again);
	if (strcmp(again, token) != 0)
		return false;
	*offset = number;
	return true;
}
