/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/demo_outcome.h"

#include <glob.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "agent/tools/terminal.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

/* The states of rows, in the order of the table's columns. */
static const char *const states[] = {
	"registered",
	"ready",
	"claimed",
	"failed",
	"held",
	"queued",
	"submitted",
	"refused",
	"duplicate",
};

/* Those that need nobody's attention. */
static const char *const fine[] = { "registered", "ready", "duplicate" };

/* --- reading ------------------------------------------------------------------------------------ */

static enum err_code
read_all(const glob_t *found, json_t *reports, struct err *err)
{
	for (size_t i = 0; i < found->gl_pathc; i++) {
		json_error_t why;
		json_t *report = json_load_file(found->gl_pathv[i], 0, &why);

		if (!report)
			return err_set(err, ERR_FORMAT, "%s: %s", found->gl_pathv[i], why.text);
		if (json_array_append_new(reports, report) != 0)
			return err_set(err, ERR_NOMEM, "reports");
	}
	return ERR_OK;
}

enum err_code
demo_outcome_read(const char *state, json_t **reports, struct err *err)
{
	char pattern[PATH_MAX];
	json_t *made = NULL;
	glob_t found;
	enum err_code rc;

	(void)snprintf(pattern, sizeof pattern, "%s/lists/*/*.report.json", state);
	if (glob(pattern, 0, NULL, &found) != 0)
		return err_set(err, ERR_NOT_FOUND, "no reports in %s", state);
	made = json_array();
	rc = made ? read_all(&found, made, err) : err_set(err, ERR_NOMEM, "reports");
	globfree(&found);
	if (rc)
		json_decref(made);
	else
		*reports = made;
	return rc;
}

static const char *
text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static const char *
customer_of(const json_t *report)
{
	return text_of(json_object_get(report, "list"), "customer");
}

static const json_t *
rows_of(const json_t *report)
{
	return json_object_get(report, "rows");
}

/* --- the table ---------------------------------------------------------------------------------- */

/* customer: NULL for all. */
static unsigned
count(const json_t *reports, const char *customer, const char *state)
{
	unsigned n = 0;
	size_t i, k;
	json_t *report, *row;

	json_array_foreach(reports, i, report)
	{
		if (customer && strcmp(customer, customer_of(report)) != 0)
			continue;
		json_array_foreach(rows_of(report), k, row) n +=
		    strcmp(text_of(row, "state"), state) == 0;
	}
	return n;
}

static void
put_line(FILE *stream, const json_t *reports, const char *customer)
{
	fprintf(stream, "%-12s", customer ? customer : "total");
	for (size_t i = 0; i < LENGTH(states); i++) {
		if (count(reports, NULL, states[i]))
			fprintf(stream, "%12u", count(reports, customer, states[i]));
	}
	putc('\n', stream);
}

/* Is the i-th report the first of its customer? */
static bool
is_first(const json_t *reports, size_t i)
{
	const char *customer = customer_of(json_array_get(reports, i));

	for (size_t k = 0; k < i; k++) {
		if (strcmp(customer_of(json_array_get(reports, k)), customer) == 0)
			return false;
	}
	return true;
}

void
demo_outcome_put_table(FILE *stream, const json_t *reports)
{
	size_t i;
	json_t *report;

	fprintf(stream, "%-12s", "customer");
	for (i = 0; i < LENGTH(states); i++) {
		if (count(reports, NULL, states[i]))
			fprintf(stream, "%12s", states[i]);
	}
	putc('\n', stream);
	json_array_foreach(reports, i, report)
	{
		if (is_first(reports, i))
			put_line(stream, reports, customer_of(report));
	}
	put_line(stream, reports, NULL);
}

/* --- the rest ----------------------------------------------------------------------------------- */

static bool
is_fine(const char *state)
{
	for (size_t i = 0; i < LENGTH(fine); i++) {
		if (strcmp(state, fine[i]) == 0)
			return true;
	}
	return false;
}

static void
put(FILE *stream, const char *text)
{
	terminal_put(stream, slice_of(text));
}

/* The first that says something. */
static const char *
first_of(const char *a, const char *b, const char *c)
{
	if (*a)
		return a;
	return *b ? b : c;
}

static void
put_row(FILE *stream, const json_t *list, const json_t *row)
{
	const json_t *verdict = json_object_get(row, "verdict"); /* of the service, or null */
	const json_t *finding = json_object_get(row, "finding"); /* our own, or null */

	fputs("  ", stream);
	put(stream, text_of(list, "customer"));
	putc('/', stream);
	put(stream, text_of(list, "file"));
	fprintf(stream, ":%" JSON_INTEGER_FORMAT ": ",
	    json_integer_value(json_object_get(row, "line")));
	put(stream, text_of(row, "serial"));
	fprintf(stream, " is %s (", text_of(row, "state"));
	put(stream,
	    first_of(text_of(verdict, "name"), text_of(finding, "code"), text_of(row, "held_for")));
	fputs(")\n    ", stream);
	put(stream,
	    first_of(text_of(row, "held_message"), text_of(verdict, "message"),
	        text_of(finding, "message")));
	fputs("\n    ", stream);
	put(stream, first_of(text_of(verdict, "advice"), text_of(finding, "advice"), ""));
	putc('\n', stream);
}

void
demo_outcome_put_rest(FILE *stream, const json_t *reports)
{
	size_t i, k;
	json_t *report, *row;

	json_array_foreach(reports, i, report)
	{
		json_array_foreach(rows_of(report), k, row)
		{
			if (!is_fine(text_of(row, "state")))
				put_row(stream, json_object_get(report, "list"), row);
		}
	}
}
