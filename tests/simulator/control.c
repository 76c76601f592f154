/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulator/control.h"

#include <string.h>

#include "tests/simulator/json_make.h"
#include "tests/simulator/must.h"

static void
answer(struct exchange *x, unsigned status, json_t *doc)
{
	exchange_answer(x, status);
	exchange_set_json(x, "application/json", must_have(doc));
}

static void
refuse(struct exchange *x, unsigned status, const char *why)
{
	answer(x, status, json_pack("{s:s}", "error", why));
}

static json_t *
show_refresh_tokens(const struct issued_tokens *tokens)
{
	json_t *out = must_have(json_array());

	for (const struct refresh_token *t = tokens->refresh; t; t = t->next)
		json_make_append(out,
		    json_pack("{s:I, s:s, s:I, s:I, s:b}", "n", (json_int_t)t->n, "client_id",
		        t->client_id, "replaces", (json_int_t)(t->parent ? t->parent->n : 0),
		        "uses", (json_int_t)t->uses, "outlived", t->outlived));
	return out;
}

void
control_books(struct simulator *sim, struct exchange *x)
{
	answer(x, 200,
	    json_pack("{s:o, s:o, s:I, s:o, s:o}", "customers",
	        books_show(sim->books, simulator_now_ms(sim)), "maker",
	        maker_books_show(sim->maker), "access_tokens", (json_int_t)sim->tokens.access_count,
	        "refresh_tokens", show_refresh_tokens(&sim->tokens), "sign_ins",
	        sign_ins_show(&sim->sign_ins, simulator_now_ms(sim))));
}

void
control_unit(struct simulator *sim, struct exchange *x)
{
	json_t *unit = maker_books_show_unit(sim->maker, x->arg[0]);

	if (unit)
		answer(x, 200, unit);
	else
		refuse(x, 404, "no such unit");
}

void
control_requests(struct simulator *sim, struct exchange *x)
{
	json_t *counts = must_have(json_object());

	for (size_t i = 0; i < OPERATION_COUNT; i++)
		json_make_set(counts, operation_words()[i],
		    json_integer((json_int_t)sim->requests[i]));
	answer(x, 200,
	    json_pack("{s:I, s:o}", "connections", (json_int_t)sim->connections, "requests",
	        counts));
}

void
control_violations(struct simulator *sim, struct exchange *x)
{
	answer(x, 200,
	    json_pack("{s:o, s:I}", "violations", violations_list(&sim->violations), "dropped",
	        (json_int_t)sim->violations.dropped));
}

/* The index of a word among those that are known. */
static bool
read_word(const char *word, const char *const *known, unsigned *out)
{
	for (unsigned i = 0; word && known[i]; i++) {
		if (strcmp(word, known[i]) != 0)
			continue;
		*out = i;
		return true;
	}
	return false;
}

void
control_consent(struct simulator *sim, struct exchange *x)
{
	const char *name = exchange_field(x->content, "customer");
	const char *word = exchange_field(x->content, "state");
	struct customer *c = name ? books_meet_customer(sim->books, sim->scenario, name) : NULL;
	unsigned state;

	if (!c) {
		refuse(x, 404, "no such customer");
		return;
	}
	if (read_word(word, scenario_relationship_words(), &state)) {
		c->relationship = (enum relationship)state;
	} else if (read_word(word, scenario_consent_words(), &state)) {
		c->maker_consent = (enum maker_consent)state;
	} else {
		refuse(x, 400,
		    "state is none, reseller, advisor, syndication or microsoft_support; or "
		    "granted, notGranted or revoked, of the maker");
		return;
	}
	exchange_answer(x, 204);
}

void
control_sign_in(struct simulator *sim, struct exchange *x)
{
	const char *code = exchange_field(x->content, "user_code");
	unsigned end;

	if (!read_word(exchange_field(x->content, "then"), scenario_sign_in_words(), &end) ||
	    end == SIGN_IN_OPEN)
		refuse(x, 400, "then is approve, decline, expire or block");
	else if (!code ||
	    !sign_ins_decide(&sim->sign_ins, code, (enum sign_in_end)end, simulator_now_ms(sim)))
		refuse(x, 404, "no such code, or it is over");
	else
		exchange_answer(x, 204);
}

void
control_scenario(struct simulator *sim, struct exchange *x)
{
	struct scenario *scenario;
	struct err err;

	if (scenario_parse("scenario", buf_slice(&x->body), &scenario, &err)) {
		refuse(x, 400, err.msg);
		return;
	}
	simulator_follow(sim, scenario);
	exchange_answer(x, 204);
}
