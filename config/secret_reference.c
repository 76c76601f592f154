/* SPDX-License-Identifier: Apache-2.0 */
#include "config/secret_reference.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "config/credential_path.h"
#include "config/file_look.h"
#include "config/value_type.h"

static const struct {
	const char *what; /* as the end of a sentence */
	struct key key;
} kind[] = {
	[SECRET_CREDENTIAL] = { "the name of a credential", { "credential", .type = TYPE_TEXT } },
	[SECRET_FILE] = { "the path of a file", { "file", .type = TYPE_PATH } },
	[SECRET_ENV] = { "the name of a variable", { "env", .type = TYPE_TEXT } },
	[SECRET_PKCS11] = { "a PKCS#11 URI, or the PIN stands in it",
	    { "pkcs11", .type = TYPE_TEXT } },
	[SECRET_TPM2] = { "the path of a key file, or handle:0x81000001",
	    { "tpm2", .type = TYPE_PATH } },
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

bool
secret_reference_is_outside(const struct secret_ref *ref)
{
	return ref->kind == SECRET_PKCS11 || ref->kind == SECRET_TPM2;
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

/* Any file may have the PIN in it, so that pin-source is no better than pin-value. */
static bool
is_token_uri(struct slice s)
{
	static const char scheme[] = "pkcs11:";

	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] <= ' ' || s.ptr[i] > '~')
			return false;
	}
	return s.len > sizeof scheme - 1 && s.len <= TEXT_MAX &&
	    memcmp(s.ptr, scheme, sizeof scheme - 1) == 0 &&
	    !memmem(s.ptr, s.len, "pin-value=", strlen("pin-value=")) &&
	    !memmem(s.ptr, s.len, "pin-source=", strlen("pin-source="));
}

static bool
is_handle(struct slice s)
{
	static const char prefix[] = "handle:0x";

	if (s.len <= sizeof prefix - 1 || s.len > sizeof prefix - 1 + 8 ||
	    memcmp(s.ptr, prefix, sizeof prefix - 1) != 0)
		return false;
	for (size_t i = sizeof prefix - 1; i < s.len; i++) {
		if (!strchr("0123456789abcdefABCDEF", s.ptr[i]) || s.ptr[i] == '\0')
			return false;
	}
	return true;
}

static bool
is_good(enum secret_kind k, struct slice s)
{
	switch (k) {
	case SECRET_FILE:
	case SECRET_TPM2:
		return is_path(s);
	case SECRET_PKCS11:
		return is_token_uri(s);
	default:
		return is_word(s, k == SECRET_CREDENTIAL);
	}
}

static const char *
placeholder(enum secret_kind k)
{
	switch (k) {
	case SECRET_FILE:
	case SECRET_TPM2:
		return "PATH";
	case SECRET_PKCS11:
		return "\"pkcs11:token=NAME;object=NAME\"";
	default:
		return "NAME";
	}
}

/* A handle is no path, and is left as it is. */
static bool
read_where(const struct value_text *text, enum secret_kind k, const struct value_context *c,
    const char **out)
{
	struct key as = kind[k].key;

	if (k == SECRET_TPM2 && is_handle(text->text))
		as.type = TYPE_TEXT;
	return config_value_read(&as, text, c, out);
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
	if (k->type != TYPE_SIGNING_KEY && secret_reference_is_outside(&ref))
		return refuse(k, where->key->at, c,
		    "a token or TPM only keeps the private_key of a certificate that signs");
	if (where->kind != NODE_SCALAR || !is_good(ref.kind, where->text) ||
	    (where->plain && value_type_is_typed(where->text))) {
		problem_advise(problems_add(c->problems, where->at, "%s: this is not %s", k->name,
		                   kind[ref.kind].what),
		    "Write %s: {%s: %s}.", k->name, kind[ref.kind].key.name, placeholder(ref.kind));
		return false;
	}
	text = (struct value_text){ .text = where->text, .at = where->at };
	if (!read_where(&text, ref.kind, c, &ref.where))
		return false;
	*out = ref;
	return true;
}

void
secret_reference_look(const char *key, const struct secret_ref *ref, bool private, struct place at,
    const struct value_context *c)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	char *path;
	struct err err;

	if (ref->kind == SECRET_FILE)
		file_look(ref->where, private, key, at, c->problems);
	/* What a TPM keeps is sealed: others may see it. */
	if (ref->kind == SECRET_TPM2 && !is_handle(slice_of(ref->where)))
		file_look(ref->where, false, key, at, c->problems);
	if (ref->kind != SECRET_CREDENTIAL || !folder)
		return;
	if (credential_path(folder, ref->where, &path, &err)) {
		c->arena->failed = true;
		return;
	}
	/* Who may read it, the system has settled; the mode may be that of an access list. */
	file_look(path, false, key, at, c->problems);
	free(path);
}
