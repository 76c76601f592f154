/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/tools/request_target.h"

#include <stdlib.h>
#include <string.h>

#include "base/percent.h"

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* In place: what is decoded is never longer. */
static enum err_code
decode(char *text, struct err *err)
{
	char *to = text;

	for (const char *from = text; *from != '\0'; from++) {
		int high, low;

		if (*from != '%') {
			*to++ = *from;
			continue;
		}
		high = hex_digit(from[1]);
		low = high < 0 ? -1 : hex_digit(from[2]);
		if (low < 0 || high + low == 0)
			return err_set(err, ERR_FORMAT, "a bad escape in the address: %%%.2s",
			    from + 1);
		*to++ = (char)(high * 16 + low);
		from += 2;
	}
	*to = '\0';
	return ERR_OK;
}

static enum err_code
read_path(struct request_target *t, char *path, struct err *err)
{
	while (path) {
		char *segment = strsep(&path, "/");

		if (t->nsegment == TARGET_SEGMENTS_MAX)
			return err_set(err, ERR_LIMIT, "the address is too deep");
		if (decode(segment, err))
			return err->code;
		t->segment[t->nsegment++] = segment;
	}
	return ERR_OK;
}

static enum err_code
add_parameter(struct request_target *t, char *value, struct err *err)
{
	char *name = strsep(&value, "=");

	if (!value)
		value = name + strlen(name);
	if (t->nparameter == TARGET_PARAMETERS_MAX)
		return err_set(err, ERR_LIMIT, "too many parameters");
	if (decode(value, err))
		return err->code;
	if (request_target_parameter(t, name))
		return err_set(err, ERR_FORMAT, "the parameter %s is given twice", name);
	t->parameter[t->nparameter++] = (struct target_parameter){ name, value };
	return ERR_OK;
}

static enum err_code
read_query(struct request_target *t, char *query, struct err *err)
{
	while (query) {
		char *pair = strsep(&query, "&");

		if (*pair != '\0' && add_parameter(t, pair, err))
			return err->code;
	}
	return ERR_OK;
}

enum err_code
request_target_parse(const char *uri, struct request_target *out, struct err *err)
{
	struct request_target t = { .text = strdup(uri) };
	char *query = t.text;
	char *path;
	enum err_code rc;

	if (!t.text)
		return err_set(err, ERR_NOMEM, "request");
	path = strsep(&query, "?");
	if (*path != '/')
		rc = err_set(err, ERR_FORMAT, "the address is no path");
	else
		rc = read_path(&t, path[1] ? path + 1 : NULL, err);
	if (rc == ERR_OK)
		rc = read_query(&t, query, err);
	if (rc == ERR_OK)
		*out = t;
	else
		request_target_done(&t);
	return rc;
}

void
request_target_done(struct request_target *t)
{
	free(t->text);
	*t = (struct request_target){ .text = NULL };
}

bool
request_target_matches(const struct request_target *t, const char *pattern)
{
	size_t i = 0;

	for (pattern++; *pattern != '\0'; i++) {
		size_t len = strcspn(pattern, "/");
		struct slice want = { pattern, len };

		if (i == t->nsegment)
			return false;
		if (!slice_eq(want, slice_of("{}")) && !slice_eq(want, slice_of(t->segment[i])))
			return false;
		pattern += len + (pattern[len] == '/');
	}
	return i == t->nsegment;
}

const char *
request_target_parameter(const struct request_target *t, const char *name)
{
	for (size_t i = 0; i < t->nparameter; i++) {
		if (strcmp(t->parameter[i].name, name) == 0)
			return t->parameter[i].value;
	}
	return NULL;
}

void
request_target_escape(struct buf *out, struct slice text)
{
	percent_add(out, text);
}
