/* SPDX-License-Identifier: Apache-2.0 */
#include "config/oem_profile_rules.h"

#include <regex.h>
#include <string.h>

#include "base/nearest.h"
#include "config/oem_body_rules.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

struct judge {
	const struct oem_profile *profile;
	const struct node *root;
	struct problems *problems;
};

static const struct node *
node_of(const struct judge *j, const char *section, const char *key)
{
	return yaml_tree_get(yaml_tree_get(j->root, section), key);
}

/* A section as a whole; only if it is there: one that is missing is missed already. */
static void
blame_section(const struct judge *j, const char *section, const char *what, const char *advice)
{
	const struct node *map = yaml_tree_get(j->root, section);

	if (map && map->kind == NODE_MAP)
		problem_advise(problems_add(j->problems, map->key->at, "%s: %s", section, what),
		    "%s", advice);
}

/* --- names in braces --- */

static void
judge_name(const struct judge *j, struct slice name, struct place at, bool operation)
{
	static const char *const known[] = { "tenantId", "tenantDomain", "apiVersion",
		"operationId" };
	size_t n = LENGTH(known) - (operation ? 0 : 1);
	const char *meant;
	size_t i = 0;

	while (i < n && !slice_eq(name, slice_of(known[i])))
		i++;
	if (i == 2 && !node_of(j, "endpoint", "api_version"))
		problem_advise(problems_add(j->problems, at, "{apiVersion} stands for nothing yet"),
		    "Add endpoint.api_version.");
	if (i < n)
		return;
	meant = nearest(name, known, n);
	problem_advise(problems_add(j->problems, at, "{" SLICE_FMT "} stands for nothing%s%s%s",
	                   SLICE_ARG(slice_head(name, 40)), meant ? "; did you mean {" : "",
	                   meant ? meant : "", meant ? "}?" : ""),
	    "Known: {tenantId}, {tenantDomain}, {apiVersion}%s.",
	    operation ? ", {operationId}" : "");
}

static void
judge_names(const struct judge *j, const char *text, struct place at, bool operation)
{
	const char *open;

	while ((open = strchr(text, '{'))) {
		const char *close = strchr(open, '}');

		if (!close) {
			problem_advise(problems_add(j->problems, at, "a brace is not closed"),
			    "Write {tenantId}, or leave the brace out.");
			return;
		}
		judge_name(j, (struct slice){ open + 1, (size_t)(close - open - 1) }, at,
		    operation);
		text = close + 1;
	}
}

static void
judge_pairs(const struct judge *j, const struct node *map)
{
	for (const struct node *pair = map ? map->child : NULL; pair; pair = pair->next) {
		if (pair->kind == NODE_SCALAR)
			judge_names(j, pair->text.ptr, pair->at, false);
	}
}

/* --- addresses and headers --- */

static void
judge_path(const struct judge *j, const char *key)
{
	const struct node *path = node_of(j, "endpoint", key);
	bool operation = strcmp(key, "status") == 0;

	if (!path || path->kind != NODE_SCALAR || path->text.len == 0)
		return;
	if (path->text.ptr[0] != '/')
		problem_advise(problems_add(j->problems, path->at, "%s: no slash in front", key),
		    "Paths begin below base_url: /v1/registrations.");
	for (const char *c = path->text.ptr; *c; c++) {
		if (*c > ' ' && *c < 0x7f && *c != '#')
			continue;
		problem_advise(
		    problems_add(j->problems, path->at, "%s: a character that no address has", key),
		    "Write blanks, # and what is not ASCII as %%20, %%23 and so on.");
		break;
	}
	judge_names(j, path->text.ptr, path->at, operation);
}

/* A token, as HTTP has it. Source: sources.md#http-token */
static bool
is_token(const char *text)
{
	static const char good[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	                           "!#$%&'*+-.^_`|~";

	return text[strspn(text, good)] == '\0';
}

static void
judge_header(const struct judge *j, struct slice name, struct place at)
{
	/* What HTTP needs for itself, and secrets, which do not belong into a profile. */
	static const char *const ours[] = { "Authorization", "Connection", "Content-Length",
		"Cookie", "Host", "Transfer-Encoding" };

	if (!is_token(name.ptr))
		problem_advise(problems_add(j->problems, at,
		                   "\"" SLICE_FMT "\" cannot be the name of a header",
		                   SLICE_ARG(slice_head(name, 60))),
		    "Letters, digits and - only, as in X-Api-Version.");
	for (size_t i = 0; i < LENGTH(ours); i++) {
		if (slice_eq_nocase(name, slice_of(ours[i])))
			problem_advise(
			    problems_add(j->problems, at, "%s is not a profile's to set", ours[i]),
			    "Remove it; secrets stand under oems.NAME.auth of the configuration.");
	}
}

static void
judge_headers(const struct judge *j)
{
	static const struct {
		const char *section, *key;
	} single[] = { { "idempotency", "header" }, { "tracing", "correlation_header" },
		{ "tracing", "request_id_header" } };
	const struct node *fixed = node_of(j, "endpoint", "headers");
	const struct node *token = yaml_tree_get(j->root, "auth_header");

	for (const struct node *h = fixed ? fixed->child : NULL; h && h->key; h = h->next)
		judge_header(j, h->key->text, h->key->at);
	for (size_t i = 0; i < LENGTH(single); i++) {
		const struct node *name = node_of(j, single[i].section, single[i].key);

		if (name && name->kind == NODE_SCALAR)
			judge_header(j, name->text, name->at);
	}
	/* It may well be Authorization, for services that want the token bare. */
	if (token && token->kind == NODE_SCALAR &&
	    !slice_eq_nocase(token->text, slice_of("Authorization")))
		judge_header(j, token->text, token->at);
}

static void
judge_endpoint(const struct judge *j)
{
	static const char *const path[] = { "validate", "register", "deregister_path", "status" };
	const struct node *status = node_of(j, "endpoint", "status");

	for (size_t i = 0; i < LENGTH(path); i++)
		judge_path(j, path[i]);
	judge_pairs(j, node_of(j, "endpoint", "headers"));
	judge_pairs(j, node_of(j, "endpoint", "query"));
	judge_headers(j);
	if (j->profile->job.mode != OEM_ASYNC_ID)
		return;
	if (!status)
		blame_section(j, "endpoint", "status is missing, which job.mode async_id needs",
		    "Add status: /v1/operations/{operationId}, or what it is there.");
	else if (status->kind == NODE_SCALAR && !strstr(status->text.ptr, "{operationId}"))
		problem_advise(
		    problems_add(j->problems, status->at, "status: {operationId} is not in it"),
		    "The id that job.id finds has to stand in the path.");
}

/* "sha256//" and 32 bytes in base64, as curl takes them. Source: sources.md#curl-tls */
static bool
is_pin(const char *text)
{
	static const char before[] = "sha256//";
	static const char base64[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	if (strncmp(text, before, sizeof before - 1) != 0)
		return false;
	text += sizeof before - 1;
	return strspn(text, base64) == 43 && strcmp(text + 43, "=") == 0;
}

static void
judge_pins(const struct judge *j)
{
	const struct node *pins = node_of(j, "tls", "pins");

	for (const struct node *p = pins ? pins->child : NULL; p; p = p->next) {
		if (p->kind == NODE_SCALAR && !is_pin(p->text.ptr))
			problem_advise(problems_add(j->problems, p->at, "pins: this is no pin"),
			    "Write sha256// and the SHA-256 of the public key in base64: 43 "
			    "characters and =.");
	}
}

/* --- consent --- */

/* Whether it is spelt well is judged where all names are. */
static bool
names_tenant(const struct node *text)
{
	return text->kind == NODE_SCALAR && strstr(text->text.ptr, "{tenant");
}

static bool
a_pair_names_tenant(const struct node *map)
{
	const struct node *pair = map ? map->child : NULL;

	while (pair && !names_tenant(pair))
		pair = pair->next;
	return pair;
}

static void
judge_question(const struct judge *j)
{
	const struct node *body = node_of(j, "consent", "body");
	const struct node *path = node_of(j, "endpoint", "validate");

	judge_pairs(j, body);
	if (body && j->profile->consent.verb == OEM_GET)
		problem_advise(problems_add(j->problems, body->key->at, "body: GET has none"),
		    "Put {tenantId} into endpoint.validate or endpoint.query.");
	else if (path && !names_tenant(path) && !a_pair_names_tenant(body) &&
	    !a_pair_names_tenant(node_of(j, "endpoint", "query")) &&
	    !a_pair_names_tenant(node_of(j, "endpoint", "headers")))
		blame_section(j, "consent", "nothing says whose it is",
		    "Put {tenantId} or {tenantDomain} into body, or into endpoint.validate.");
}

static void
judge_tests(const struct judge *j, const char *list)
{
	const struct node *tests = node_of(j, "consent", list);

	for (const struct node *t = tests ? tests->child : NULL; t; t = t->next) {
		if (!yaml_tree_get(t, "pointer") != !yaml_tree_get(t, "values"))
			problem_advise(problems_add(j->problems, t->at,
			                   "%s: pointer and values belong together", list),
			    "Give both, or neither.");
	}
}

static bool
has_word(const struct text_list *list, const char *word)
{
	size_t i = 0;

	while (i < list->n && strcmp(list->item[i], word) != 0)
		i++;
	return i < list->n;
}

/* Is there an answer that both fit, as far as that can be told from here? */
static bool
overlap(const struct oem_test *a, const struct oem_test *b)
{
	if (a->status != b->status)
		return false;
	if (!a->pointer || !b->pointer)
		return !a->pointer && !b->pointer;
	if (strcmp(a->pointer, b->pointer) != 0)
		return false;
	for (size_t i = 0; i < b->values.n; i++) {
		if (has_word(&a->values, b->values.item[i]))
			return true;
	}
	return false;
}

static void
judge_consent(const struct judge *j)
{
	const struct oem_consent *c = &j->profile->consent;
	const struct node *refused = node_of(j, "consent", "refused");
	const struct node *test = refused ? refused->child : NULL;

	judge_question(j);
	judge_tests(j, "granted");
	judge_tests(j, "refused");
	for (size_t i = 0; test && i < c->refused.n; i++, test = test->next) {
		for (size_t k = 0; k < c->granted.n; k++) {
			if (!overlap(&c->granted.item[k], &c->refused.item[i]))
				continue;
			problem_advise(problems_add(j->problems, test->at,
			                   "refused: the same answer is under granted"),
			    "An answer means yes or no; keep one of the two.");
			break;
		}
	}
}

/* --- what comes back --- */

static void
judge_job(const struct judge *j)
{
	bool status = node_of(j, "job", "status"), running = node_of(j, "job", "running");

	if (j->profile->job.mode == OEM_SYNC)
		return;
	if (status != running)
		blame_section(j, "job",
		    status ? "status without running would be over at once"
		           : "running without status is never looked at",
		    "Give both, or neither and result.pending.");
	else if (!status && yaml_tree_get(j->root, "result") && !node_of(j, "result", "pending"))
		blame_section(j, "job", "nothing says when it is over",
		    "Give job.status with job.running, or result.pending.");
}

/* A word that means two things. */
static void
judge_words(const struct judge *j, const char *key, const struct text_list *words,
    const char *other_key, const struct text_list *other)
{
	const struct node *list = node_of(j, "result", key);
	const struct node *word = list ? list->child : NULL;

	for (size_t i = 0; word && i < words->n; i++, word = word->next) {
		if (has_word(other, words->item[i]))
			problem_advise(problems_add(j->problems, word->at,
			                   "%s: \"%.60s\" stands under %s, too", key,
			                   words->item[i], other_key),
			    "A word means one thing; keep it where it belongs.");
	}
}

static void
judge_result(const struct judge *j)
{
	const struct oem_result *r = &j->profile->result;

	if (!node_of(j, "result", "ref") && !node_of(j, "result", "serial") &&
	    !node_of(j, "result", "product_id"))
		blame_section(j, "result", "no device can be found again",
		    "Say where ref, serial or product_id stands in a result.");
	judge_words(j, "pending", &r->pending, "ok", &r->ok);
	judge_words(j, "error", &r->error, "ok", &r->ok);
	judge_words(j, "error", &r->error, "pending", &r->pending);
}

/* --- errors --- */

/*
 * Counts in braces are refused because nested ones take more memory than there is, before anything
 * is compared.
 */
static void
judge_match(const struct judge *j, const struct node *match)
{
	char reason[96] = "counts in braces are not taken";
	regex_t expression;
	int failed;

	if (!strchr(match->text.ptr, '{')) {
		failed = regcomp(&expression, match->text.ptr, REG_EXTENDED | REG_NOSUB);
		if (!failed) {
			regfree(&expression);
			return;
		}
		(void)regerror(failed, &expression, reason, sizeof reason);
	}
	problem_advise(problems_add(j->problems, match->at, "match: %s", reason),
	    "It is an extended regular expression, as grep -E takes them, without {N,M}.");
}

/* Only the first of equal rows is ever looked at. */
static void
judge_twins(const struct judge *j, const struct node *rows, const struct node *row, const char *key)
{
	const struct node *value = yaml_tree_get(row, key);

	for (const struct node *r = rows->child; value && r != row; r = r->next) {
		const struct node *before = yaml_tree_get(r, key);

		if (!before || value->text.len == 0 || !slice_eq(before->text, value->text))
			continue;
		problem_advise(problems_add(j->problems, value->at,
		                   "%s: \"" SLICE_FMT "\" stands in line %zu, too", key,
		                   SLICE_ARG(slice_head(value->text, 60)), before->at.line),
		    "Remove one of the two.");
		return;
	}
}

static void
judge_error(const struct judge *j, const struct node *rows, const struct node *row)
{
	static const char *const condition[] = { "code", "name", "match" };
	const struct node *match = yaml_tree_get(row, "match");
	size_t n = 0;

	for (size_t i = 0; i < LENGTH(condition); i++) {
		n += yaml_tree_get(row, condition[i]) != NULL;
		judge_twins(j, rows, row, condition[i]);
	}
	if (n != 1)
		problem_advise(problems_add(j->problems, row->at, "errors: a row has %s",
		                   n == 0 ? "no condition" : "more than one condition"),
		    "One of code, name and match.");
	if (match && match->kind == NODE_SCALAR)
		judge_match(j, match);
}

static void
judge_errors(const struct judge *j)
{
	const struct node *rows = yaml_tree_get(j->root, "errors");
	const struct node *other = yaml_tree_get(j->root, "error_default");

	/* Of more rows than are taken, none is. */
	for (const struct node *row = rows && j->profile->errors.n > 0 ? rows->child : NULL; row;
	     row = row->next) {
		if (row->kind == NODE_MAP)
			judge_error(j, rows, row);
	}
	if (yaml_tree_says(other, "ok") || yaml_tree_says(other, "already_here"))
		problem_advise(problems_add(j->problems, other->at,
		                   "error_default: an error that nobody knows is no success"),
		    "Write unexpected, and give what means success a row of its own.");
}

static void
judge_idempotency(const struct judge *j)
{
	bool header = node_of(j, "idempotency", "header"),
	     field = node_of(j, "idempotency", "field");

	if (header && field)
		blame_section(j, "idempotency", "header and field are both there",
		    "Keep the one that the service reads.");
	if (j->profile->idempotency.safe && !header && !field)
		blame_section(j, "idempotency", "safe, but nothing carries an id",
		    "Add header or field, or remove safe.");
}

void
oem_profile_rules_judge(const struct oem_profile *p, const struct node *root,
    struct problems *problems)
{
	const struct judge j = { .profile = p, .root = root, .problems = problems };

	judge_endpoint(&j);
	judge_pins(&j);
	judge_consent(&j);
	oem_body_rules_judge(p, root, problems);
	judge_job(&j);
	judge_result(&j);
	judge_errors(&j);
	judge_idempotency(&j);
}
