/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config_example.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "config/config_schema.h"
#include "config/config_value.h"

static const char head[] =
    "# yaml-language-server: $schema=autoreg.schema.json\n"
    "#\n"
    "# The configuration of autoreg. 'autoreg config check' tells what is wrong with it. Editors\n"
    "# complete keys once 'autoreg config schema' has written autoreg.schema.json beside it.\n"
    "#\n"
    "# A key behind a # is off, and shows its default, or an example if it has none.\n"
    "# Secrets never stand here: {credential: NAME} is one that systemd hands over,\n"
    "# {file: PATH} a file that only its owner can read, {env: NAME} a variable.\n";

/*
 * What stands at the beginning of a line: two blanks for a level, and one # where a key is off. So
 * taking the first # away switches one key on, with what is needed below it.
 */
struct margin {
	char text[32];
	bool off; /* something above is */
};

static struct margin
deeper(const struct margin *m, const char *more)
{
	struct margin next = { .off = m->off || more[0] == '#' };
	int len = snprintf(next.text, sizeof next.text, "%s%s", m->text, more);

	assert(len >= 0 && (size_t)len < sizeof next.text);
	return next;
}

static void put_section(struct buf *out, const struct section *s, const struct margin *m);

static void
put_help(struct buf *out, const struct key *k, const struct margin *m)
{
	bool quantity = k->type == TYPE_NUMBER || k->type == TYPE_DURATION || k->type == TYPE_SIZE;

	buf_addf(out, "%s# %s", m->text, k->help);
	if (quantity && k->max > k->min) {
		buf_add_char(out, ' ');
		config_value_print_range(k, out);
		buf_add_char(out, '.');
	}
	if (k->type == TYPE_WORD) {
		for (size_t i = 0; k->words[i]; i++)
			buf_addf(out, "%s%s", i > 0 ? ", " : " One of: ", k->words[i]);
		buf_add_char(out, '.');
	}
	buf_add_char(out, '\n');
}

static void
put_value(struct buf *out, const struct key *k)
{
	const char *before = k->items > 0 ? " [" : " ";
	struct slice rest = slice_of(k->initial ? k->initial : "");
	struct slice item;

	if (!k->initial) {
		buf_addf(out, " %s\n", k->example);
		return;
	}
	while (key_next_initial(k, &rest, &item)) {
		buf_add_str(out, before);
		buf_add_slice(out, item);
		before = ", ";
	}
	buf_add_str(out, k->items > 0 ? "]\n" : "\n");
}

static void
put_named(struct buf *out, const struct key *k, const struct margin *m)
{
	struct margin name = deeper(m, "  ");
	struct margin inner = deeper(&name, "  ");

	buf_addf(out, "\n%s%s:\n", name.text, k->example);
	put_section(out, k->section, &inner);
}

static void
put_key(struct buf *out, const struct key *k, const struct margin *outer)
{
	bool on = k->required || k->shown || (outer->off && k->initial);
	struct margin m = deeper(outer, on ? "" : "#");
	struct margin inner = deeper(&m, "  ");

	put_help(out, k, outer);
	buf_addf(out, "%s%s:", m.text, k->name);
	switch (k->type) {
	case TYPE_NAMED:
		put_named(out, k, &m);
		break;
	case TYPE_SECTION:
	case TYPE_OPTIONAL_SECTION:
		buf_add_char(out, '\n');
		put_section(out, k->section, &inner);
		break;
	default:
		put_value(out, k);
	}
}

static void
put_section(struct buf *out, const struct section *s, const struct margin *m)
{
	for (const struct key *k = s->key; k->name; k++) {
		if (m->text[0] == '\0')
			buf_add_char(out, '\n');
		put_key(out, k, m);
	}
}

void
config_example_write(struct buf *out)
{
	const struct margin none = { .off = false };

	buf_add_str(out, head);
	put_section(out, config_schema(), &none);
}
