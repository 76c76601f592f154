/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/device_code.h"

#include <stdbool.h>
#include <string.h>

#include "auth/entra_json.h"
#include "auth/token_answer.h"

/* Source: sources.md#device-code */
enum { LIFE_S = 900, INTERVAL_S = 5 };

/* A person reads it, and a terminal shows it. */
static bool
is_printable(struct slice s, char least)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < least || s.ptr[i] > '~')
			return false;
	}
	return true;
}

static enum err_code
take_text(const json_t *doc, const char *member, char least, char *out, size_t size,
    struct err *err)
{
	struct slice text = entra_json_text(doc, member);

	if (text.len == 0)
		return err_set(err, ERR_FORMAT, "there is no %s", member);
	if (text.len >= size)
		return err_set(err, ERR_LIMIT, "%s is longer than %zu bytes", member, size - 1);
	if (!is_printable(text, least))
		return err_set(err, ERR_FORMAT, "%s has characters that nobody can type", member);
	memcpy(out, text.ptr, text.len);
	out[text.len] = '\0';
	return ERR_OK;
}

/* A person will open it: nothing but a web page. */
static enum err_code
take_uri(const json_t *doc, struct device_code *c, struct err *err)
{
	if (take_text(doc, "verification_uri", '!', c->uri, sizeof c->uri, err))
		return err->code;
	if (!slice_starts_nocase(slice_of(c->uri), slice_of("https://")) &&
	    !slice_starts_nocase(slice_of(c->uri), slice_of("http://")))
		return err_set(err, ERR_FORMAT, "verification_uri is no web address");
	return ERR_OK;
}

/* Seconds, as a number or as text; without any it is usual. */
static enum err_code
take_seconds(const json_t *doc, const char *member, uint64_t usual, uint64_t max, uint64_t *out,
    struct err *err)
{
	const json_t *value = json_object_get(doc, member);
	json_int_t number = json_integer_value(value);
	uint64_t s = usual;

	if (json_is_integer(value) && number > 0 && (uint64_t)number <= max)
		s = (uint64_t)number;
	else if (value && (!slice_to_u64(entra_json_text(doc, member), max, &s) || s == 0))
		return err_set(err, ERR_FORMAT, "%s is no sensible number of seconds", member);
	*out = s;
	return ERR_OK;
}

static enum err_code
take_device(const json_t *doc, struct device_code *c, struct err *err)
{
	struct slice code = entra_json_text(doc, "device_code");

	if (code.len == 0)
		return err_set(err, ERR_FORMAT, "there is no device_code");
	if (code.len > TOKEN_MAX)
		return err_set(err, ERR_LIMIT, "device_code is longer than %d bytes", TOKEN_MAX);
	return secret_new(code.ptr, code.len, &c->device, err);
}

/* The secret comes last: what fails before has nothing to release. */
static enum err_code
read_members(const json_t *doc, struct device_code *c, struct err *err)
{
	if (take_text(doc, "user_code", ' ', c->user, sizeof c->user, err) ||
	    take_uri(doc, c, err) ||
	    take_seconds(doc, "expires_in", LIFE_S, DEVICE_CODE_LIFE_MAX_S, &c->life_s, err) ||
	    take_seconds(doc, "interval", INTERVAL_S, DEVICE_CODE_INTERVAL_MAX_S, &c->interval_s,
	        err))
		return err->code;
	return take_device(doc, c, err);
}

enum err_code
device_code_parse(struct slice body, struct device_code *out, struct err *err)
{
	struct device_code c = { .device = NULL };
	json_t *doc;
	enum err_code rc;

	if (body.len > DEVICE_CODE_ANSWER_MAX)
		return err_set(err, ERR_LIMIT, "longer than %d bytes", DEVICE_CODE_ANSWER_MAX);
	if ((rc = entra_json_parse(body, &doc, err)))
		return rc;
	rc = read_members(doc, &c, err);
	json_decref(doc);
	if (rc == ERR_OK)
		*out = c;
	return rc;
}

void
device_code_done(struct device_code *c)
{
	secret_free(c->device);
	*c = (struct device_code){ .device = NULL };
}

enum device_code_news
device_code_news(const struct http_response *rsp)
{
	static const char *const word[] = {
		[DEVICE_CODE_PENDING] = "authorization_pending",
		[DEVICE_CODE_SLOW_DOWN] = "slow_down",
		[DEVICE_CODE_EXPIRED] = "expired_token",
	};
	enum device_code_news news = 0;
	struct slice error;
	json_t *doc;
	struct err err;

	if (entra_json_parse(rsp->body, &doc, &err))
		return DEVICE_CODE_OVER;
	error = entra_json_text(doc, "error");
	while (news < DEVICE_CODE_OVER && !slice_eq(error, slice_of(word[news])))
		news++;
	json_decref(doc);
	return news;
}
