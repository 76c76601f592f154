/* SPDX-License-Identifier: Apache-2.0 */
#include "config/secret_reference.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "config/file_look.h"
#include "config/value_type.h"

static const struct {
	const char *what; /* as the end of a sentence */
	struct key key;
} kind[] = {
	[SECRET_CREDENTIAL] = { "the name of a credential", { "credential", .type = TYPE_TEXT } },
	[SECRET_FILE] = { "the path of a file", { "file", .type = TYPE_PATH } },
	[SECRET_ENV] = { "the name of a variable", { "env", .type = TYPE_TEXT } },
};

const char *
secret_reference_word(enum secret_kind k)
{
	assert((unsigned)k > SECRET_NONE && (unsigned)k <= SECRET_KINDS);
	return kind[k].key.name;
}

static bool
refuse(const struct key *k, struct place at, const struct value_context *c, const char *what)
{
	problem_advise(problems_add(c->problems, at, "%s: %s", k->name, what),
	    "Write %s: {file: PATH}, or {credential: NAME}, or {env: NAME}.", k->name);
	return false;
}

static enum secret_kind
find_kind(struct slice word)
{
	for (unsigned i = SECRET_NONE + 1; i <= SECRET_KINDS; i++) {
		if (slice_eq(slice_of(kind[i].key.name), word))
			return (enum secret_kind)i;
	}
	return SECRET_NONE;
}

/* Letters, digits and _, and of credentials also what file names are made of. */
static bool
is_word(struct slice s, bool file_name)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		bool digit = c >= '0' && c <= '9';
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';

		if (!letter && !(digit && (i > 0 || file_name)) &&
		    !(file_name && (c == '-' || (c == '.' && i > 0))))
			return false;
	}
	return s.len > 0 && s.len <= 255;
}

static bool
is_path(struct slice s)
{
	return s.len > 0 && s.len <= TEXT_MAX && !value_type_has_control(s);
}

static bool
is_good(enum secret_kind k, struct slice s)
{
	return k == SECRET_FILE ? is_path(s) : is_word(s, k == SECRET_CREDENTIAL);
}

bool
secret_reference_read(const struct key *k, const struct node *value, const struct value_context *c,
    struct secret_ref *out)
{
	const struct node *where = value->child;
	struct secret_ref ref;
	struct value_text text;

	if (value->kind == NODE_SCALAR && value->text.len == 0)
		return refuse(k, value->at, c, "there is no value");
	if (value->kind != NODE_MAP)
		return refuse(k, value->at, c, "the secret itself stands here");
	if (!where || where->next)
		return refuse(k, value->at, c, "exactly one of credential, file and env is needed");
	ref.kind = find_kind(where->key->text);
	if (ref.kind == SECRET_NONE)
		return refuse(k, where->key->at, c, "this is none of credential, file and env");
	if (where->kind != NODE_SCALAR || !is_good(ref.kind, where->text) ||
	    (where->plain && value_type_is_typed(where->text))) {
		problem_advise(problems_add(c->problems, where->at, "%s: this is not %s", k->name,
		                   kind[ref.kind].what),
		    "Write %s: {%s: %s}.", k->name, kind[ref.kind].key.name,
		    ref.kind == SECRET_FILE ? "PATH" : "NAME");
		return false;
	}
	text = (struct value_text){ .text = where->text, .at = where->at };
	if (!config_value_read(&kind[ref.kind].key, &text, c, &ref.where))
		return false;
	*out = ref;
	return true;
}

void
secret_reference_look(const char *key, const struct secret_ref *ref, bool private, struct place at,
    const struct value_context *c)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	struct buf path;

	if (ref->kind == SECRET_FILE)
		file_look(ref->where, private, key, at, c->problems);
	if (ref->kind != SECRET_CREDENTIAL || !folder)
		return;
	/* Who may read it, the system has settled; the mode may be that of an access list. */
	buf_init(&path, 2 * TEXT_MAX);
	buf_addf(&path, "%s/%s", folder, ref->where);
	if (path.failed)
		c->arena->failed = true;
	else
		file_look(path.ptr, false, key, at, c->problems);
	buf_done(&path);
}
