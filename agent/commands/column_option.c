/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/column_option.h"

#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"

enum { POSITIONS_MAX = sizeof((struct column_option *)0)->position / sizeof(enum column) };

static enum err_code
unknown_word(struct slice word, struct err *err)
{
	const char *candidate[NCOLUMN];
	const char *meant;

	for (enum column c = 0; c < NCOLUMN; c++)
		candidate[c] = column_word(c);
	meant = nearest(word, candidate, NCOLUMN);
	if (meant)
		return err_set(err, ERR_USAGE,
		    "--columns: unknown word \"" SLICE_FMT "\"; did you mean %s?",
		    SLICE_ARG(slice_head(word, 64)), meant);
	return err_set(err, ERR_USAGE, "--columns: unknown word \"" SLICE_FMT "\"",
	    SLICE_ARG(slice_head(word, 64)));
}

static enum err_code
add_heading(struct column_option *o, struct slice word, const char *heading, struct err *err)
{
	enum column c = column_from_word(word);

	if (c == COLUMN_UNKNOWN)
		return unknown_word(word, err);
	if (!*heading)
		return err_set(err, ERR_USAGE, "--columns: %s has no heading", column_word(c));
	if (o->map.heading[c])
		return err_set(err, ERR_USAGE, "--columns: %s is given twice", column_word(c));
	o->map.heading[c] = heading;
	o->list.map = &o->map;
	return ERR_OK;
}

static enum err_code
add_position(struct column_option *o, struct slice word, struct err *err)
{
	enum column c = word.len ? column_from_word(word) : COLUMN_UNKNOWN;

	if (word.len && c == COLUMN_UNKNOWN)
		return unknown_word(word, err);
	if (o->list.nposition == POSITIONS_MAX)
		return err_set(err, ERR_USAGE, "--columns: more than %d columns", POSITIONS_MAX);
	for (size_t i = 0; word.len && i < o->list.nposition; i++) {
		if (o->position[i] == c)
			return err_set(err, ERR_USAGE, "--columns: %s is given twice",
			    column_word(c));
	}
	o->position[o->list.nposition++] = c;
	o->list.position = o->position;
	return ERR_OK;
}

/* One piece between commas; terminated in place, since headings are kept as strings. */
static enum err_code
add_piece(struct column_option *o, char *piece, struct err *err)
{
	char *equals = strchr(piece, '=');

	if (equals) {
		*equals = '\0';
		return add_heading(o, slice_trim(slice_of(piece)), equals + 1, err);
	}
	return add_position(o, slice_trim(slice_of(piece)), err);
}

enum err_code
column_option_parse(const char *text, struct column_option *out, struct err *err)
{
	char *piece, *next;
	enum err_code rc = ERR_OK;

	memset(out, 0, sizeof *out);
	if (!text)
		return ERR_OK;
	if (!*text)
		return err_set(err, ERR_USAGE, "--columns: there is nothing in it");
	out->text = strdup(text);
	if (!out->text)
		return err_set(err, ERR_NOMEM, "--columns");
	for (piece = out->text; piece && rc == ERR_OK; piece = next) {
		next = strchr(piece, ',');
		if (next)
			*next++ = '\0';
		rc = add_piece(out, piece, err);
	}
	if (rc == ERR_OK && out->list.map && out->list.position)
		rc = err_set(err, ERR_USAGE,
		    "--columns: either headings (serial=Asset) or an order (serial,,hash), not both");
	if (rc)
		column_option_done(out);
	return rc;
}

void
column_option_done(struct column_option *o)
{
	free(o->text);
	memset(o, 0, sizeof *o);
}
