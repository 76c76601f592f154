/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulator/scenario_reader.h"

#include <stddef.h>

#include "tests/simulator/scenario_fields.h"
#include "tests/simulator/scenario_maker.h"

/* --- who signs in --- */

static bool
read_end(struct scenario_fields *r, const yaml_node_t *node, void *out)
{
	const struct field f = { .name = "then",
		.kind = FIELD_WORD,
		.words = scenario_sign_in_words() };

	return scenario_fields_value(r, &f, node, out);
}

static const struct field sign_in_field[] = {
	KEY("after", sign_in_plan, after_ms, .kind = FIELD_DURATION, .max = SCENARIO_MS_MAX),
	KEY("account", sign_in_plan, account, .kind = FIELD_TEXT),
	KEY("tenant", sign_in_plan, tenant, .kind = FIELD_GUID),
	KEY("roles", sign_in_plan, roles, .kind = FIELD_TEXTS),
	KEY("mfa", sign_in_plan, mfa, .kind = FIELD_BOOL),
	KEY("then", sign_in_plan, end, .kind = FIELD_OWN, .read = read_end),
	{ 0 },
};

static bool
read_sign_ins(struct scenario_fields *r, const yaml_node_t *node, void *out)
{
	struct sign_in_plan **end = out;
	const yaml_node_item_t *item = node->data.sequence.items.start;

	if (!scenario_fields_expect(r, node, YAML_SEQUENCE_NODE))
		return false;
	for (; item < node->data.sequence.items.top; item++) {
		struct sign_in_plan *s = scenario_alloc(r->scenario, sizeof *s);

		*s = (struct sign_in_plan){
			.account = SCENARIO_ACCOUNT,
			.mfa = true,
			.end = SIGN_IN_APPROVE,
		};
		if (!scenario_fields_read(r, scenario_fields_node(r, *item), sign_in_field, s))
			return false;
		*end = s;
		end = &s->next;
	}
	return true;
}

static const char *const public_word[] = { "either", "true", "false", NULL };
static const char *const role_word[] = { "direct", "reseller", NULL };

static const struct field app_field[] = {
	KEY("tenant", app, tenant, .kind = FIELD_TEXT),
	KEY("client_id", app, client_id, .kind = FIELD_TEXT),
	KEY("secret", app, secret, .kind = FIELD_TEXT),
	KEY("certificate", app, certificate, .kind = FIELD_TEXT),
	KEY("refresh_tokens", app, refresh_tokens, .kind = FIELD_TEXTS),
	KEY("mfa", app, mfa, .kind = FIELD_BOOL),
	KEY("public_client", app, public_client, .kind = FIELD_WORD, .words = public_word),
	KEY("role", app, role, .kind = FIELD_WORD, .words = role_word),
	KEY("refresh_token_lifetime", app, refresh_token_lifetime_ms, .kind = FIELD_DURATION,
	    .min = 1000, .max = SCENARIO_MS_MAX),
	KEY("sign_ins", app, sign_ins, .kind = FIELD_OWN, .read = read_sign_ins),
	{ 0 },
};

static bool
read_apps(struct scenario_fields *r, const yaml_node_t *node, void *out)
{
	struct app **end = out;
	const yaml_node_item_t *item = node->data.sequence.items.start;

	if (!scenario_fields_expect(r, node, YAML_SEQUENCE_NODE))
		return false;
	for (; item < node->data.sequence.items.top; item++) {
		const yaml_node_t *child = scenario_fields_node(r, *item);
		struct app *app = scenario_alloc(r->scenario, sizeof *app);

		app->mfa = true;
		app->refresh_token_lifetime_ms = SCENARIO_REFRESH_LIFE_MS;
		if (!scenario_fields_read(r, child, app_field, app))
			return false;
		if (!app->tenant || !app->client_id)
			return scenario_fields_refuse(r, child,
			    "an app needs tenant and client_id");
		*end = app;
		end = &app->next;
	}
	return true;
}

/* --- for whom --- */

static const char *const refusal_word[] = { "forbidden", "forbidden_empty", "not_found", "shown",
	NULL };

static bool
read_relationship(struct scenario_fields *r, const yaml_node_t *node, void *out)
{
	const struct field f = { .name = "relationship",
		.kind = FIELD_WORD,
		.words = scenario_relationship_words() };

	return scenario_fields_value(r, &f, node, out);
}

static bool
read_consent(struct scenario_fields *r, const yaml_node_t *node, void *out)
{
	const struct field f = { .name = "consent",
		.kind = FIELD_WORD,
		.words = scenario_consent_words() };

	return scenario_fields_value(r, &f, node, out);
}

static const struct field change_field[] = {
	KEY("at", customer_change, at_ms, .kind = FIELD_DURATION, .max = SCENARIO_MS_MAX),
	KEY("relationship", customer_change, relationship, .kind = FIELD_OWN,
	    .read = read_relationship),
	KEY("consent", customer_change, consent, .kind = FIELD_OWN, .read = read_consent),
	{ 0 },
};

static bool
read_changes(struct scenario_fields *r, const yaml_node_t *node, void *out)
{
	struct customer_change **end = out;
	const yaml_node_item_t *item = node->data.sequence.items.start;
	uint64_t last_ms = 0;

	if (!scenario_fields_expect(r, node, YAML_SEQUENCE_NODE))
		return false;
	for (; item < node->data.sequence.items.top; item++) {
		const yaml_node_t *child = scenario_fields_node(r, *item);
		struct customer_change *c = scenario_alloc(r->scenario, sizeof *c);

		if (!scenario_fields_read(r, child, change_field, c))
			return false;
		c->of_relationship = scenario_fields_find(r, child, "relationship");
		c->of_consent = scenario_fields_find(r, child, "consent");
		if (!scenario_fields_find(r, child, "at") ||
		    (!c->of_relationship && !c->of_consent))
			return scenario_fields_refuse(r, child,
			    "a change needs at, and relationship or consent");
		if (c->at_ms < last_ms)
			return scenario_fields_refuse(r, child,
			    "changes stand in the order of their times");
		last_ms = c->at_ms;
		*end = c;
		end = &c->next;
	}
	return true;
}

static const struct field foreign_field[] = {
	KEY("serial", foreign_device, device, .kind = FIELD_TEXT),
	KEY("until", foreign_device, until_ms, .kind = FIELD_DURATION, .max = SCENARIO_MS_MAX,
	    .or_never = true),
	{ 0 },
};

/* Just the serial number or product key, or keys with values. */
static bool
read_foreign_device(struct scenario_fields *r, const yaml_node_t *node, struct foreign_device *out)
{
	static const struct field text = { .kind = FIELD_TEXT };

	out->until_ms = SCENARIO_NEVER;
	if (node->type == YAML_SCALAR_NODE)
		return scenario_fields_value(r, &text, node, &out->device);
	if (!scenario_fields_read(r, node, foreign_field, out))
		return false;
	return out->device || scenario_fields_refuse(r, node, "a foreign device needs serial");
}

static bool
read_foreign(struct scenario_fields *r, const yaml_node_t *node, void *out)
{
	struct foreign_device **end = out;
	const yaml_node_item_t *item = node->data.sequence.items.start;

	if (!scenario_fields_expect(r, node, YAML_SEQUENCE_NODE))
		return false;
	for (; item < node->data.sequence.items.top; item++) {
		struct foreign_device *f = scenario_alloc(r->scenario, sizeof *f);

		if (!read_foreign_device(r, scenario_fields_node(r, *item), f))
			return false;
		*end = f;
		end = &f->next;
	}
	return true;
}

static const struct field customer_field[] = {
	KEY("tenant", customer_plan, tenant, .kind = FIELD_GUID),
	KEY("domain", customer_plan, domain, .kind = FIELD_TEXT),
	KEY("relationship", customer_plan, relationship, .kind = FIELD_OWN,
	    .read = read_relationship),
	KEY("consent", customer_plan, consent, .kind = FIELD_OWN, .read = read_consent),
	KEY("refusal", customer_plan, refusal, .kind = FIELD_WORD, .words = refusal_word),
	KEY("changes", customer_plan, changes, .kind = FIELD_OWN, .read = read_changes),
	KEY("foreign", customer_plan, foreign, .kind = FIELD_OWN, .read = read_foreign),
	{ 0 },
};

static bool
read_customers(struct scenario_fields *r, const yaml_node_t *node, void *out)
{
	struct customer_plan **end = out;
	const yaml_node_pair_t *pair = node->data.mapping.pairs.start;

	if (!scenario_fields_expect(r, node, YAML_MAPPING_NODE))
		return false;
	for (; pair < node->data.mapping.pairs.top; pair++) {
		const yaml_node_t *key = scenario_fields_node(r, pair->key);
		struct customer_plan *c = scenario_alloc(r->scenario, sizeof *c);

		if (!scenario_fields_expect(r, key, YAML_SCALAR_NODE))
			return false;
		*c = (struct customer_plan){
			.name = scenario_fields_text(key),
			.domain = "contoso.example",
			.relationship = RELATIONSHIP_RESELLER,
		};
		if (!scenario_fields_read(r, scenario_fields_node(r, pair->value), customer_field,
		        c))
			return false;
		if (!c->tenant)
			return scenario_fields_refuse(r, key, "a customer needs a tenant");
		*end = c;
		end = &c->next;
	}
	return true;
}

/* --- what becomes of devices --- */

static const struct field verdict_field[] = {
	KEY("code", verdict, code, .kind = FIELD_TEXT),
	KEY("name", verdict, name, .kind = FIELD_TEXT),
	KEY("in_progress", verdict, in_progress, .kind = FIELD_BOOL),
	KEY("times", verdict, times, .kind = FIELD_COUNT, .max = UINT32_MAX),
	KEY("until", verdict, until_ms, .kind = FIELD_DURATION, .max = SCENARIO_MS_MAX,
	    .or_never = true),
	{ 0 },
};

static bool
read_verdicts(struct scenario_fields *r, const yaml_node_t *node, void *out)
{
	struct verdict **end = out;
	const yaml_node_pair_t *pair = node->data.mapping.pairs.start;

	if (!scenario_fields_expect(r, node, YAML_MAPPING_NODE))
		return false;
	for (; pair < node->data.mapping.pairs.top; pair++) {
		const yaml_node_t *key = scenario_fields_node(r, pair->key);
		struct verdict *v = scenario_alloc(r->scenario, sizeof *v);

		if (!scenario_fields_expect(r, key, YAML_SCALAR_NODE))
			return false;
		v->device = scenario_fields_text(key);
		v->until_ms = SCENARIO_NEVER;
		if (!scenario_fields_read(r, scenario_fields_node(r, pair->value), verdict_field,
		        v))
			return false;
		*end = v;
		end = &v->next;
	}
	return true;
}

static const char *const order_word[] = { "submitted", "reversed", "shuffled", NULL };
static const char *const failed_word[] = { "random", "finished", "finished_with_errors", NULL };
static const char *const running_word[] = { "random", "empty", "in_progress", NULL };

static const struct field job_field[] = {
	KEY("time", job_plan, time_ms, .kind = FIELD_DURATION, .max = SCENARIO_MS_MAX,
	    .or_never = true),
	KEY("list_delay", job_plan, list_delay_ms, .kind = FIELD_DURATION, .max = SCENARIO_MS_MAX),
	KEY("forget_after", job_plan, forget_after_ms, .kind = FIELD_DURATION,
	    .max = SCENARIO_MS_MAX, .or_never = true),
	KEY("order", job_plan, order, .kind = FIELD_WORD, .words = order_word),
	KEY("identifiers", job_plan, identifiers, .kind = FIELD_BOOL),
	KEY("failed_status", job_plan, status, .kind = FIELD_WORD, .words = failed_word),
	KEY("running", job_plan, running, .kind = FIELD_WORD, .words = running_word),
	KEY("omit", job_plan, omit, .kind = FIELD_TEXTS),
	KEY("omit_nth", job_plan, omit_nth, .kind = FIELD_NUMBERS),
	KEY("nth", job_plan, nth, .kind = FIELD_COUNT, .min = 1, .max = UINT32_MAX),
	{ .name = "override", .kind = FIELD_LATER },
	{ 0 },
};

static bool
read_overrides(struct scenario_fields *r, const yaml_node_t *list, const struct job_plan *base)
{
	struct job_plan **end = &r->scenario->job_overrides;
	const yaml_node_item_t *item = list->data.sequence.items.start;

	if (!scenario_fields_expect(r, list, YAML_SEQUENCE_NODE))
		return false;
	for (; item < list->data.sequence.items.top; item++) {
		const yaml_node_t *child = scenario_fields_node(r, *item);
		struct job_plan *plan = scenario_alloc(r->scenario, sizeof *plan);

		*plan = *base;
		if (!scenario_fields_read(r, child, job_field, plan))
			return false;
		if (plan->nth == 0)
			return scenario_fields_refuse(r, child, "an override needs nth");
		*end = plan;
		end = &plan->next;
	}
	return true;
}

/* Overrides begin as copies of what holds for all jobs, wherever in the section that stands. */
static bool
read_jobs(struct scenario_fields *r, const yaml_node_t *node, void *out)
{
	struct job_plan *plan = out;
	const yaml_node_t *overrides;

	if (!scenario_fields_read(r, node, job_field, plan))
		return false;
	if (plan->nth > 0)
		return scenario_fields_refuse(r, node, "nth belongs into an override");
	overrides = scenario_fields_find(r, node, "override");
	return !overrides || read_overrides(r, overrides, plan);
}

/* --- what goes wrong --- */

static const char *const scope_word[] = { "customer", "partner", NULL };

static const struct field throttle_field[] = {
	KEY("per", throttle_plan, per, .kind = FIELD_WORD, .words = scope_word),
	KEY("requests", throttle_plan, requests, .kind = FIELD_COUNT, .min = 1, .max = UINT32_MAX),
	KEY("window", throttle_plan, window_ms, .kind = FIELD_DURATION, .min = 1,
	    .max = SCENARIO_MS_MAX),
	KEY("retry_after", throttle_plan, retry_after_s, .kind = FIELD_COUNT, .max = 86400),
	{ 0 },
};

static bool
read_throttle(struct scenario_fields *r, const yaml_node_t *node, void *out)
{
	return scenario_fields_read(r, node, throttle_field, out);
}

static bool
read_headers(struct scenario_fields *r, const yaml_node_t *node, void *out)
{
	static const struct field text = { .kind = FIELD_TEXT };
	struct header **end = out;
	const yaml_node_pair_t *pair = node->data.mapping.pairs.start;

	if (!scenario_fields_expect(r, node, YAML_MAPPING_NODE))
		return false;
	for (; pair < node->data.mapping.pairs.top; pair++) {
		struct header *h = scenario_alloc(r->scenario, sizeof *h);

		if (!scenario_fields_value(r, &text, scenario_fields_node(r, pair->key),
		        &h->name) ||
		    !scenario_fields_value(r, &text, scenario_fields_node(r, pair->value),
		        &h->value))
			return false;
		*end = h;
		end = &h->next;
	}
	return true;
}

static const char *const moment_word[] = { "before", "after", NULL };
static const char *const retry_word[] = { "seconds", "date", NULL };

static const char *const true_word[] = { "true", NULL };

/* The keys of then: first the ones that name what happens, in the order of enum fault_kind. */
enum { FAULT_KINDS = FAULT_AADSTS + 1 };
static const struct field then_field[] = {
	KEY("status", fault, number, .kind = FIELD_COUNT, .min = 200, .max = 599),
	KEY("delay", fault, number, .kind = FIELD_DURATION, .min = 1, .max = SCENARIO_MS_MAX),
	KEY("cut", fault, moment, .kind = FIELD_WORD, .words = moment_word),
	KEY("truncate", fault, number, .kind = FIELD_COUNT, .max = UINT32_MAX),
	KEY("trickle", fault, number, .kind = FIELD_COUNT, .min = 1, .max = UINT32_MAX),
	KEY("throttle", fault, number, .kind = FIELD_COUNT, .max = 86400),
	KEY("token_expired", fault, moment, .kind = FIELD_WORD, .words = true_word),
	KEY("hang", fault, moment, .kind = FIELD_WORD, .words = moment_word),
	KEY("aadsts", fault, number, .kind = FIELD_COUNT, .min = 1, .max = UINT32_MAX),
	KEY("headers", fault, headers, .kind = FIELD_OWN, .read = read_headers),
	KEY("body", fault, body, .kind = FIELD_TEXT),
	KEY("when", fault, moment, .kind = FIELD_WORD, .words = moment_word),
	KEY("retry_as", fault, retry_as, .kind = FIELD_WORD, .words = retry_word),
	{ 0 },
};

static bool
read_then(struct scenario_fields *r, const yaml_node_t *node, void *out)
{
	static const struct {
		const char *key;
		enum fault_kind kind;
	} belongs[] = { { "headers", FAULT_STATUS }, { "body", FAULT_STATUS },
		{ "when", FAULT_STATUS }, { "retry_as", FAULT_THROTTLE } };
	struct fault *fault = out;
	size_t kinds = 0;

	if (!scenario_fields_read(r, node, then_field, fault))
		return false;
	for (size_t i = 0; i < FAULT_KINDS; i++) {
		if (!scenario_fields_find(r, node, then_field[i].name))
			continue;
		fault->kind = (enum fault_kind)i;
		kinds++;
	}
	if (kinds != 1)
		return scenario_fields_refuse(r, node, "exactly one thing can happen then");
	for (size_t i = 0; i < sizeof belongs / sizeof belongs[0]; i++) {
		if (fault->kind != belongs[i].kind && scenario_fields_find(r, node, belongs[i].key))
			return scenario_fields_refuse(r, node, "%s belongs to %s only",
			    belongs[i].key, then_field[belongs[i].kind].name);
	}
	return true;
}

static bool
read_on(struct scenario_fields *r, const yaml_node_t *node, void *out)
{
	const struct field f = { .name = "on", .kind = FIELD_WORD, .words = operation_words() };

	return scenario_fields_value(r, &f, node, out);
}

static const struct field fault_field[] = {
	KEY("on", fault, on, .kind = FIELD_OWN, .read = read_on),
	KEY("customer", fault, customer, .kind = FIELD_TEXT),
	KEY("nth", fault, nth, .kind = FIELD_COUNT, .min = 1, .max = UINT32_MAX),
	KEY("every", fault, every, .kind = FIELD_COUNT, .min = 1, .max = UINT32_MAX),
	KEY("from", fault, from, .kind = FIELD_COUNT, .min = 1, .max = UINT32_MAX),
	KEY("to", fault, to, .kind = FIELD_COUNT, .min = 1, .max = UINT32_MAX),
	KEY("chance", fault, chance, .kind = FIELD_SHARE),
	KEY("since", fault, since_ms, .kind = FIELD_DURATION, .max = SCENARIO_MS_MAX),
	KEY("until", fault, until_ms, .kind = FIELD_DURATION, .max = SCENARIO_MS_MAX,
	    .or_never = true),
	{ .name = "then", .kind = FIELD_OWN, .read = read_then }, /* fills the fault itself */
	{ 0 },
};

static bool
judge_fault(struct scenario_fields *r, const yaml_node_t *node, const struct fault *f)
{
	int ways = (f->nth > 0) + (f->every > 0) + (f->from > 0) + (f->chance >= 0);

	if (!scenario_fields_find(r, node, "on") || !scenario_fields_find(r, node, "then"))
		return scenario_fields_refuse(r, node, "a fault needs on and then");
	if (ways > 1)
		return scenario_fields_refuse(r, node,
		    "nth, every, from and chance exclude each other");
	if (f->to > 0 && f->to < (f->from > 0 ? f->from : f->to + 1))
		return scenario_fields_refuse(r, node, "to needs a from that is not above it");
	if (f->kind == FAULT_AADSTS && operation_service(f->on) != SERVICE_ENTRA)
		return scenario_fields_refuse(r, node,
		    "aadsts belongs to on: token or device_code only");
	if (f->kind == FAULT_TOKEN_EXPIRED && operation_is_for_token(f->on))
		return scenario_fields_refuse(r, node, "on: %s has no token that could expire",
		    operation_words()[f->on]);
	return true;
}

static bool
read_faults(struct scenario_fields *r, const yaml_node_t *node, void *out)
{
	struct fault **end = out;
	const yaml_node_item_t *item = node->data.sequence.items.start;

	if (!scenario_fields_expect(r, node, YAML_SEQUENCE_NODE))
		return false;
	for (; item < node->data.sequence.items.top; item++) {
		const yaml_node_t *child = scenario_fields_node(r, *item);
		struct fault *f = scenario_alloc(r->scenario, sizeof *f);

		f->chance = -1;
		f->until_ms = SCENARIO_NEVER;
		if (!scenario_fields_read(r, child, fault_field, f) || !judge_fault(r, child, f))
			return false;
		*end = f;
		end = &f->next;
	}
	return true;
}

/* --- how answers look --- */

static const char *const bom_word[] = { "always", "never", "random", NULL };
static const char *const time_word[] = { "mixed", "plain", "offset", "z", NULL };
static const char *const code_word[] = { "reference", "text", "number", NULL };
static const char *const member_word[] = { "shuffled", "documented", NULL };

static const struct field form_field[] = {
	KEY("bom", form_plan, bom, .kind = FIELD_WORD, .words = bom_word),
	KEY("times", form_plan, times, .kind = FIELD_WORD, .words = time_word),
	KEY("codes", form_plan, codes, .kind = FIELD_WORD, .words = code_word),
	KEY("members", form_plan, members, .kind = FIELD_WORD, .words = member_word),
	KEY("extra_members", form_plan, extra_members, .kind = FIELD_BOOL),
	{ 0 },
};

static bool
read_forms(struct scenario_fields *r, const yaml_node_t *node, void *out)
{
	return scenario_fields_read(r, node, form_field, out);
}

/* --- the whole --- */

static const char *const rotation_word[] = { "v2", "none", "always", NULL };
static const char *const existing_word[] = { "refuse", "append", NULL };
static const char *const ids_word[] = { "ignored", "honoured", NULL };

static const struct field scenario_field[] = {
	KEY("apps", scenario, apps, .kind = FIELD_OWN, .read = read_apps),
	KEY("audience", scenario, audience, .kind = FIELD_TEXT),
	KEY("token_lifetime", scenario, token_lifetime_ms, .kind = FIELD_DURATION, .min = 1000,
	    .max = SCENARIO_MS_MAX),
	KEY("refresh_tokens", scenario, rotation, .kind = FIELD_WORD, .words = rotation_word),
	KEY("partner", scenario, partner, .kind = FIELD_GUID),
	KEY("customers", scenario, customers, .kind = FIELD_OWN, .read = read_customers),
	KEY("verdicts", scenario, verdicts, .kind = FIELD_OWN, .read = read_verdicts),
	KEY("check_hash", scenario, check_hash, .kind = FIELD_BOOL),
	KEY("check_maker", scenario, check_maker, .kind = FIELD_BOOL),
	KEY("known_to_maker", scenario, known_to_maker, .kind = FIELD_TEXTS),
	KEY("jobs", scenario, jobs, .kind = FIELD_OWN, .read = read_jobs),
	KEY("maker", scenario, maker, .kind = FIELD_OWN, .read = scenario_maker_read),
	KEY("throttle", scenario, throttle, .kind = FIELD_OWN, .read = read_throttle),
	KEY("faults", scenario, faults, .kind = FIELD_OWN, .read = read_faults),
	KEY("forms", scenario, forms, .kind = FIELD_OWN, .read = read_forms),
	KEY("existing_batch", scenario, existing_batch, .kind = FIELD_WORD, .words = existing_word),
	KEY("request_ids", scenario, request_ids, .kind = FIELD_WORD, .words = ids_word),
	KEY("page_size", scenario, page_size, .kind = FIELD_COUNT, .min = 1, .max = 10000),
	{ 0 },
};

enum err_code
scenario_reader_read(const char *name, yaml_document_t *document, struct scenario *out,
    struct err *err)
{
	struct scenario_fields r = { out, document, name, err };
	const yaml_node_t *root = yaml_document_get_root_node(document);

	if (!root)
		return err_set(err, ERR_FORMAT, "%s:1:1: there is nothing in it", name);
	return scenario_fields_read(&r, root, scenario_field, out) ? ERR_OK : ERR_FORMAT;
}
