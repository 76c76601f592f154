/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/login_report.h"

#include <stdio.h>
#include <string.h>

#include "agent/commands/exit_code.h"
#include "agent/commands/failure.h"
#include "agent/tools/json_out.h"
#include "agent/tools/terminal.h"

static const char *
text_of(const json_t *object, const char *member)
{
	const char *text = json_string_value(json_object_get(object, member));

	return text ? text : "";
}

static void
put(FILE *stream, const char *text)
{
	terminal_put(stream, slice_of(text));
}

bool
login_report_is_waiting(const json_t *state)
{
	return strcmp(text_of(state, "state"), "waiting") == 0;
}

void
login_report_prompt(const json_t *state)
{
	fputs("To sign in for ", stderr);
	put(stderr, text_of(state, "partner"));
	fputs(", open this page in any browser:\n\n    ", stderr);
	put(stderr, text_of(state, "verification_uri"));
	fputs("\n\nand enter this code, which is good until ", stderr);
	put(stderr, text_of(state, "expires"));
	fputs(":\n\n    ", stderr);
	put(stderr, text_of(state, "user_code"));
	fputs("\n\nSign in as a user of the partner's own tenant who is an Admin agent or a Sales\n"
	      "agent, with multi-factor authentication: Partner Center refuses tokens that do\n"
	      "not tell of it.\n\n",
	    stderr);
	(void)fflush(stderr);
}

static void
put_line(const char *what, const char *text)
{
	if (text[0] == '\0')
		return;
	printf("  %-12s", what);
	put(stdout, text);
	putchar('\n');
}

static void
put_done(const json_t *state)
{
	fputs("signed in for ", stdout);
	put(stdout, text_of(state, "partner"));
	putchar('\n');
	put_line("account", text_of(state, "account"));
	put_line("roles", text_of(state, "roles"));
	put_line("lasts until", text_of(state, "renew_by"));
	puts("A running agent renews it by itself; it ends when nobody uses it until then.");
	if (text_of(state, "warning")[0] == '\0')
		return;
	fputs("autoreg: ", stderr);
	put(stderr, text_of(state, "warning"));
	fputc('\n', stderr);
}

static int
exit_of(const json_t *error)
{
	const char *code = text_of(error, "code");

	if (strcmp(code, "temporary") == 0)
		return EXIT_TEMPORARY;
	return strcmp(code, "cancelled") == 0 ? EXIT_FAILED : EXIT_AUTH;
}

static void
put_failed(const json_t *error)
{
	fputs("autoreg: ", stderr);
	put(stderr, text_of(error, "message"));
	fputc('\n', stderr);
	put(stderr, text_of(error, "advice"));
	fputc('\n', stderr);
}

int
login_report_end(const struct options *o, json_t *state)
{
	const json_t *error = json_object_get(state, "error");
	bool done = strcmp(text_of(state, "state"), "done") == 0;
	int code = done ? EXIT_DONE : exit_of(error);
	struct err err;

	if (!done)
		put_failed(error);
	else if (!o->json)
		put_done(state);
	if (!o->json)
		json_decref(state);
	else if (json_out_print(state, &err))
		return failure_report(o, &err);
	return code;
}

int
login_report_signed_out(const struct options *o, const char *partner)
{
	struct err err;

	if (o->json) {
		if (json_out_print(json_pack("{s:s, s:b}", "partner", partner, "signed_in", 0),
		        &err))
			return failure_report(o, &err);
		return EXIT_DONE;
	}
	fputs("signed out for ", stdout);
	put(stdout, partner);
	puts("; its customers wait until somebody signs in again");
	return EXIT_DONE;
}
