/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulator/maker_access.h"

#include <string.h>
#include <strings.h>

#include "tests/simulator/maker_service.h"
#include "tests/simulator/must.h"

/* What follows "Bearer " in Authorization; NULL if that is not there. */
static const char *
bearer(const struct exchange *x)
{
	const char *text = exchange_header(x, "authorization");

	return text && strncasecmp(text, "Bearer ", 7) == 0 ? text + 7 : NULL;
}

static const char *
header_nocase(const struct exchange *x, const char *name)
{
	const char *key;
	json_t *value;

	json_object_foreach(x->headers, key, value)
	{
		if (strcasecmp(key, name) == 0)
			return json_string_value(value);
	}
	return NULL;
}

void
maker_access_meet(struct simulator *sim, struct exchange *x)
{
	const char *text = bearer(x);

	if (text)
		x->token = issued_tokens_find_access(&sim->tokens, text);
}

static bool
check_token(const struct simulator *sim, const struct exchange *x)
{
	const struct maker_plan *plan = &sim->scenario->maker;
	const char *text = plan->token_header ? header_nocase(x, plan->token_header) : bearer(x);

	if (plan->token)
		return text && strcmp(text, plan->token) == 0;
	if (plan->client_id)
		return x->token && x->token->maker && !x->token->revoked &&
		    x->token->expires_ms > simulator_now_ms(sim);
	return true;
}

bool
maker_access_admit(struct simulator *sim, struct exchange *x)
{
	if (sim->scenario->maker.client_certificate && !x->certificate)
		return maker_service_refuse(sim, x, 403, "CertificateNeeded",
		    "A client certificate is needed.");
	if (check_token(sim, x))
		return true;
	maker_service_bad_token(sim, x);
	return false;
}

/* --- tokens --- */

static void
refuse(struct exchange *x, unsigned status, const char *word)
{
	exchange_answer(x, status);
	exchange_set_json(x, "application/json", must_have(json_pack("{s:s}", "error", word)));
}

static bool
is_field(const struct exchange *x, const char *name, const char *want)
{
	const char *text = exchange_field(x->content, name);

	return text && (!want || strcmp(text, want) == 0);
}

static void
issue(struct simulator *sim, struct exchange *x)
{
	uint64_t life_ms = sim->scenario->maker.token_lifetime_ms;
	struct access_token *t = issued_tokens_access(&sim->tokens, &sim->ids, NULL);

	if (!t) {
		refuse(x, 503, "temporarily_unavailable");
		return;
	}
	t->maker = true;
	t->expires_ms = simulator_now_ms(sim) + life_ms;
	exchange_answer(x, 200);
	exchange_set_header(x, "Cache-Control", "no-store");
	exchange_set_json(x, "application/json",
	    must_have(json_pack("{s:s, s:s, s:I}", "access_token", t->text, "token_type", "Bearer",
	        "expires_in", (json_int_t)(life_ms / 1000))));
}

void
maker_access_token(struct simulator *sim, struct exchange *x)
{
	const struct maker_plan *plan = &sim->scenario->maker;

	if (!is_field(x, "grant_type", NULL) || !is_field(x, "client_id", NULL))
		refuse(x, 400, "invalid_request");
	else if (!is_field(x, "grant_type", "client_credentials"))
		refuse(x, 400, "unsupported_grant_type");
	else if (!is_field(x, "client_id", plan->client_id) ||
	    !is_field(x, "client_secret", plan->client_secret))
		refuse(x, 401, "invalid_client");
	else
		issue(sim, x);
}
