/* SPDX-License-Identifier: Apache-2.0 */
#include "oem/json_pointer.h"

#include <stdint.h>

enum { TOKEN_MAX = 256 };

/*
 * Takes the next token off a pointer, with ~1 and ~0 undone. False: there is none left, or it is
 * longer than any member of ours.
 */
static bool
next_token(const char **pointer, char token[TOKEN_MAX])
{
	const char *p = *pointer;
	size_t n = 0;

	if (*p != '/')
		return false;
	for (p++; *p && *p != '/'; p++) {
		char c = *p;

		if (c == '~')
			c = *++p == '1' ? '/' : '~';
		if (n + 1 == TOKEN_MAX)
			return false;
		token[n++] = c;
	}
	token[n] = '\0';
	*pointer = p;
	return true;
}

/* The member or item of that name. */
static json_t *
step(json_t *at, const char *token)
{
	uint64_t index;

	if (json_is_object(at))
		return json_object_get(at, token);
	if (json_is_array(at) && slice_to_u64(slice_of(token), SIZE_MAX, &index))
		return json_array_get(at, (size_t)index);
	return NULL;
}

json_t *
json_pointer_get(json_t *root, const char *pointer)
{
	char token[TOKEN_MAX];
	json_t *at = root;

	if (!pointer)
		return NULL;
	while (at && *pointer)
		at = next_token(&pointer, token) ? step(at, token) : NULL;
	return at;
}

/* The object of that name in another, made if there is none; NULL: something else is there. */
static json_t *
enter(json_t *at, const char *token)
{
	json_t *next = json_object_get(at, token);

	if (next)
		return json_is_object(next) ? next : NULL;
	next = json_object();
	return json_object_set_new(at, token, next) ? NULL : next;
}

bool
json_pointer_put(json_t *root, const char *pointer, json_t *value)
{
	char token[TOKEN_MAX];
	json_t *at = root;
	bool last = false;

	while (at && !last && next_token(&pointer, token)) {
		last = *pointer == '\0';
		if (!last)
			at = enter(at, token);
	}
	if (!last || !json_is_object(at) || json_object_get(at, token)) {
		json_decref(value);
		return false;
	}
	return json_object_set_new(at, token, value) == 0;
}

struct slice
json_pointer_text(json_t *root, const char *pointer, char number[ANSWER_NUMBER_SIZE])
{
	const json_t *value = json_pointer_get(root, pointer);

	if (json_is_boolean(value))
		return slice_of(json_is_true(value) ? "true" : "false");
	return answer_json_scalar(value, number);
}
