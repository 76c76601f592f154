/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/command_rules.h"

#include <string.h>

#include "agent/commands/completion.h"
#include "base/nearest.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

enum err_code
command_rules_convert(const struct options *o, struct err *err)
{
	if (!o->to)
		return err_set(err, ERR_USAGE, "convert needs --to FORMAT");
	if (o->rejects && strcmp(o->rejects, "-") == 0)
		return err_set(err, ERR_USAGE, "--rejects needs a file, not standard output");
	if (o->json && (!o->output || strcmp(o->output, "-") == 0))
		return err_set(err, ERR_USAGE,
		    "convert --json needs -o FILE: stdout cannot hold the list as well");
	return ERR_OK;
}

enum err_code
command_rules_demo(const struct options *o, struct err *err)
{
	if (o->json)
		return err_set(err, ERR_USAGE, "demo is for people: it has no --json");
	return ERR_OK;
}

enum err_code
command_rules_image(const struct options *o, struct err *err)
{
	if (strcmp(o->operand[0], "ack") != 0)
		return err_set(err, ERR_USAGE, "image cannot %s; did you mean ack?", o->operand[0]);
	return ERR_OK;
}

/* The words behind "profile", and how many operands there are with each. */
enum err_code
command_rules_profile(const struct options *o, struct err *err)
{
	static const char *const part[] = { "check", "schema", "show", "test" };
	static const char *const needs[] = { "a FILE", NULL, "a NAME", "a FILE" };
	const char *word = o->operand[0];
	const char *meant = nearest(slice_of(word), part, LENGTH(part));
	size_t i = 0;

	while (i < LENGTH(part) && strcmp(part[i], word) != 0)
		i++;
	if (i == LENGTH(part))
		return err_set(err, ERR_USAGE, "profile cannot %s%s%s%s", word,
		    meant ? "; did you mean " : "", meant ? meant : "", meant ? "?" : "");
	if (needs[i] && o->noperand < 2)
		return err_set(err, ERR_USAGE, "profile %s needs %s", word, needs[i]);
	if (!needs[i] && o->noperand > 1)
		return err_set(err, ERR_USAGE, "profile %s takes nothing more", word);
	if (strcmp(word, "show") == 0 && o->json)
		return err_set(err, ERR_USAGE, "profile show prints YAML, not JSON");
	if (strcmp(word, "test") != 0 &&
	    (o->serial || o->manufacturer || o->model || o->product_id || o->group_tag || o->order))
		return err_set(err, ERR_USAGE, "a device is described with profile test only");
	return ERR_OK;
}

enum err_code
command_rules_register(const struct options *o, struct err *err)
{
	if (!o->customer)
		return err_set(err, ERR_USAGE, "register needs --customer NAME");
	return ERR_OK;
}

/* Of what answers a question. */
enum err_code
command_rules_format(const struct options *o, struct err *err)
{
	if (o->format && strcmp(o->format, "csv") != 0)
		return err_set(err, ERR_USAGE, "--format takes csv; JSON comes with --json");
	if (o->format && o->json)
		return err_set(err, ERR_USAGE, "--format csv and --json exclude each other");
	return ERR_OK;
}

/* The words behind "claims", and how many operands there are with each. */
enum err_code
command_rules_claims(const struct options *o, struct err *err)
{
	static const char *const part[] = { "case", "dossier", "note", "resume", "stop" };
	static const size_t operands[] = { 3, 2, 3, 2, 2 };
	const char *meant;

	if (o->format && strcmp(o->format, "csv") != 0 && strcmp(o->format, "json") != 0)
		return err_set(err, ERR_USAGE, "--format takes csv or json");
	if (o->format && strcmp(o->format, "csv") == 0 && o->json)
		return err_set(err, ERR_USAGE, "--format csv and --json exclude each other");
	if (o->noperand == 0)
		return ERR_OK;
	for (size_t i = 0; i < LENGTH(part); i++) {
		if (strcmp(part[i], o->operand[0]) != 0)
			continue;
		if (o->noperand == operands[i])
			return ERR_OK;
		return err_set(err, ERR_USAGE, "claims %s needs a serial number%s", part[i],
		    operands[i] == 3 ? " and a text" : ", and nothing else");
	}
	meant = nearest(slice_of(o->operand[0]), part, LENGTH(part));
	if (meant)
		return err_set(err, ERR_USAGE, "claims cannot %s; did you mean %s?", o->operand[0],
		    meant);
	return err_set(err, ERR_USAGE, "claims cannot %s", o->operand[0]);
}

enum err_code
command_rules_completion(const struct options *o, struct err *err)
{
	if (completion_find(o->operand[0]))
		return ERR_OK;
	return err_set(err, ERR_USAGE, "there is no completion for %s, only for bash, zsh and fish",
	    o->operand[0]);
}

enum err_code
command_rules_config(const struct options *o, struct err *err)
{
	static const char *const part[] = { "check", "show", "schema", "init" };
	const char *word = o->operand[0];
	const char *meant;

	for (size_t i = 0; i < LENGTH(part); i++) {
		if (strcmp(part[i], word) != 0)
			continue;
		if (o->json && strcmp(word, "init") == 0)
			return err_set(err, ERR_USAGE, "config init writes YAML, not JSON");
		if (o->online && strcmp(word, "check") != 0)
			return err_set(err, ERR_USAGE, "--online is for config check");
		return ERR_OK;
	}
	meant = nearest(slice_of(word), part, LENGTH(part));
	if (meant)
		return err_set(err, ERR_USAGE, "config cannot %s; did you mean %s?", word, meant);
	return err_set(err, ERR_USAGE, "config cannot %s", word);
}

enum err_code
command_rules_consent(const struct options *o, struct err *err)
{
	static const char *const part[] = { "list", "link", "check" };
	const char *word = o->noperand > 0 ? o->operand[0] : "list";
	bool is_list = strcmp(word, "list") == 0, is_link = strcmp(word, "link") == 0;
	const char *meant;

	if (!is_list && !is_link && strcmp(word, "check") != 0) {
		meant = nearest(slice_of(word), part, LENGTH(part));
		return err_set(err, ERR_USAGE, "consent cannot %s%s%s", word,
		    meant ? "; did you mean " : "", meant ? meant : "");
	}
	if (!is_list && o->noperand < 2)
		return err_set(err, ERR_USAGE, "consent %s needs a customer", word);
	if ((o->mail || o->template) && !is_link)
		return err_set(err, ERR_USAGE, "--mail and --template go with consent link");
	if (o->mail && o->template)
		return err_set(err, ERR_USAGE, "--mail and --template exclude each other");
	if (o->discover && (!is_list || o->noperand > 1))
		return err_set(err, ERR_USAGE,
		    "--discover goes with consent list, of all customers");
	return ERR_OK;
}

enum err_code
command_rules_gate(const struct options *o, struct err *err)
{
	enum { WAIT_MAX_MS = 60 * 1000 }; /* of the agent */

	if (o->wait_ms > WAIT_MAX_MS)
		return err_set(err, ERR_USAGE, "--wait takes at most 60s");
	return ERR_OK;
}

/* One unit of the command line, many of a file, or the word "flush". */
enum err_code
command_rules_unit(const struct options *o, struct err *err)
{
	bool one = o->serial || o->manufacturer || o->model || o->product_id || o->order ||
	    o->group_tag || o->replaces;

	if (o->ndjson)
		return one ? err_set(err, ERR_USAGE,
		                 "--ndjson takes units from a file, and none from the options")
		           : ERR_OK;
	if (o->noperand > 0 && strcmp(o->operand[0], "flush") != 0)
		return err_set(err, ERR_USAGE, "unit cannot %s; a file goes with --ndjson",
		    o->operand[0]);
	if (o->noperand > 0 && one)
		return err_set(err, ERR_USAGE, "unit flush takes no unit");
	if (o->noperand == 0 && !o->customer)
		return err_set(err, ERR_USAGE, "unit needs --customer NAME");
	if (o->noperand == 0 && !o->serial && !o->product_id)
		return err_set(err, ERR_USAGE, "unit needs --serial SERIAL or --product-id PKID");
	return ERR_OK;
}
