/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulator/issued_tokens.h"

#include <stdlib.h>
#include <string.h>

#include "tests/simulator/must.h"

static char *
make_text(struct chance *ids, const char *text)
{
	char fresh[ISSUED_TOKEN_BYTES];

	if (text)
		return must_copy(text);
	chance_text(ids, fresh, sizeof fresh);
	return must_copy(fresh);
}

struct access_token *
issued_tokens_access(struct issued_tokens *t, struct chance *ids, const char *text)
{
	struct access_token *token;

	if (t->access_count == ISSUED_TOKENS_MAX)
		return NULL;
	token = must_have(calloc(1, sizeof *token));
	token->text = make_text(ids, text);
	token->n = ++t->access_count;
	token->next = t->access;
	t->access = token;
	return token;
}

struct refresh_token *
issued_tokens_refresh(struct issued_tokens *t, struct chance *ids, const char *text,
    const char *client_id, struct refresh_token *parent)
{
	struct refresh_token *token;

	if (t->refresh_count == ISSUED_TOKENS_MAX)
		return NULL;
	token = must_have(calloc(1, sizeof *token));
	token->text = make_text(ids, text);
	token->client_id = must_have(strdup(client_id));
	token->parent = parent;
	token->n = ++t->refresh_count;
	token->next = t->refresh;
	t->refresh = token;
	return token;
}

struct access_token *
issued_tokens_find_access(const struct issued_tokens *t, const char *text)
{
	struct access_token *token = t->access;

	while (token && strcmp(token->text, text) != 0)
		token = token->next;
	return token;
}

struct refresh_token *
issued_tokens_find_refresh(const struct issued_tokens *t, const char *text)
{
	struct refresh_token *token = t->refresh;

	while (token && strcmp(token->text, text) != 0)
		token = token->next;
	return token;
}

void
issued_tokens_use(struct refresh_token *token, uint64_t now_ms)
{
	token->uses++;
	token->used_ms = now_ms;
	for (struct refresh_token *old = token->parent; old && !old->outlived; old = old->parent)
		old->outlived = true;
}

void
issued_tokens_done(struct issued_tokens *t)
{
	struct access_token *access = t->access;
	struct refresh_token *refresh = t->refresh;

	while (access) {
		struct access_token *next = access->next;

		free(access->text);
		free(access);
		access = next;
	}
	while (refresh) {
		struct refresh_token *next = refresh->next;

		free(refresh->text);
		free(refresh->client_id);
		free(refresh);
		refresh = next;
	}
	*t = (struct issued_tokens){ 0 };
}
