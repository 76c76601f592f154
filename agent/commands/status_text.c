/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/status_text.h"

#include "agent/commands/records_text.h"
#include "agent/tools/terminal.h"
#include "agent/tools/text_table.h"
#include "base/slice.h"

enum { STATES_MAX = 1024 };

static struct slice
text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return slice_of(text ? text : "");
}

static enum err_code
put_customers(json_t *customers, FILE *stream, struct err *err)
{
	static const struct text_column column[] = { { "CUSTOMER", false }, { "CONSENT", false },
		{ "HELD FOR", false }, { "NEXT", false }, { "DEVICES", false }, { NULL, false } };
	struct text_table table;
	enum err_code rc;
	json_t *c;
	size_t i;

	text_table_init(&table, stream, column);
	json_array_foreach(customers, i, c)
	{
		struct buf states;

		buf_init(&states, STATES_MAX);
		records_text_counts(json_object_get(c, "states"), &states);
		text_table_row(&table,
		    (struct slice[]){ text_of(c, "name"), text_of(c, "consent"),
		        text_of(c, "held_for"), text_of(c, "next"), buf_slice(&states) });
		buf_done(&states);
	}
	rc = text_table_end(&table, err);
	text_table_done(&table);
	return rc;
}

static enum err_code
put_partners(json_t *partners, FILE *stream, struct err *err)
{
	static const struct text_column column[] = { { "PARTNER", false }, { "TOKEN", false },
		{ "EXPIRES", false }, { "SIGNED IN", false }, { "GOOD UNTIL", false },
		{ NULL, false } };
	struct text_table table;
	enum err_code rc;
	json_t *p;
	size_t i;

	text_table_init(&table, stream, column);
	json_array_foreach(partners, i, p) text_table_row(&table,
	    (struct slice[]){ text_of(p, "name"), text_of(p, "token"), text_of(p, "expires"),
	        text_of(p, "account"), text_of(p, "good_until") });
	rc = text_table_end(&table, err);
	text_table_done(&table);
	return rc;
}

static enum err_code
put_oems(json_t *oems, FILE *stream, struct err *err)
{
	static const struct text_column column[] = { { "OEM", false }, { "CREDENTIAL", false },
		{ "CERTIFICATE UNTIL", false }, { NULL, false } };
	struct text_table table;
	enum err_code rc;
	json_t *o;
	size_t i;

	text_table_init(&table, stream, column);
	json_array_foreach(oems, i, o) text_table_row(&table,
	    (struct slice[]){ text_of(o, "name"), text_of(o, "credential"),
	        text_of(o, "certificate_until") });
	rc = text_table_end(&table, err);
	text_table_done(&table);
	return rc;
}

/* What somebody has to do, each on a line of its own. */
static void
put_messages(json_t *things, const char *member, FILE *stream)
{
	json_t *thing;
	size_t i;

	json_array_foreach(things, i, thing)
	{
		struct slice message = text_of(thing, member);

		if (message.len == 0)
			continue;
		terminal_put(stream, text_of(thing, "name"));
		fputs(": ", stream);
		terminal_put(stream, message);
		fputc('\n', stream);
	}
}

enum err_code
status_text_print(json_t *status, FILE *stream, struct err *err)
{
	json_t *customers = json_object_get(status, "customers");
	json_t *partners = json_object_get(status, "partners");
	json_t *oems = json_object_get(status, "oems");
	json_t *queue = json_object_get(status, "queue");
	struct slice oldest = text_of(queue, "oldest");

	if (!json_is_array(customers) || !json_is_array(partners) || !json_is_object(queue))
		return err_set(err, ERR_FORMAT, "the answer cannot be understood");
	fputs("autoreg ", stream);
	terminal_put(stream, text_of(status, "version"));
	fputs(json_is_true(json_object_get(status, "running"))
	        ? " is running\n\n"
	        : " is not running; this is what it left\n\n",
	    stream);
	if (put_customers(customers, stream, err))
		return err->code;
	fputc('\n', stream);
	if (put_partners(partners, stream, err))
		return err->code;
	if (json_array_size(oems) > 0) {
		fputc('\n', stream);
		if (put_oems(oems, stream, err))
			return err->code;
	}
	fprintf(stream, "\n%" JSON_INTEGER_FORMAT " queued",
	    json_integer_value(json_object_get(queue, "queued")));
	if (oldest.len > 0) {
		fputs(", the oldest since ", stream);
		terminal_put(stream, oldest);
	}
	fputc('\n', stream);
	put_messages(customers, "held_message", stream);
	put_messages(partners, "message", stream);
	put_messages(oems, "message", stream);
	return ERR_OK;
}
