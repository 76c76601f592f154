/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/completion.h"

#include <ctype.h>
#include <string.h>

#include "agent/commands/command.h"
#include "config/event_kinds.h"
#include "devices/finding.h"
#include "devices/list_writer.h"
#include "store/device_state.h"

/* --- words that can be listed --- */

/* One word of a list, behind a blank unless it is the first. */
static void
put_word(FILE *out, const char *word, bool *first)
{
	fprintf(out, "%s%s", *first ? "" : " ", word);
	*first = false;
}

static void
put_commands(FILE *out)
{
	const struct command *c;
	bool first = true;

	for (size_t i = 0; (c = command_at(i)) != NULL; i++)
		put_word(out, c->name, &first);
}

static void
put_names(FILE *out, const char *const *name, bool *first)
{
	for (; *name; name++)
		put_word(out, *name, first);
}

/* What an option takes, if it can be listed. Values in lower case are what it is: "csv|json". */
static void
put_values(FILE *out, const struct option_def *def)
{
	bool first = true;

	if (strcmp(def->value, "STATE") == 0) {
		for (int i = 0; i < NDEVICE_STATE; i++)
			put_word(out, device_state_name((enum device_state)i), &first);
	} else if (strcmp(def->value, "CODE") == 0) {
		for (int i = 0; i < NFINDING; i++)
			put_word(out, finding_info((enum finding_code)i)->code, &first);
	} else if (strcmp(def->value, "KIND") == 0) {
		put_names(out, event_kinds, &first);
	} else if (strcmp(def->value, "FORMAT") == 0) {
		put_names(out, list_writer_names(), &first);
	} else if (islower((unsigned char)def->value[0])) {
		for (const char *c = def->value; *c != '\0'; c++)
			putc(*c == '|' ? ' ' : *c, out);
	}
}

static bool
takes_file(const struct option_def *def)
{
	return def->value && (strcmp(def->value, "FILE") == 0 || strcmp(def->value, "DIR") == 0);
}

/*
 * The words that may stand first behind a command, as its operands name them: "[list|link|check]
 * [CUSTOMER]" has three. What is written in capitals is the user's own.
 */
static bool
put_operands(FILE *out, const struct command *c)
{
	const char *at = c->operands + strspn(c->operands, "[");
	bool first = true;

	if (strstr(c->operands, "COMMAND")) {
		put_commands(out);
		return true;
	}
	for (;;) {
		size_t len = strspn(at, "abcdefghijklmnopqrstuvwxyz-");

		if (len > 0 && islower((unsigned char)*at)) {
			fprintf(out, "%s%.*s", first ? "" : " ", (int)len, at);
			first = false;
		}
		at += len + strspn(at + len, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-");
		if (*at != '|')
			return !first;
		at++;
	}
}

static bool
operand_is_file(const struct command *c)
{
	return strstr(c->operands, "FILE") ||
	    (strstr(c->operands, "LIST") && !strstr(c->operands, "LIST-ID"));
}

/* Text between single quotes, as all three shells read them; fish knows no other way to end them. */
static void
put_quoted(FILE *out, const char *text, const char *quote)
{
	for (; *text != '\0' && *text != '\n'; text++) {
		if (*text == '\'')
			fputs(quote, out);
		else
			putc(*text, out);
	}
}

/* c NULL: the global ones. */
static void
put_option_names(FILE *out, const struct command *c, bool *first)
{
	const struct option_def *def;

	for (size_t i = 0; (def = command_option(c, i)) != NULL; i++) {
		fprintf(out, "%s--%s", *first ? "" : " ", def->name);
		*first = false;
	}
}

/* --- bash and zsh --- */

/* The cases of one command: what follows an option, then what else may come. */
static void
put_option_cases(FILE *out, const struct command *c, const char *command)
{
	const struct option_def *def;

	for (size_t i = 0; (def = command_option(c, i)) != NULL; i++) {
		if (!def->value)
			continue;
		fprintf(out, "	%s:--%s", command, def->name);
		if (def->letter)
			fprintf(out, "|%s:-%c", command, def->letter);
		fputs(") follow='", out);
		put_values(out, def);
		fprintf(out, "' files=%d; return ;;\n", takes_file(def));
	}
}

/*
 * A function that both shells understand: from the command and the word before it sets follow, the words that
 * may come, and files, whether a path may.
 */
static void
put_function(FILE *out)
{
	const struct command *c;

	fputs("_autoreg_words() {\n"
	      "	case \"$1:$2\" in\n",
	    out);
	put_option_cases(out, NULL, "*");
	for (size_t i = 0; (c = command_at(i)) != NULL; i++)
		put_option_cases(out, c, c->name);
	fputs("	esac\n"
	      "	case \"$1\" in\n",
	    out);
	for (size_t i = 0; (c = command_at(i)) != NULL; i++) {
		bool first = true;

		fprintf(out, "	%s) follow='", c->name);
		first = !put_operands(out, c);
		put_option_names(out, c, &first);
		put_option_names(out, NULL, &first);
		fprintf(out, "' files=%d ;;\n", operand_is_file(c));
	}
	fputs("	*) follow='", out);
	put_commands(out);
	putc(' ', out);
	put_option_names(out, NULL, &(bool){ true });
	fputs("' files=0 ;;\n"
	      "	esac\n"
	      "}\n\n",
	    out);
}

/* Whichever word names a command first is it; a value of --config could only be mistaken for one. */
static const char bash_tail[] =
    "_autoreg() {\n"
    "	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command= follow= files=0 i\n"
    "	for ((i = 1; i < COMP_CWORD; i++)); do\n"
    "		case \" $_autoreg_commands \" in\n"
    "		*\" ${COMP_WORDS[i]} \"*) command=${COMP_WORDS[i]}; break ;;\n"
    "		esac\n"
    "	done\n"
    "	_autoreg_words \"$command\" \"$prev\"\n"
    "	COMPREPLY=($(compgen -W \"$follow\" -- \"$cur\"))\n"
    "	if ((files)) && [[ $cur != -* ]]; then\n"
    "		compopt -o filenames 2>/dev/null\n"
    "		while IFS= read -r i; do COMPREPLY+=(\"$i\"); done < <(compgen -f -- \"$cur\")\n"
    "	fi\n"
    "}\n"
    "complete -F _autoreg autoreg\n";

static void
put_bash(FILE *out)
{
	fputs("# bash completion of autoreg, made by 'autoreg completion bash'\n\n"
	      "_autoreg_commands='",
	    out);
	put_commands(out);
	fputs("'\n\n", out);
	put_function(out);
	fputs(bash_tail, out);
}

static const char zsh_tail[] =
    "_autoreg() {\n"
    "	local command= follow= files=0 word\n"
    "	for word in ${words[2,CURRENT-1]}; do\n"
    "		if (( ${_autoreg_commands[(Ie)$word]} )); then command=$word; break; fi\n"
    "	done\n"
    "	_autoreg_words \"$command\" \"${words[CURRENT-1]}\"\n"
    "	if [[ -z $command && ${words[CURRENT-1]} != -* ]]; then\n"
    "		_describe command _autoreg_summaries\n"
    "	else\n"
    "		compadd -- ${=follow}\n"
    "	fi\n"
    "	(( files )) && _files\n"
    "	return 0\n"
    "}\n\n"
    "if [[ ${funcstack[1]} == _autoreg ]]; then _autoreg \"$@\"; else compdef _autoreg autoreg; fi\n";

static void
put_zsh(FILE *out)
{
	const struct command *c;

	fputs("#compdef autoreg\n# zsh completion of autoreg, made by 'autoreg completion zsh'\n\n"
	      "_autoreg_commands=(",
	    out);
	put_commands(out);
	fputs(")\n_autoreg_summaries=(\n", out);
	for (size_t i = 0; (c = command_at(i)) != NULL; i++) {
		fprintf(out, "	'%s:", c->name);
		put_quoted(out, c->summary, "'\\''");
		fputs("'\n", out);
	}
	fputs(")\n\n", out);
	put_function(out);
	fputs(zsh_tail, out);
}

/* --- fish --- */

/* condition: when it may come. */
static void
put_fish_options(FILE *out, const struct command *c, const char *condition)
{
	const struct option_def *def;

	for (size_t i = 0; (def = command_option(c, i)) != NULL; i++) {
		fprintf(out, "complete -c autoreg%s -l %s", condition, def->name);
		if (def->letter)
			fprintf(out, " -s %c", def->letter);
		if (def->value) {
			fprintf(out, takes_file(def) ? " -rF -a '" : " -x -a '");
			put_values(out, def);
			putc('\'', out);
		}
		fputs(" -d '", out);
		put_quoted(out, def->help, "\\'");
		fputs("'\n", out);
	}
}

static void
put_fish(FILE *out)
{
	const struct command *c;
	char condition[96];

	fputs("# fish completion of autoreg, made by 'autoreg completion fish'\n\n"
	      "complete -c autoreg -f\n",
	    out);
	put_fish_options(out, NULL, "");
	for (size_t i = 0; (c = command_at(i)) != NULL; i++) {
		fprintf(out, "complete -c autoreg -n __fish_use_subcommand -a %s -d '", c->name);
		put_quoted(out, c->summary, "\\'");
		fputs("'\n", out);
		(void)snprintf(condition, sizeof condition, " -n '__fish_seen_subcommand_from %s'",
		    c->name);
		fprintf(out, "complete -c autoreg%s%s -a '", condition,
		    operand_is_file(c) ? " -F" : "");
		(void)put_operands(out, c);
		fputs("'\n", out);
		put_fish_options(out, c, condition);
	}
}

completion_fn *
completion_find(const char *shell)
{
	static const struct {
		const char *shell;
		completion_fn *put;
	} known[] = { { "bash", put_bash }, { "zsh", put_zsh }, { "fish", put_fish } };

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		if (strcmp(known[i].shell, shell) == 0)
			return known[i].put;
	}
	return NULL;
}
