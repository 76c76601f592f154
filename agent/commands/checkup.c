/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/checkup.h"

#include <stdlib.h>

#include "agent/tools/json_out.h"
#include "agent/tools/terminal.h"

enum { SUBJECT_SIZE = 192, MESSAGE_SIZE = 512 };

struct entry {
	const char *name;
	enum check_status status;
	char subject[SUBJECT_SIZE];
	char message[MESSAGE_SIZE];
	char advice[MESSAGE_SIZE];
};

struct checkup {
	struct entry *entry;
	size_t n;
	size_t dropped;
	enum exit_code exit;
};

static const char *const status_text[] = {
	[CHECK_OK] = "ok",
	[CHECK_WARNING] = "warn",
	[CHECK_FAILED] = "fail",
	[CHECK_SKIPPED] = "skip",
};

static const char *const status_word[] = {
	[CHECK_OK] = "ok",
	[CHECK_WARNING] = "warning",
	[CHECK_FAILED] = "failed",
	[CHECK_SKIPPED] = "skipped",
};

struct checkup *
checkup_new(void)
{
	return calloc(1, sizeof(struct checkup));
}

void
checkup_free(struct checkup *c)
{
	if (!c)
		return;
	free(c->entry);
	free(c);
}

/* The worse of two exit codes. */
static enum exit_code
worse(enum exit_code a, enum exit_code b)
{
	static const enum exit_code order[] = { EXIT_CONFIG, EXIT_FAILED, EXIT_AUTH,
		EXIT_TEMPORARY };

	for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
		if (a == order[i] || b == order[i])
			return order[i];
	}
	return EXIT_DONE;
}

static void
copy(char *to, size_t size, const char *from)
{
	(void)snprintf(to, size, "%s", from ? from : "");
}

void
checkup_add(struct checkup *c, const struct check *check)
{
	struct entry *e;

	if (check->status == CHECK_FAILED)
		c->exit = worse(c->exit, check->exit ? check->exit : EXIT_FAILED);
	e = c->n < CHECKUP_MAX ? reallocarray(c->entry, c->n + 1, sizeof *e) : NULL;
	if (!e) {
		c->dropped++;
		c->exit = worse(c->exit, EXIT_FAILED);
		return;
	}
	c->entry = e;
	e += c->n++;
	e->name = check->name;
	e->status = check->status;
	copy(e->subject, sizeof e->subject, check->subject);
	copy(e->message, sizeof e->message, check->message);
	copy(e->advice, sizeof e->advice, check->advice);
}

enum exit_code
checkup_exit(const struct checkup *c)
{
	return c->exit;
}

void
checkup_put(const struct checkup *c, FILE *stream)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct entry *e = &c->entry[i];

		fprintf(stream, "%-4s  %s ", status_text[e->status], e->name);
		terminal_put(stream, slice_of(e->subject));
		fputs(": ", stream);
		terminal_put(stream, slice_of(e->message));
		if (e->advice[0] != '\0') {
			fputs("\n      ", stream);
			terminal_put(stream, slice_of(e->advice));
		}
		putc('\n', stream);
	}
	if (c->dropped > 0)
		fprintf(stream, "%zu more behind these\n", c->dropped);
}

static json_t *
entry_json(const struct entry *e)
{
	return json_pack("{s:s, s:o, s:s, s:o, s:o}", "name", e->name, "subject",
	    json_out_text(slice_of(e->subject)), "status", status_word[e->status], "message",
	    json_out_text(slice_of(e->message)), "advice",
	    e->advice[0] != '\0' ? json_out_text(slice_of(e->advice)) : json_null());
}

json_t *
checkup_json(const struct checkup *c)
{
	json_t *all = json_array();

	for (size_t i = 0; i < c->n; i++) {
		if (json_array_append_new(all, entry_json(&c->entry[i])) != 0) {
			json_decref(all);
			return NULL;
		}
	}
	return json_pack("{s:o}", "checks", all);
}
