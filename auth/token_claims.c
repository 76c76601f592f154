/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/token_claims.h"

#include <jansson.h>
#include <stdint.h>
#include <string.h>

#include "auth/entra_json.h"
#include "auth/secret_text.h"
#include "auth/token_answer.h"

/* --- the payload --- */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* Base64url without padding; bits of the last character that belong to no byte do not count. */
static bool
decode(struct slice text, struct buf *out)
{
	uint32_t bits = 0;
	unsigned n = 0;

	if (text.len % 4 == 1)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		const char *at = memchr(alphabet, text.ptr[i], sizeof alphabet - 1);

		if (!at)
			return false;
		bits = bits << 6 | (uint32_t)(at - alphabet);
		n += 6;
		if (n >= 8) {
			n -= 8;
			buf_add_char(out, (char)(bits >> n & 0xff));
		}
	}
	return true;
}

/* The middle one of three parts. */
static bool
find_payload(struct slice token, struct slice *out)
{
	const char *first = token.len > 0 ? memchr(token.ptr, '.', token.len) : NULL;
	const char *second;

	if (!first)
		return false;
	token = slice_from(token, (size_t)(first - token.ptr) + 1);
	second = token.len > 0 ? memchr(token.ptr, '.', token.len) : NULL;
	if (!second)
		return false;
	*out = slice_head(token, (size_t)(second - token.ptr));
	return true;
}

/* NULL: it cannot be read. */
static json_t *
read_payload(struct slice token)
{
	struct slice text;
	struct buf plain;
	json_t *doc = NULL;
	struct err err;

	if (token.len > TOKEN_MAX || !find_payload(token, &text))
		return NULL;
	secret_text_init(&plain, TOKEN_MAX);
	if (!decode(text, &plain) || buf_check(&plain, &err) ||
	    entra_json_parse(buf_slice(&plain), &doc, &err))
		doc = NULL;
	secret_text_done(&plain);
	return doc;
}

/* --- what it says --- */

/* Templates of roles, which have the same id in every tenant. Source: sources.md#token-claims */
static const struct role {
	const char *id;
	const char *name; /* NULL: every user has it */
} roles[] = {
	{ "b79fbf4d-3ef9-4689-8143-76b194e85509", NULL },
	{ "62e90394-69f5-4237-9190-012177145e10", "Global Administrator" },
	{ "f2ef992c-3afb-46b9-b7cf-a126ee74c451", "Global Reader" },
	{ "fe930be7-5e62-47db-91af-98c3a49a38b1", "User Administrator" },
	{ "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3", "Application Administrator" },
	{ "158c047a-c907-4556-b7ef-446551a6b5f7", "Cloud Application Administrator" },
	{ "194ae4cb-b126-40b2-bd5b-6091b380977d", "Security Administrator" },
	{ "3a2c62db-5318-420d-8d74-23affee5d9d5", "Intune Administrator" },
	{ "b0f54661-2d74-4c50-afa3-1ec803f12efe", "Billing Administrator" },
	{ "4ba39ca4-527c-499a-b93d-d9b492c50246", "Partner Tier1 Support" },
	{ "e00e864a-17c5-4a4b-9c06-f5b95a8d5bd8", "Partner Tier2 Support" },
};

/* What a person reads for it; empty: nothing. */
static struct slice
role_name(struct slice id)
{
	for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
		if (slice_eq_nocase(id, slice_of(roles[i].id)))
			return slice_of(roles[i].name ? roles[i].name : "");
	}
	return id;
}

/* A text that does not fit is none: half an account is another's. */
static bool
copy(char *out, size_t size, struct slice text)
{
	if (text.len == 0 || text.len >= size)
		return false;
	memcpy(out, text.ptr, text.len);
	out[text.len] = '\0';
	return true;
}

static void
add_text(char *out, size_t size, const json_t *doc, const char *const *claim)
{
	for (; out[0] == '\0' && *claim; claim++)
		(void)copy(out, size, entra_json_text(doc, *claim));
}

/* As many as there is room for. */
static void
add_roles(struct token_claims *c, const json_t *doc)
{
	const json_t *wids = json_object_get(doc, "wids");
	struct buf names;
	json_t *id;
	size_t i;

	if (c->roles[0] != '\0')
		return;
	buf_init(&names, TOKEN_ROLES_SIZE - 1);
	json_array_foreach(wids, i, id)
	{
		struct slice name =
		    role_name((struct slice){ json_string_value(id), json_string_length(id) });
		size_t room = names.max - names.len;

		if (name.len == 0 || name.len + 2 > room)
			continue;
		if (names.len > 0)
			buf_add_str(&names, ", ");
		buf_add_slice(&names, name);
	}
	(void)copy(c->roles, sizeof c->roles, buf_slice(&names));
	buf_done(&names);
}

static void
add_mfa(struct token_claims *c, const json_t *doc)
{
	const json_t *amr = json_object_get(doc, "amr");
	json_t *how;
	size_t i;

	if (c->mfa == TOKEN_MFA_DONE || !json_is_array(amr))
		return;
	c->mfa = TOKEN_MFA_MISSING;
	json_array_foreach(amr, i, how)
	{
		const char *word = json_string_value(how);

		if (word && (strcmp(word, "mfa") == 0 || strcmp(word, "ngcmfa") == 0))
			c->mfa = TOKEN_MFA_DONE;
	}
}

bool
token_claims_add(struct token_claims *c, struct slice token)
{
	static const char *const tenant[] = { "tid", NULL };
	static const char *const account[] = { "upn", "preferred_username", "unique_name", NULL };
	json_t *doc = read_payload(token);

	if (!doc)
		return false;
	add_text(c->tenant, sizeof c->tenant, doc, tenant);
	add_text(c->account, sizeof c->account, doc, account);
	add_roles(c, doc);
	add_mfa(c, doc);
	json_decref(doc);
	return true;
}
