/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/failure.h"

#include <jansson.h>
#include <stdio.h>

#include "agent/command.h"
#include "agent/json_out.h"
#include "agent/terminal.h"

/* What scripts read, and what people may do. */
struct kind {
	const char *code;
	const char *advice;
	enum exit_code exit;
};

static const struct kind kind[] = {
	[ERR_NOMEM] = { "no-memory", "Free some memory and try again.", EXIT_FAILED },
	[ERR_IO] = { "io", "Check the path, its permissions and the free space.", EXIT_FAILED },
	[ERR_FORMAT] = { "format", "Check that this is the right file.", EXIT_FAILED },
	[ERR_LIMIT] = { "limit", "Split the input into smaller parts.", EXIT_FAILED },
	[ERR_USAGE] = { "usage", "Try 'autoreg help'.", EXIT_USAGE },
	[ERR_EXISTS] = { "exists", "Remove it, or choose another name.", EXIT_FAILED },
	[ERR_INTERRUPTED] = { "interrupted", "Nothing was written; start again.",
	    EXIT_INTERRUPTED },
	[ERR_NOT_FOUND] = { "not-found", "Check the name or the number.", EXIT_NOT_FOUND },
	[ERR_BUSY] = { "busy", "Wait for the other to end, or stop it.", EXIT_TEMPORARY },
	[ERR_CONNECT] = { "no-connection", "Check the address, the network and the proxy.",
	    EXIT_TEMPORARY },
	[ERR_NET] = { "connection-lost", "Try again later.", EXIT_TEMPORARY },
	[ERR_TIMEOUT] = { "timed-out", "Try again later, or allow more time.", EXIT_TEMPORARY },
	[ERR_TLS] = { "tls", "Check the address, and whether a proxy stands between.",
	    EXIT_FAILED },
	[ERR_CANCELLED] = { "cancelled", "Start again.", EXIT_FAILED },
};

static const struct kind no_daemon = { "no-daemon", "Start 'autoreg run', or check 'control'.",
	EXIT_NO_DAEMON };

enum { ADVICE_MAX = 64 };

const char *
failure_advice(enum err_code code)
{
	return kind[code].advice;
}

/* How to use a command is explained by that command. */
static void
advise(const struct options *o, const struct kind *k, char dst[ADVICE_MAX])
{
	if (k == &kind[ERR_USAGE] && o->command)
		(void)snprintf(dst, ADVICE_MAX, "Try 'autoreg help %s'.", o->command->name);
	else
		(void)snprintf(dst, ADVICE_MAX, "%s", k->advice);
}

static void
tell(const struct options *o, const struct kind *k, const char *message)
{
	char advice[ADVICE_MAX];

	advise(o, k, advice);
	fputs("autoreg: ", stderr);
	terminal_put(stderr, slice_of(message));
	fprintf(stderr, "\n%s\n", advice);
}

void
failure_tell(const struct options *o, const struct err *failed)
{
	tell(o, &kind[failed->code], failed->msg);
}

static json_t *
failure_json(const struct options *o, const struct kind *k, const char *message)
{
	json_t *text = json_out_text(slice_of(message));
	char advice[ADVICE_MAX];

	advise(o, k, advice);
	return json_pack("{s:{s:s, s:o, s:s}}", "error", "code", k->code, "message", text, "advice",
	    advice);
}

static int
report(const struct options *o, const struct kind *k, const char *message)
{
	struct err err;

	tell(o, k, message);
	if (o->json && json_out_print(failure_json(o, k, message), &err))
		failure_tell(o, &err);
	return (int)k->exit;
}

int
failure_report(const struct options *o, const struct err *failed)
{
	return report(o, &kind[failed->code], failed->msg);
}

int
failure_no_daemon(const struct options *o, const struct err *failed)
{
	return report(o, &no_daemon, failed->msg);
}
