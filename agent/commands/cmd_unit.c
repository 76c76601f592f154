/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/commands/commands.h"
#include "agent/commands/config_open.h"
#include "agent/commands/control_client.h"
#include "agent/commands/exit_code.h"
#include "agent/commands/failure.h"
#include "agent/commands/unit_sender.h"
#include "agent/intake/unit_text.h"
#include "agent/tools/json_out.h"
#include "agent/tools/request_target.h"
#include "agent/tools/terminal.h"

/* "unit": what a production line does, by hand or in a script. */

enum { ADDRESS_MAX = 1024, LINE_MAX_BYTES = 64 * 1024 };

struct telling {
	const struct options *options;
	struct buf line; /* of the answers, as far as it has come */
	size_t accepted;
	size_t refused;
};

/* --- answers ---------------------------------------------------------------------------------------- */

static struct slice
text_of(const json_t *answer, const char *member)
{
	const char *text = json_string_value(json_object_get(answer, member));

	return slice_of(text ? text : "");
}

static void
tell_person(const json_t *answer)
{
	bool accepted = json_is_true(json_object_get(answer, "accepted"));

	terminal_put(stdout, text_of(answer, "serial"));
	if (accepted) {
		fputs("\taccepted\t", stdout);
		terminal_put(stdout, text_of(answer, "state"));
	} else {
		fputs("\trefused\t", stdout);
		terminal_put(stdout, text_of(answer, "code"));
		fputs(": ", stdout);
		terminal_put(stdout, text_of(answer, "detail"));
		fputs(". ", stdout);
		terminal_put(stdout, text_of(answer, "advice"));
	}
	putchar('\n');
}

static enum err_code
tell(struct telling *t, struct slice line, struct err *err)
{
	json_t *answer = json_loadb(line.ptr, line.len, 0, NULL);
	enum err_code rc = ERR_OK;

	if (!answer)
		return err_set(err, ERR_FORMAT, "the answer cannot be understood");
	if (json_is_true(json_object_get(answer, "accepted")))
		t->accepted++;
	else
		t->refused++;
	if (t->options->json) {
		rc = json_out_print(answer, err);
	} else {
		tell_person(answer);
		json_decref(answer);
	}
	if (rc == ERR_OK && fflush(stdout) != 0)
		rc = err_errno(err, errno, "standard output");
	return rc;
}

/* A byte_sink_fn: lines as they become whole. */
static enum err_code
take_answers(void *arg, struct slice bytes, struct err *err)
{
	struct telling *t = arg;

	while (bytes.len > 0) {
		const char *end = memchr(bytes.ptr, '\n', bytes.len);
		size_t len = end ? (size_t)(end - bytes.ptr) : bytes.len;

		buf_add_slice(&t->line, slice_head(bytes, len));
		if (buf_check(&t->line, err) || (end && tell(t, buf_slice(&t->line), err)))
			return err->code;
		if (end)
			buf_reset(&t->line);
		bytes = slice_from(bytes, len + (end != NULL));
	}
	return ERR_OK;
}

static int
exit_code_of(const struct telling *t)
{
	if (t->refused == 0)
		return EXIT_DONE;
	return t->accepted > 0 ? EXIT_PARTLY : EXIT_FAILED;
}

/* --- units -------------------------------------------------------------------------------------------- */

/* The unit of the command line, as the one line that it is. */
static enum err_code
put_one(const struct unit_sender *s, const struct options *o, struct err *err)
{
	const char *const value[NUNIT_MEMBER] = {
		[UNIT_SERIAL] = o->serial,
		[UNIT_MANUFACTURER] = o->manufacturer,
		[UNIT_MODEL] = o->model,
		[UNIT_PRODUCT_ID] = o->product_id,
		[UNIT_ORDER] = o->order,
		[UNIT_GROUP_TAG] = o->group_tag,
		[UNIT_REPLACES] = o->replaces,
	};
	json_t *unit = json_object();
	enum err_code rc = ERR_OK;
	struct buf line;

	buf_init(&line, UNIT_TEXT_MAX);
	for (int i = 0; i < NUNIT_MEMBER; i++) {
		if (value[i] &&
		    json_object_set_new(unit, unit_text_member((enum unit_member)i),
		        json_string(value[i])) != 0)
			rc = err_set(err, ERR_USAGE, "a value is not UTF-8");
	}
	if (rc == ERR_OK)
		rc = json_out_add(&line, unit, err);
	else
		json_decref(unit);
	if (rc == ERR_OK)
		rc = unit_sender_put(s, buf_slice(&line), err);
	buf_done(&line);
	return rc;
}

static enum err_code
put_file(const struct unit_sender *s, const char *path, struct err *err)
{
	enum err_code rc;
	int fd;

	if (strcmp(path, "-") == 0)
		return unit_sender_copy(s, STDIN_FILENO, err);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, errno, "%s", path);
	rc = unit_sender_copy(s, fd, err);
	(void)close(fd);
	return rc ? err_wrap(err, "%s", path) : ERR_OK;
}

static int
fail(const struct options *o, const struct err *err)
{
	return err->code == ERR_CONNECT ? failure_no_daemon(o, err) : failure_report(o, err);
}

static int
send_units(const struct options *o, const struct config *c)
{
	struct telling t = { .options = o };
	const struct byte_sink sink = { take_answers, &t };
	const struct unit_sender s = { c, o->customer, &sink };
	enum err_code rc;
	struct err err;

	buf_init(&t.line, LINE_MAX_BYTES);
	if (o->ndjson)
		rc = put_file(&s, o->noperand > 0 ? o->operand[0] : "-", &err);
	else
		rc = put_one(&s, o, &err);
	buf_done(&t.line);
	return rc ? fail(o, &err) : exit_code_of(&t);
}

static int
flush_units(const struct options *o, const struct config *c)
{
	struct control_request req = { .method = HTTP_POST };
	json_t *answer = NULL;
	struct buf address;
	struct err err;
	int code = EXIT_DONE;

	buf_init(&address, ADDRESS_MAX);
	buf_add_str(&address, "/v1/units/flush");
	if (o->customer) {
		buf_add_str(&address, "?customer=");
		request_target_escape(&address, slice_of(o->customer));
	}
	req.address = address.ptr;
	if (buf_check(&address, &err) || control_client_ask_json(c->control, &req, &answer, &err) ||
	    (o->json && json_out_print(json_incref(answer), &err)))
		code = fail(o, &err);
	else if (!o->json)
		puts("what is there is sent now");
	json_decref(answer);
	buf_done(&address);
	return code;
}

int
cmd_unit(const struct options *o)
{
	struct config *c;
	int code = config_open(o, &c);

	if (code)
		return code;
	code = o->noperand > 0 && !o->ndjson ? flush_units(o, c) : send_units(o, c);
	config_free(c);
	return code;
}
