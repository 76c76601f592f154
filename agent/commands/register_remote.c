/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/register_remote.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "agent/commands/control_client.h"
#include "agent/commands/failure.h"
#include "agent/commands/register_line.h"
#include "agent/commands/register_report.h"
#include "agent/tools/request_target.h"
#include "base/buf.h"
#include "base/clock.h"

enum { ANSWER_MAX = 16 * 1024 * 1024, ADDRESS_MAX = 4096, LOOK_MS = 300, ID_SIZE = 24 };

struct remote {
	const struct options *options;
	const struct config *config;
	const struct customer *customer;
	struct register_line line;
	struct register_report report;
	char (*id)[ID_SIZE]; /* of the lists that were taken */
	size_t n;
};

/* --- one question ----------------------------------------------------------------------------------- */

static enum err_code
get(const struct remote *r, const char *address, json_t **out, struct err *err)
{
	return control_client_ask_json(r->config->control,
	    &(struct control_request){ .method = HTTP_GET, .address = address }, out, err);
}

/* --- lists going out ----------------------------------------------------------------------------------- */

static size_t
read_file(void *arg, char *out, size_t cap)
{
	return fread(out, 1, cap, arg);
}

static void
rewind_file(void *arg)
{
	rewind(arg);
}

static enum err_code
file_size(FILE *file, uint64_t *out, struct err *err)
{
	struct stat st;

	if (fstat(fileno(file), &st) != 0)
		return err_errno(err, errno, "it cannot be read");
	if (!S_ISREG(st.st_mode) || st.st_size == 0)
		return err_set(err, ERR_FORMAT, "it is empty, or no file");
	*out = (uint64_t)st.st_size;
	return ERR_OK;
}

static enum err_code
address_of(const struct remote *r, const char *operand, struct buf *out, struct err *err)
{
	buf_add_str(out, "/v1/lists?customer=");
	request_target_escape(out, slice_of(r->customer->name));
	buf_add_str(out, "&name=");
	request_target_escape(out, slice_of(register_list_name(operand)));
	if (r->options->group_tag) {
		buf_add_str(out, "&group_tag=");
		request_target_escape(out, slice_of(r->options->group_tag));
	}
	return buf_check(out, err);
}

static enum err_code
send_file(struct remote *r, const char *operand, FILE *file, struct err *err)
{
	struct http_body body = { .read = read_file, .rewind = rewind_file, .arg = file };
	struct buf address;
	json_t *answer = NULL;
	enum err_code rc;

	buf_init(&address, ADDRESS_MAX);
	if ((rc = file_size(file, &body.len, err)) || (rc = address_of(r, operand, &address, err)))
		goto out;
	rc = control_client_ask_json(r->config->control,
	    &(struct control_request){ .method = HTTP_POST, .address = address.ptr, .body = &body },
	    &answer, err);
	if (rc == ERR_OK) {
		const char *id = json_string_value(json_object_get(answer, "id"));

		(void)snprintf(r->id[r->n++], ID_SIZE, "%s", id ? id : "");
	}
out:
	json_decref(answer);
	buf_done(&address);
	return rc;
}

/* A list that cannot be taken is told, and the others go on. False: there is no agent. */
static bool
send_list(struct remote *r, const char *operand, struct err *err)
{
	const char *path = register_list_path(operand);
	FILE *file = fopen(path, "rbe");
	enum err_code rc;

	if (file) {
		rc = send_file(r, operand, file, err);
		(void)fclose(file);
	} else {
		rc = err_errno(err, errno, "it cannot be read");
	}
	if (rc == ERR_CONNECT)
		return false;
	if (rc) {
		register_line_tell(&r->line, operand, err->msg);
		register_report_untaken(&r->report, operand, err->msg);
	}
	return true;
}

/* --- waiting -------------------------------------------------------------------------------------------- */

static void
pause_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	(void)nanosleep(&t, NULL);
}

/* Asks after all lists once. */
static enum err_code
look(struct remote *r, struct err *err)
{
	uint64_t states[NDEVICE_STATE] = { 0 };
	char address[sizeof "/v1/lists/" + ID_SIZE];
	json_t *answer = NULL, *list;

	(void)json_array_clear(r->report.lists);
	r->report.settled = true;
	for (size_t i = 0; i < r->n; i++) {
		(void)snprintf(address, sizeof address, "/v1/lists/%s", r->id[i]);
		if (get(r, address, &answer, err))
			return err->code;
		list = json_incref(json_array_get(json_object_get(answer, "lists"), 0));
		json_decref(answer);
		r->report.settled &= json_is_true(json_object_get(list, "done"));
		for (enum device_state s = 0; s < NDEVICE_STATE; s++)
			states[s] += (uint64_t)json_integer_value(
			    json_object_get(json_object_get(list, "states"), device_state_name(s)));
		if (json_array_append_new(r->report.lists, list) != 0)
			return err_set(err, ERR_NOMEM, "lists");
	}
	register_line_draw(&r->line, states);
	return ERR_OK;
}

static enum err_code
wait_for_lists(struct remote *r, struct err *err)
{
	uint64_t begun = clock_mono_ms(clock_system());
	uint64_t timeout = r->options->timeout_ms;

	for (;;) {
		if (look(r, err))
			return err->code;
		if (r->report.settled || r->options->no_wait ||
		    (timeout && clock_mono_ms(clock_system()) - begun >= timeout))
			return ERR_OK;
		pause_ms(LOOK_MS);
	}
}

/* Those devices of which a person wants to know more. */
static enum err_code
collect(struct remote *r, struct err *err)
{
	char address[ADDRESS_MAX];

	for (size_t i = 0; i < r->n; i++) {
		for (size_t k = 0; k < REGISTER_STATES_SHOWN; k++) {
			json_t *answer = NULL;

			(void)snprintf(address, sizeof address,
			    "/v1/devices?list=%s&state=%s&limit=%d", r->id[i],
			    device_state_name(register_state_shown[k]), REGISTER_DEVICES_SHOWN + 1);
			if (get(r, address, &answer, err))
				return err->code;
			(void)json_array_extend(r->report.devices,
			    json_object_get(answer, "devices"));
			json_decref(answer);
		}
	}
	return ERR_OK;
}

static int
finish(struct remote *r)
{
	struct err err;
	enum err_code rc;

	rc = r->n ? wait_for_lists(r, &err) : ERR_OK;
	if (r->n == 0)
		r->report.settled = true;
	if (rc == ERR_OK && r->report.settled)
		rc = collect(r, &err);
	register_line_clear(&r->line);
	if (rc)
		return failure_report(r->options, &err);
	return register_report_end(r->options, r->config, &r->report);
}

bool
register_remote(const struct options *o, const struct config *config,
    const struct customer *customer, int *code)
{
	struct remote r = { .options = o, .config = config, .customer = customer };
	struct err err;
	bool there = true;

	register_line_init(&r.line, o);
	r.id = calloc(o->noperand, sizeof *r.id);
	if (!r.id || register_report_init(&r.report, &err)) {
		(void)err_set(&err, ERR_NOMEM, "lists");
		*code = failure_report(o, &err);
	} else {
		for (size_t i = 0; there && i < o->noperand; i++)
			there = send_list(&r, o->operand[i], &err);
		if (there)
			*code = finish(&r);
		else if (r.n || !r.report.taken) {
			there = true; /* it went away in between */
			*code = failure_report(o, &err);
		}
	}
	register_report_done(&r.report);
	free(r.id);
	return there;
}
