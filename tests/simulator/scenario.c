/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulator/scenario.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

#include "base/buf.h"
#include "tests/simulator/must.h"
#include "tests/simulator/scenario_reader.h"

struct block {
	struct block *next;
	max_align_t bytes[];
};

struct scenario_memory {
	struct block *blocks;
	yaml_document_t document; /* its scalars are the texts of the scenario */
	bool has_document;
};

struct scenario *
scenario_new(void)
{
	struct scenario *s = must_have(malloc(sizeof *s));

	*s = (struct scenario){
		.token_lifetime_ms = 4123 * 1000,
		.partner = "11111111-1111-4111-8111-111111111111",
		.jobs = { .time_ms = 200, .forget_after_ms = SCENARIO_NEVER, .identifiers = true },
		.maker = { .token_lifetime_ms = 3600 * 1000 },
		.throttle = { .window_ms = 1000, .retry_after_s = 1 },
		.forms = { .extra_members = true },
		.page_size = 100,
		.memory = must_have(calloc(1, sizeof(struct scenario_memory))),
	};
	return s;
}

void
scenario_free(struct scenario *s)
{
	struct block *next;

	if (!s)
		return;
	for (struct block *b = s->memory->blocks; b; b = next) {
		next = b->next;
		free(b);
	}
	if (s->memory->has_document)
		yaml_document_delete(&s->memory->document);
	free(s->memory);
	free(s);
}

void *
scenario_alloc(struct scenario *s, size_t size)
{
	struct block *b = must_have(calloc(1, sizeof *b + size));

	b->next = s->memory->blocks;
	s->memory->blocks = b;
	return b->bytes;
}

/* libyaml counts from 0; a failure of the reader has no place. */
static enum err_code
report_syntax(const yaml_parser_t *p, const char *name, struct err *err)
{
	return err_set(err, ERR_FORMAT, "%s:%zu:%zu: %s", name, p->problem_mark.line + 1,
	    p->problem_mark.column + 1, p->problem ? p->problem : "no YAML");
}

/* Nothing may follow the document: it would be ignored. */
static enum err_code
expect_end(yaml_parser_t *p, const char *name, struct err *err)
{
	enum err_code rc = ERR_OK;
	yaml_document_t more;
	const yaml_node_t *root;

	if (!yaml_parser_load(p, &more))
		return report_syntax(p, name, err);
	root = yaml_document_get_root_node(&more);
	if (root)
		rc = err_set(err, ERR_FORMAT, "%s:%zu:%zu: a second document begins", name,
		    root->start_mark.line + 1, root->start_mark.column + 1);
	yaml_document_delete(&more);
	return rc;
}

static enum err_code
load_document(const char *name, struct slice text, struct scenario_memory *m, struct err *err)
{
	enum err_code rc;
	yaml_parser_t parser;

	if (!yaml_parser_initialize(&parser))
		must_have(NULL);
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)(text.len ? text.ptr : ""),
	    text.len);
	m->has_document = yaml_parser_load(&parser, &m->document) == 1;
	rc = m->has_document ? ERR_OK : report_syntax(&parser, name, err);
	if (rc == ERR_OK && yaml_document_get_root_node(&m->document))
		rc = expect_end(&parser, name, err);
	yaml_parser_delete(&parser);
	return rc;
}

enum err_code
scenario_parse(const char *name, struct slice text, struct scenario **out, struct err *err)
{
	struct scenario *s;
	enum err_code rc;

	if (text.len > SCENARIO_BYTES_MAX)
		return err_set(err, ERR_LIMIT, "%s: more than %d bytes", name, SCENARIO_BYTES_MAX);
	s = scenario_new();
	rc = load_document(name, text, s->memory, err);
	if (rc == ERR_OK)
		rc = scenario_reader_read(name, &s->memory->document, s, err);
	if (rc == ERR_OK)
		*out = s;
	else
		scenario_free(s);
	return rc;
}

enum err_code
scenario_load(const char *path, struct scenario **out, struct err *err)
{
	enum err_code rc = ERR_OK;
	struct buf text;
	char part[4096];
	size_t n;
	FILE *f;

	f = fopen(path, "re");
	if (!f)
		return err_errno(err, errno, "%s", path);
	buf_init(&text, SCENARIO_BYTES_MAX + 1);
	while (text.len <= SCENARIO_BYTES_MAX && (n = fread(part, 1, sizeof part, f)) > 0) {
		size_t room = SCENARIO_BYTES_MAX + 1 - text.len;

		buf_add(&text, part, n < room ? n : room);
	}
	if (ferror(f))
		rc = err_errno(err, errno, "%s", path);
	if (rc == ERR_OK)
		rc = buf_check(&text, err);
	if (rc == ERR_OK)
		rc = scenario_parse(path, buf_slice(&text), out, err);
	buf_done(&text);
	(void)fclose(f);
	return rc;
}

const char *const *
scenario_relationship_words(void)
{
	static const char *const word[] = {
		[RELATIONSHIP_NONE] = "none",
		[RELATIONSHIP_RESELLER] = "reseller",
		[RELATIONSHIP_ADVISOR] = "advisor",
		[RELATIONSHIP_SYNDICATION] = "syndication",
		[RELATIONSHIP_MICROSOFT_SUPPORT] = "microsoft_support",
		NULL,
	};

	return word;
}

const char *const *
scenario_consent_words(void)
{
	static const char *const word[] = {
		[MAKER_CONSENT_GRANTED] = "granted",
		[MAKER_CONSENT_NOT_GRANTED] = "notGranted",
		[MAKER_CONSENT_REVOKED] = "revoked",
		NULL,
	};

	return word;
}

static bool
same_text(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

struct verdict *
scenario_verdict(const struct scenario *s, const char *serial, const char *product_key,
    uint64_t now_ms)
{
	for (struct verdict *v = s->verdicts; v; v = v->next) {
		if ((same_text(v->device, serial) || same_text(v->device, product_key)) &&
		    (v->times == 0 || v->used < v->times) && now_ms < v->until_ms)
			return v;
	}
	return NULL;
}

const char *const *
scenario_sign_in_words(void)
{
	static const char *const word[] = {
		[SIGN_IN_OPEN] = "open",
		[SIGN_IN_APPROVE] = "approve",
		[SIGN_IN_DECLINE] = "decline",
		[SIGN_IN_EXPIRE] = "expire",
		[SIGN_IN_BLOCK] = "block",
		NULL,
	};

	return word;
}

const struct customer_plan *
scenario_customer(const struct scenario *s, const char *name)
{
	for (const struct customer_plan *c = s->customers; c; c = c->next) {
		if (strcmp(c->name, name) == 0 || strcasecmp(c->tenant, name) == 0)
			return c;
	}
	return NULL;
}

bool
scenario_is_foreign(const struct customer_plan *c, const char *device, uint64_t now_ms)
{
	for (const struct foreign_device *f = c->foreign; device && f; f = f->next) {
		if (strcmp(f->device, device) == 0 && now_ms < f->until_ms)
			return true;
	}
	return false;
}

const struct job_plan *
scenario_job(const struct scenario *s, uint64_t nth)
{
	for (const struct job_plan *j = s->job_overrides; j; j = j->next) {
		if (j->nth == nth)
			return j;
	}
	return &s->jobs;
}

bool
scenario_texts_have(const struct texts *list, const char *text)
{
	for (size_t i = 0; text && i < list->n; i++) {
		if (strcmp(list->item[i], text) == 0)
			return true;
	}
	return false;
}

bool
scenario_numbers_have(const struct numbers *list, uint64_t number)
{
	for (size_t i = 0; i < list->n; i++) {
		if (list->item[i] == number)
			return true;
	}
	return false;
}
