/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/failure.h"

#include <jansson.h>
#include <stdio.h>

#include "agent/commands/command.h"
#include "agent/tools/err_advice.h"
#include "agent/tools/json_out.h"
#include "agent/tools/terminal.h"

/* What scripts read, and what people may do. */
struct kind {
	const char *code;
	enum exit_code exit;
	const char *advice;
};

static const struct kind kinds[] = {
	[ERR_NOMEM] = { "no-memory", EXIT_FAILED, NULL },
	[ERR_IO] = { "io", EXIT_FAILED, NULL },
	[ERR_FORMAT] = { "format", EXIT_FAILED, NULL },
	[ERR_LIMIT] = { "limit", EXIT_FAILED, NULL },
	[ERR_USAGE] = { "usage", EXIT_USAGE, NULL },
	[ERR_EXISTS] = { "exists", EXIT_FAILED, NULL },
	[ERR_INTERRUPTED] = { "interrupted", EXIT_INTERRUPTED, NULL },
	[ERR_NOT_FOUND] = { "not-found", EXIT_NOT_FOUND, NULL },
	[ERR_BUSY] = { "busy", EXIT_TEMPORARY, NULL },
	[ERR_CONNECT] = { "no-connection", EXIT_TEMPORARY, NULL },
	[ERR_NET] = { "connection-lost", EXIT_TEMPORARY, NULL },
	[ERR_TIMEOUT] = { "timed-out", EXIT_TEMPORARY, NULL },
	[ERR_TLS] = { "tls", EXIT_FAILED, NULL },
	[ERR_CANCELLED] = { "cancelled", EXIT_FAILED, NULL },
};

static const struct kind no_daemon = { "no-daemon", EXIT_NO_DAEMON,
	"Start 'autoreg run', or check 'control'." };

enum { ADVICE_MAX = 64 };

/* How to use a command is explained by that command. */
static void
advise(const struct options *o, const struct kind *k, char dst[ADVICE_MAX])
{
	if (k->exit == EXIT_USAGE && o->command)
		(void)snprintf(dst, ADVICE_MAX, "Try 'autoreg help %s'.", o->command->name);
	else
		(void)snprintf(dst, ADVICE_MAX, "%s", k->advice);
}

static struct kind
kind_of(const struct err *failed)
{
	struct kind k = kinds[failed->code];

	k.advice = err_advice(failed->code);
	return k;
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
	const struct kind k = kind_of(failed);

	tell(o, &k, failed->msg);
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
	const struct kind k = kind_of(failed);

	return report(o, &k, failed->msg);
}

int
failure_no_daemon(const struct options *o, const struct err *failed)
{
	return report(o, &no_daemon, failed->msg);
}
