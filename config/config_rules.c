/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config_rules.h"

#include <string.h>

#include "base/nearest.h"
#include "config/address.h"
#include "config/secret_reference.h"

struct judge {
	const struct config *config;
	struct problems *problems;
};

/* Of the i-th struct of a list. All structs with names begin with them. */
static const char *
name_at(const void *item, size_t size, size_t i)
{
	const char *name;

	memcpy(&name, (const char *)item + i * size, sizeof name);
	return name;
}

static const char *
nearest_name(const char *word, const void *item, size_t size, size_t n)
{
	const char *meant = NULL;

	/* One by one: nearest() would need an array of all names, and any near one will do. */
	for (size_t i = 0; i < n && !meant; i++) {
		const char *candidate = name_at(item, size, i);

		meant = nearest(slice_of(word), &candidate, 1);
	}
	return meant;
}

static void
report_unknown(struct judge *j, const struct node *value, const char *key, const char *kind,
    const char *name, const char *meant)
{
	struct problem *problem;

	if (meant)
		problem = problems_add(j->problems, value->at,
		    "%s: there is no %s \"%s\"; did you mean \"%s\"?", key, kind, name, meant);
	else
		problem = problems_add(j->problems, value->at, "%s: there is no %s \"%s\"", key,
		    kind, name);
	problem_advise(problem, "Name one that stands under %ss, or add it there.", kind);
}

static void
judge_cloud(struct judge *j, const struct node *section, const char *name)
{
	const struct config *c = j->config;
	const struct node *value = yaml_tree_get(section, "cloud");

	if (value && name && !config_cloud(c, name))
		report_unknown(j, value, "cloud", "cloud", name,
		    nearest_name(name, c->clouds.item, sizeof c->clouds.item[0], c->clouds.n));
}

static void
judge_via(struct judge *j, const struct node *customer, const struct via *via)
{
	const struct config *c = j->config;
	const struct node *value = yaml_tree_get(customer, "via");

	if (!via->name)
		return;
	if (via->kind == VIA_PARTNER && !config_partner(c, via->name))
		report_unknown(j, value, "via", "partner", via->name,
		    nearest_name(via->name, c->partners.item, sizeof c->partners.item[0],
		        c->partners.n));
	if (via->kind == VIA_OEM && !config_oem(c, via->name))
		report_unknown(j, value, "via", "oem", via->name,
		    nearest_name(via->name, c->oems.item, sizeof c->oems.item[0], c->oems.n));
}

/* Else the tag that rows without one are given would be refused in rows that have it. */
static void
judge_tags(struct judge *j, const struct node *node, const struct customer *customer)
{
	const struct node *value = yaml_tree_get(node, "allowed_tags");

	if (!value || !customer->group_tag || customer->allowed_tags.n == 0)
		return;
	for (size_t i = 0; i < customer->allowed_tags.n; i++) {
		if (strcmp(customer->allowed_tags.item[i], customer->group_tag) == 0)
			return;
	}
	problem_advise(problems_add(j->problems, value->at,
	                   "allowed_tags: the group_tag \"%s\" is not among them",
	                   customer->group_tag),
	    "Add it to the list.");
}

/* A PIN is for a key outside: one in a file has none. */
static void
judge_pin(struct judge *j, const struct node *auth, const struct secret_ref *key)
{
	const struct node *pin = yaml_tree_get(auth, "private_key_pin");

	if (pin && key->kind != SECRET_NONE && !secret_reference_is_outside(key))
		problem_advise(
		    problems_add(j->problems, pin->key->at,
		        "private_key_pin does not go with a private_key that can be read"),
		    "Remove it, or write private_key: {pkcs11: URI} or {tpm2: PATH}.");
}

static void
judge_customers(struct judge *j, const struct node *customers)
{
	const struct customer_list *list = &j->config->customers;
	const struct node *node = customers ? customers->child : NULL;

	for (size_t i = 0; i < list->n; i++, node = node->next) {
		judge_via(j, node, &list->item[i].via);
		judge_cloud(j, node, list->item[i].cloud);
		judge_tags(j, node, &list->item[i]);
		if (list->item[i].app)
			judge_pin(j, yaml_tree_get(yaml_tree_get(node, "app"), "auth"),
			    &list->item[i].app->auth.proof.private_key);
	}
}

static void
judge_partners(struct judge *j, const struct node *partners)
{
	const struct partner_list *list = &j->config->partners;
	const struct node *node = partners ? partners->child : NULL;

	for (size_t i = 0; i < list->n; i++, node = node->next) {
		judge_cloud(j, node, list->item[i].cloud);
		judge_pin(j, yaml_tree_get(node, "auth"), &list->item[i].auth.proof.private_key);
	}
}

/* TLS is curl's, which reads keys from memory. */
static void
judge_oems(struct judge *j, const struct node *oems)
{
	const struct oem_list *list = &j->config->oems;
	const struct node *node = oems ? oems->child : NULL;

	for (size_t i = 0; i < list->n; i++, node = node->next) {
		const struct node *auth = yaml_tree_get(node, "auth");
		const struct oem_auth *a = &list->item[i].auth;

		judge_pin(j, auth, &a->private_key);
		if (a->method == OEM_MTLS && secret_reference_is_outside(&a->private_key))
			problem_advise(
			    problems_add(j->problems, yaml_tree_get(auth, "private_key")->at,
			        "private_key: a key in a token or TPM signs assertions, but not "
			        "for TLS"),
			    "With method mtls write private_key: {file: PATH}.");
	}
}

static void
judge_claims(struct judge *j, const struct node *claims)
{
	const struct duration_list *recheck = &j->config->claims.recheck;
	const struct node *value = yaml_tree_get(claims, "recheck");

	for (size_t i = 1; value && i < recheck->n; i++) {
		if (recheck->item_ms[i] >= recheck->item_ms[i - 1])
			continue;
		problem_advise(
		    problems_add(j->problems, value->at, "recheck: the durations become shorter"),
		    "Begin with the shortest.");
		return;
	}
}

/* Halfway, so that one attempt may fail and the next still comes in time. */
static void
judge_login(struct judge *j, const struct node *login)
{
	const struct login_times *times = &j->config->login;
	const struct node *value = yaml_tree_get(login, "renew");

	if (!value)
		value = yaml_tree_get(login, "lifetime");
	if (value && times->lifetime_ms > 0 && times->renew_ms > times->lifetime_ms / 2)
		problem_advise(problems_add(j->problems, value->at,
		                   "login: renew is more than half of lifetime"),
		    "Renew at least twice in that time.");
}

static void
judge_exec(struct judge *j, const struct node *exec)
{
	const struct node *program = exec ? exec->child : NULL;

	if (program && program->text.len > 0 && program->text.ptr[0] != '/')
		problem_advise(problems_add(j->problems, program->at,
		                   "exec: the program is not an absolute path"),
		    "Write where it is: [/usr/local/bin/tell].");
}

static void
judge_hooks(struct judge *j, const struct node *hooks)
{
	const struct node *on = yaml_tree_get(hooks, "on");
	const struct node *exec = yaml_tree_get(hooks, "exec");
	const struct node *webhook = yaml_tree_get(hooks, "webhook");
	const struct node *secret = yaml_tree_get(hooks, "secret");
	const struct node *how = exec ? exec : webhook;

	judge_exec(j, exec);
	if (exec && webhook)
		problem_advise(problems_add(j->problems, webhook->key->at,
		                   "hooks: exec and webhook are both there"),
		    "Keep one of them; the program of exec may post as well.");
	if (on && !how)
		problem_advise(problems_add(j->problems, on->key->at,
		                   "hooks: neither exec nor webhook is there"),
		    "Add exec: [PATH], or webhook: URL.");
	if (how && !on)
		problem_advise(problems_add(j->problems, how->key->at, "hooks: on is missing"),
		    "Add on: with the kinds of events that are meant, as in [claim_released].");
	if (secret && exec && !webhook)
		problem_advise(problems_add(j->problems, secret->key->at,
		                   "hooks: secret does not go with exec"),
		    "Remove one of the two.");
}

/* key takes what its neighbour is, so that one of them alone would say nothing. */
static void
judge_alone(struct judge *j, const struct node *section, const char *key, const char *neighbour)
{
	const struct node *value = yaml_tree_get(section, key);

	if (value && !yaml_tree_get(section, neighbour))
		problem_advise(problems_add(j->problems, value->key->at, "%s stands alone", key),
		    "Add %s, or remove it.", neighbour);
}

/* What anybody in the network could reach must ask who it is, and let nobody listen. */
static void
judge_listen(struct judge *j, const struct node *listen, const struct node *server)
{
	const char *host = j->config->listen.host;
	const char *what = NULL;

	if (!listen || !host || address_is_loopback(slice_of(host)))
		return;
	if (!yaml_tree_get(server, "certificate"))
		what = "there is no TLS";
	else if (!yaml_tree_get(server, "token") && !yaml_tree_get(server, "client_ca"))
		what = "nobody is asked who it is";
	if (what)
		problem_advise(problems_add(j->problems, listen->at,
		                   "listen: \"%s\" is not on loopback, and %s", host, what),
		    "Add server: {certificate: {file: PATH}, private_key: {file: PATH}, token: {file: "
		    "PATH}}, with client_ca in place of token or beside it; or listen on 127.0.0.1, "
		    "[::1] or localhost.");
}

static void
judge_server(struct judge *j, const struct node *root)
{
	const struct node *server = yaml_tree_get(root, "server");

	judge_alone(j, server, "certificate", "private_key");
	judge_alone(j, server, "private_key", "certificate");
	judge_alone(j, server, "client_ca", "certificate");
	judge_listen(j, yaml_tree_get(root, "listen"), server);
}

void
config_rules_judge(const struct config *c, const struct node *root, struct problems *problems)
{
	struct judge j = { .config = c, .problems = problems };

	judge_server(&j, root);
	judge_alone(&j, yaml_tree_get(root, "http"), "proxy_credential", "proxy");
	judge_partners(&j, yaml_tree_get(root, "partners"));
	judge_oems(&j, yaml_tree_get(root, "oems"));
	judge_customers(&j, yaml_tree_get(root, "customers"));
	judge_claims(&j, yaml_tree_get(root, "claims"));
	judge_login(&j, yaml_tree_get(root, "login"));
	judge_hooks(&j, yaml_tree_get(root, "hooks"));
}
