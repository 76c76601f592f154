/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/command_rules.h"

#include <string.h>

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
