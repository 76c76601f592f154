/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/token_answer.h"

#include <stdbool.h>
#include <string.h>

#include "auth/entra_json.h"

/* A token goes into a header line: nothing may be in it that ends one. */
static bool
is_token(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] <= ' ' || s.ptr[i] > '~')
			return false;
	}
	return true;
}

/* *out stays NULL if the member is absent or empty. */
static enum err_code
take_token(const json_t *doc, const char *member, struct secret **out, struct err *err)
{
	struct slice token = entra_json_text(doc, member);

	if (token.len > TOKEN_MAX)
		return err_set(err, ERR_LIMIT, "%s is longer than %d bytes", member, TOKEN_MAX);
	if (!is_token(token))
		return err_set(err, ERR_FORMAT, "%s has characters that no token has", member);
	return token.len > 0 ? secret_new(token.ptr, token.len, out, err) : ERR_OK;
}

static bool
read_life(const json_t *doc, uint64_t *life_s)
{
	const json_t *value = json_object_get(doc, "expires_in");
	json_int_t number = json_integer_value(value);
	uint64_t life;

	if (!value)
		life = TOKEN_LIFE_UNSAID_S;
	else if (json_is_integer(value) && number > 0 && number <= TOKEN_LIFE_MAX_S)
		life = (uint64_t)number;
	else if (!slice_to_u64(entra_json_text(doc, "expires_in"), TOKEN_LIFE_MAX_S, &life) ||
	    life == 0)
		return false;
	*life_s = life;
	return true;
}

/* What is in *a on error is the caller's to release. */
static enum err_code
read_members(const json_t *doc, struct token_answer *a, struct err *err)
{
	enum err_code rc;

	if (!slice_eq_nocase(entra_json_text(doc, "token_type"), slice_of("Bearer")))
		return err_set(err, ERR_FORMAT, "token_type is not Bearer");
	if (!read_life(doc, &a->life_s))
		return err_set(err, ERR_FORMAT, "expires_in is no sensible number of seconds");
	if ((rc = take_token(doc, "access_token", &a->access, err)))
		return rc;
	if (!a->access)
		return err_set(err, ERR_FORMAT, "there is no access_token");
	return take_token(doc, "refresh_token", &a->refresh, err);
}

enum err_code
token_answer_parse(struct slice body, struct token_answer *out, struct err *err)
{
	struct token_answer a = { .life_s = 0 };
	json_t *doc;
	enum err_code rc;

	if (body.len > TOKEN_ANSWER_MAX)
		return err_set(err, ERR_LIMIT, "longer than %d bytes", TOKEN_ANSWER_MAX);
	if ((rc = entra_json_parse(body, &doc, err)))
		return rc;
	rc = read_members(doc, &a, err);
	json_decref(doc);
	if (rc)
		token_answer_done(&a);
	else
		*out = a;
	return rc;
}

void
token_answer_done(struct token_answer *a)
{
	secret_free(a->access);
	secret_free(a->refresh);
	*a = (struct token_answer){ .life_s = 0 };
}
