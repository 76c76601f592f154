/* SPDX-License-Identifier: Apache-2.0 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "agent/commands/bundle.h"
#include "agent/commands/commands.h"
#include "agent/commands/config_open.h"
#include "agent/commands/exit_code.h"
#include "agent/commands/failure.h"
#include "agent/tools/json_out.h"
#include "agent/tools/safe_file.h"
#include "agent/tools/terminal.h"
#include "base/clock.h"

/* "support-bundle": shows what would be given away, asks, and writes it. */

enum { ARCHIVE_MAX = 256 * 1024 * 1024, NAME_SIZE = 64 };

static void
show(FILE *stream, const struct bundle *b)
{
	const struct bundle_member *m;

	for (size_t i = 0; (m = bundle_member(b, i)) != NULL; i++)
		fprintf(stream, "%-12s %8zu bytes  %s\n", m->name, m->content.len, m->what);
}

/* Only a person can be asked. */
static bool
agrees(const struct options *o, const char *path)
{
	char answer[8];

	if (o->yes || !terminal_is(stdin))
		return true;
	fputs("Write this to ", stderr);
	terminal_put(stderr, slice_of(path));
	fputs("? [y/N] ", stderr);
	return fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

static enum err_code
write_file(const struct bundle *b, const char *path, struct err *err)
{
	struct safe_file *f = NULL;
	struct buf text;
	enum err_code rc;

	buf_init(&text, ARCHIVE_MAX);
	if ((rc = bundle_archive(b, clock_unix_s(clock_system()), &text, err)) == ERR_OK &&
	    (rc = safe_file_open(path, 0600, &f, err)) == ERR_OK) {
		rc = safe_file_write(f, buf_slice(&text), err);
		if (rc)
			safe_file_abandon(f);
		else
			rc = safe_file_commit(f, SAFE_FILE_NEW, err);
	}
	buf_done(&text);
	return rc;
}

/* "autoreg-support-20300115-100000.tar" */
static const char *
default_name(char name[NAME_SIZE])
{
	time_t now = (time_t)clock_unix_s(clock_system());
	struct tm utc;

	(void)gmtime_r(&now, &utc);
	(void)strftime(name, NAME_SIZE, "autoreg-support-%Y%m%d-%H%M%S.tar", &utc);
	return name;
}

static json_t *
members_json(const struct bundle *b, const char *path)
{
	const struct bundle_member *m;
	json_t *all = json_array();

	for (size_t i = 0; (m = bundle_member(b, i)) != NULL; i++)
		(void)json_array_append_new(all,
		    json_pack("{s:s, s:I, s:s}", "name", m->name, "bytes",
		        (json_int_t)m->content.len, "what", m->what));
	return json_pack("{s:o, s:o}", "file", path ? json_out_text(slice_of(path)) : json_null(),
	    "members", all);
}

static int
give(const struct options *o, const struct bundle *b)
{
	char own[NAME_SIZE];
	const char *path = o->output ? o->output : default_name(own);
	struct err err;

	show(o->json ? stderr : stdout, b);
	(void)fflush(stdout);
	if (!o->dry_run && !agrees(o, path)) {
		(void)err_set(&err, ERR_INTERRUPTED, "nothing was written");
		return failure_report(o, &err);
	}
	if (!o->dry_run && write_file(b, path, &err))
		return failure_report(o, &err);
	if (o->json) {
		if (json_out_print(members_json(b, o->dry_run ? NULL : path), &err))
			return failure_report(o, &err);
	} else if (!o->dry_run) {
		terminal_put(stdout, slice_of(path));
		puts(" is written, for its owner only");
	}
	return EXIT_DONE;
}

int
cmd_support_bundle(const struct options *o)
{
	struct bundle *b = NULL;
	struct config *c;
	struct err err;
	int code = config_open(o, &c);

	if (code)
		return code;
	if (bundle_gather(o->config, c, &b, &err))
		code = failure_report(o, &err);
	else
		code = give(o, b);
	bundle_free(b);
	config_free(c);
	return code;
}
