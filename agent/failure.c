/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/failure.h"

#include <jansson.h>
#include <stdio.h>

#include "agent/command.h"
#include "agent/json_out.h"
#include "agent/terminal.h"

/* What scripts read, and what people may do. */
static const struct {
	const char *code;
	const char *advice;
} kind[] = {
	[ERR_NOMEM] = { "no-memory", "Free some memory and try again." },
	[ERR_IO] = { "io", "Check the path, its permissions and the free space." },
	[ERR_FORMAT] = { "format", "Check that this is the right file." },
	[ERR_LIMIT] = { "limit", "Split the input into smaller parts." },
	[ERR_USAGE] = { "usage", NULL }, /* depends on the command */
	[ERR_EXISTS] = { "exists", "Remove it, or choose another name." },
	[ERR_INTERRUPTED] = { "interrupted", "Nothing was written; start again." },
};

enum { ADVICE_MAX = 64 };

static void
advise(const struct options *o, enum err_code code, char dst[ADVICE_MAX])
{
	if (code != ERR_USAGE)
		(void)snprintf(dst, ADVICE_MAX, "%s", kind[code].advice);
	else if (o->command)
		(void)snprintf(dst, ADVICE_MAX, "Try 'autoreg help %s'.", o->command->name);
	else
		(void)snprintf(dst, ADVICE_MAX, "Try 'autoreg help'.");
}

void
failure_tell(const struct options *o, const struct err *failed)
{
	char advice[ADVICE_MAX];

	advise(o, failed->code, advice);
	fputs("autoreg: ", stderr);
	terminal_put(stderr, slice_of(failed->msg));
	fprintf(stderr, "\n%s\n", advice);
}

static json_t *
failure_json(const struct options *o, const struct err *failed)
{
	const char *code = kind[failed->code].code;
	json_t *message = json_out_text(slice_of(failed->msg));
	char advice[ADVICE_MAX];

	advise(o, failed->code, advice);
	return json_pack("{s:{s:s, s:o, s:s}}", "error", "code", code, "message", message, "advice",
	    advice);
}

int
failure_report(const struct options *o, const struct err *failed)
{
	struct err err;

	failure_tell(o, failed);
	if (o->json && json_out_print(failure_json(o, failed), &err))
		failure_tell(o, &err);
	switch (failed->code) {
	case ERR_USAGE:
		return EXIT_USAGE;
	case ERR_INTERRUPTED:
		return EXIT_INTERRUPTED;
	default:
		return EXIT_FAILED;
	}
}
