/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/options.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/commands/command.h"
#include "base/nearest.h"
#include "base/slice.h"
#include "config/unit.h"
#include "devices/list_writer.h"

#define CONFIG_DEFAULT "/etc/autoreg/autoreg.yaml"

struct parser {
	struct options *out;
	char **argv;
	int argc;
	int next;                           /* the first word that was not read yet */
	bool given[sizeof(struct options)]; /* by the offset of the option's field */
};

static size_t
add_options(const struct command *c, const struct option_def *known[OPTIONS_MAX], size_t n)
{
	const struct option_def *def;

	for (size_t i = 0; (def = command_option(c, i)) != NULL; i++) {
		assert(n < OPTIONS_MAX);
		known[n++] = def;
	}
	return n;
}

/* All options that may be given now: before the command is known, the global ones. */
static size_t
known_options(const struct parser *p, const struct option_def *known[OPTIONS_MAX])
{
	size_t n = add_options(NULL, known, 0);

	return p->out->command ? add_options(p->out->command, known, n) : n;
}

static enum err_code
unknown_option(const struct option_def *const *known, size_t n, struct slice name, struct err *err)
{
	const char *candidate[OPTIONS_MAX];
	const char *meant;

	for (size_t i = 0; i < n; i++)
		candidate[i] = known[i]->name;
	meant = nearest(name, candidate, n);
	if (meant)
		return err_set(err, ERR_USAGE, "unknown option --" SLICE_FMT "; did you mean --%s?",
		    SLICE_ARG(name), meant);
	return err_set(err, ERR_USAGE, "unknown option --" SLICE_FMT, SLICE_ARG(name));
}

/* The option of that name, or the only one whose name begins so. */
static enum err_code
find_long(const struct parser *p, struct slice name, const struct option_def **out, struct err *err)
{
	const struct option_def *known[OPTIONS_MAX];
	size_t n = known_options(p, known);
	const struct option_def *match = NULL;
	const struct option_def *other = NULL;

	for (size_t i = 0; i < n; i++) {
		if (strncmp(known[i]->name, name.ptr, name.len) != 0)
			continue;
		if (known[i]->name[name.len] == '\0') {
			*out = known[i];
			return ERR_OK;
		}
		other = match;
		match = known[i];
	}
	if (!match)
		return unknown_option(known, n, name, err);
	if (other)
		return err_set(err, ERR_USAGE, "option --" SLICE_FMT " could be --%s or --%s",
		    SLICE_ARG(name), other->name, match->name);
	*out = match;
	return ERR_OK;
}

static enum err_code
find_short(const struct parser *p, char letter, const struct option_def **out, struct err *err)
{
	const struct option_def *known[OPTIONS_MAX];
	size_t n = known_options(p, known);

	for (size_t i = 0; i < n; i++) {
		if (known[i]->letter == letter) {
			*out = known[i];
			return ERR_OK;
		}
	}
	return err_set(err, ERR_USAGE, "unknown option -%c", letter);
}

static enum err_code
store_number(unsigned *field, const struct option_def *def, const char *value, struct err *err)
{
	uint64_t number;

	if (!slice_to_u64(slice_of(value), def->max, &number))
		return err_set(err, ERR_USAGE, "option --%s takes a number from 0 to %u, not %s",
		    def->name, def->max, value);
	*field = (unsigned)number;
	return ERR_OK;
}

static enum err_code
store_duration(void *field, const struct option_def *def, const char *value, struct err *err)
{
	uint64_t ms;

	if (unit_parse(unit_durations, slice_of(value), &ms) != UNIT_GOOD || ms == 0)
		return err_set(err, ERR_USAGE,
		    "--%s needs a time such as 30s, 10m or 2h, not \"%.64s\"", def->name, value);
	*(uint64_t *)field = ms;
	return ERR_OK;
}

static enum err_code
store_writer(const struct list_writer **field, const char *value, struct err *err)
{
	const char *const *name = list_writer_names();
	const struct list_writer *writer = list_writer_find(slice_of(value));
	const char *meant;
	size_t n = 0;

	if (writer) {
		*field = writer;
		return ERR_OK;
	}
	while (name[n])
		n++;
	meant = nearest(slice_of(value), name, n);
	if (meant)
		return err_set(err, ERR_USAGE, "unknown format %s; did you mean %s?", value, meant);
	return err_set(err, ERR_USAGE, "unknown format %s", value);
}

/* value: NULL for an option that takes none. */
static enum err_code
store(struct parser *p, const struct option_def *def, const char *value, struct err *err)
{
	void *field = (char *)p->out + def->field;

	if (value && p->given[def->field])
		return err_set(err, ERR_USAGE, "option --%s is given twice", def->name);
	p->given[def->field] = true;
	switch (def->kind) {
	case OPTION_FLAG:
		*(bool *)field = true;
		break;
	case OPTION_COUNT:
		++*(unsigned *)field;
		break;
	case OPTION_TEXT:
		*(const char **)field = value;
		break;
	case OPTION_NUMBER:
		return store_number(field, def, value, err);
	case OPTION_DURATION:
		return store_duration(field, def, value, err);
	case OPTION_WRITER:
		return store_writer(field, value, err);
	}
	return ERR_OK;
}

/* attached: the value if it is part of the option's own word, else NULL. */
static enum err_code
take_option(struct parser *p, const struct option_def *def, const char *attached, struct err *err)
{
	if (def->value && !attached) {
		if (p->next == p->argc)
			return err_set(err, ERR_USAGE, "option --%s needs a value: --%s %s",
			    def->name, def->name, def->value);
		attached = p->argv[p->next++];
	}
	return store(p, def, attached, err);
}

/* word: what follows the two dashes. */
static enum err_code
parse_long(struct parser *p, const char *word, struct err *err)
{
	const char *equals = strchr(word, '=');
	struct slice name = { word, equals ? (size_t)(equals - word) : strlen(word) };
	const struct option_def *def = NULL;
	enum err_code rc;

	rc = find_long(p, name, &def, err);
	if (rc)
		return rc;
	if (equals && !def->value)
		return err_set(err, ERR_USAGE, "option --%s takes no value", def->name);
	return take_option(p, def, equals ? equals + 1 : NULL, err);
}

/* letters: what follows the dash. The first that takes a value takes the rest of the word. */
static enum err_code
parse_short(struct parser *p, const char *letters, struct err *err)
{
	while (*letters != '\0') {
		const struct option_def *def = NULL;
		const char *rest = letters + 1;
		enum err_code rc;

		rc = find_short(p, *letters, &def, err);
		if (rc)
			return rc;
		if (def->value)
			return take_option(p, def, *rest != '\0' ? rest : NULL, err);
		rc = take_option(p, def, NULL, err);
		if (rc)
			return rc;
		letters = rest;
	}
	return ERR_OK;
}

/* The first operand names the command. */
static enum err_code
parse_operand(struct parser *p, char *word, struct err *err)
{
	const char *meant;

	if (p->out->command) {
		/* Never overtakes p->next: the program's name and the command are no operands. */
		p->out->operand[p->out->noperand++] = word;
		return ERR_OK;
	}
	p->out->command = command_find(word);
	if (p->out->command)
		return ERR_OK;
	meant = command_nearest(slice_of(word));
	if (meant)
		return err_set(err, ERR_USAGE, "unknown command %s; did you mean %s?", word, meant);
	return err_set(err, ERR_USAGE, "unknown command %s", word);
}

static enum err_code
parse_words(struct parser *p, struct err *err)
{
	bool only_operands = false;
	enum err_code rc = ERR_OK;

	while (rc == ERR_OK && p->next < p->argc) {
		char *word = p->argv[p->next++];

		if (only_operands || word[0] != '-' || word[1] == '\0')
			rc = parse_operand(p, word, err);
		else if (word[1] != '-')
			rc = parse_short(p, word + 1, err);
		else if (word[2] != '\0')
			rc = parse_long(p, word + 2, err);
		else
			only_operands = true;
	}
	return rc;
}

/* What must hold for the whole, once its parts are known. */
static enum err_code
validate(const struct options *o, struct err *err)
{
	const struct command *c = o->command;

	if (o->help || o->version)
		return ERR_OK;
	if (!c)
		return err_set(err, ERR_USAGE, "a command is missing");
	if (o->noperand > c->operands_max)
		return err_set(err, ERR_USAGE, "%s: one operand too many: %s", c->name,
		    o->operand[c->operands_max]);
	if (o->explain)
		return ERR_OK;
	if (o->noperand < c->operands_min)
		return err_set(err, ERR_USAGE, "%s needs %s", c->name, c->operands);
	return c->validate ? c->validate(o, err) : ERR_OK;
}

/* Is JSON asked for behind a mistake, where the parser does not get? */
static bool
json_follows(const struct parser *p)
{
	for (int i = p->next; i < p->argc && strcmp(p->argv[i], "--") != 0; i++) {
		if (strcmp(p->argv[i], "--json") == 0)
			return true;
	}
	return false;
}

enum err_code
options_parse(int argc, char **argv, struct options *out, struct err *err)
{
	struct parser p = { .out = out, .argv = argv, .argc = argc, .next = 1 };
	enum err_code rc;

	*out = (struct options){ .operand = argv + 1 };
	rc = parse_words(&p, err);
	if (!out->config)
		out->config = getenv("AUTOREG_CONFIG");
	if (!out->config || out->config[0] == '\0')
		out->config = CONFIG_DEFAULT;
	if (rc == ERR_OK)
		rc = validate(out, err);
	else
		out->json = out->json || json_follows(&p);
	return rc;
}
