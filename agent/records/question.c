/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/records/question.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/records/list_report.h"
#include "agent/records/records_json.h"
#include "agent/tools/json_out.h"
#include "agent/tools/request_target.h"
#include "agent/tools/temp_file.h"
#include "base/nearest.h"
#include "config/event_kinds.h"

enum { RECORD_MAX = 64 * 1024, STATE_NAMES_MAX = 128, PIECE_BYTES = 64 * 1024 };

/* --- asking --- */

static enum err_code
set_state(struct question *q, const char *value, struct err *err)
{
	char names[STATE_NAMES_MAX] = "";
	size_t len = 0;

	if (device_state_parse(slice_of(value), &q->state)) {
		q->by_state = true;
		return ERR_OK;
	}
	for (int i = 0; i < NDEVICE_STATE; i++)
		len += (size_t)snprintf(names + len, sizeof names - len, "%s%s", i > 0 ? ", " : "",
		    device_state_name((enum device_state)i));
	return err_set(err, ERR_USAGE, "there is no state %s; the states are %s", value, names);
}

static enum err_code
set_number(const char *word, const char *value, uint64_t max, uint64_t *out, struct err *err)
{
	if (slice_to_u64(slice_of(value), max, out) && *out > 0)
		return ERR_OK;
	return err_set(err, ERR_USAGE, "%s is a number, not %s", word, value);
}

static enum err_code
set_list(struct question *q, const char *value, struct err *err)
{
	uint64_t id;

	if (set_number("list", value, INT64_MAX, &id, err))
		return err->code;
	q->list = (int64_t)id;
	return ERR_OK;
}

static bool
is_kind(const char *word)
{
	for (const char *const *kind = event_kinds; *kind; kind++) {
		if (strcmp(*kind, word) == 0)
			return true;
	}
	return strcmp(word, "hook_failed") == 0; /* the one that no hook is told of */
}

static enum err_code
set_kind(struct question *q, const char *value, struct err *err)
{
	const char *meant = nearest(slice_of(value), event_kinds, EVENT_KINDS);

	if (is_kind(value)) {
		q->event_kind = slice_of(value);
		return ERR_OK;
	}
	if (meant)
		return err_set(err, ERR_USAGE,
		    "there are no events of the kind %s; did you mean %s?", value, meant);
	return err_set(err, ERR_USAGE, "there are no events of the kind %s", value);
}

static enum err_code
set_after(struct question *q, const char *value, struct err *err)
{
	uint64_t id;

	if (!slice_to_u64(slice_of(value), INT64_MAX, &id))
		return err_set(err, ERR_USAGE, "after is the id of an event, not %s", value);
	q->from = true;
	q->after = (int64_t)id;
	return ERR_OK;
}

static enum err_code
set_form(struct question *q, const char *value, struct err *err)
{
	if (strcmp(value, "csv") != 0 && strcmp(value, "json") != 0)
		return err_set(err, ERR_USAGE, "the format is csv or json, not %s", value);
	q->form = value[0] == 'c' ? REPORT_CSV : REPORT_JSON;
	return ERR_OK;
}

static enum err_code
set_all(struct question *q, const char *value, struct err *err)
{
	if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
		return err_set(err, ERR_USAGE, "all is yes or no, not %s", value);
	q->all = value[0] == 'y';
	return ERR_OK;
}

enum err_code
question_set(struct question *q, const char *word, const char *value, struct err *err)
{
	if (!value)
		return ERR_OK;
	if (strcmp(word, "customer") == 0)
		q->customer = slice_of(value);
	else if (strcmp(word, "serial") == 0)
		q->serial = slice_of(value);
	else if (strcmp(word, "list") == 0)
		return set_list(q, value, err);
	else if (strcmp(word, "state") == 0)
		return set_state(q, value, err);
	else if (strcmp(word, "all") == 0)
		return set_all(q, value, err);
	else if (strcmp(word, "limit") == 0)
		return set_number(word, value, UINT32_MAX, &q->limit, err);
	else if (strcmp(word, "after") == 0)
		return set_after(q, value, err);
	else if (strcmp(word, "kind") == 0)
		return set_kind(q, value, err);
	else
		return set_form(q, value, err);
	return ERR_OK;
}

void
question_note_customers(struct question *q, const struct config *c)
{
	q->stranger = q->customer.len > 0 && !config_customer(c, q->customer);
}

/* The first parameter stands behind a '?'. */
static void
add_parameter(struct buf *out, const char *name, struct slice value)
{
	if (value.len == 0)
		return;
	buf_add_char(out, out->ptr && strchr(out->ptr, '?') ? '&' : '?');
	buf_addf(out, "%s=", name);
	request_target_escape(out, value);
}

static void
add_number(struct buf *out, const char *name, uint64_t value)
{
	char text[24];

	(void)snprintf(text, sizeof text, "%" PRIu64, value);
	if (value > 0)
		add_parameter(out, name, slice_of(text));
}

void
question_narrowing(const struct question *q, struct buf *out)
{
	add_parameter(out, "serial", q->serial);
	add_parameter(out, "customer", q->customer);
	add_number(out, "list", (uint64_t)q->list);
	if (q->by_state)
		add_parameter(out, "state", slice_of(device_state_name(q->state)));
	add_number(out, "limit", q->limit);
}

void
question_address(const struct question *q, struct buf *out)
{
	switch (q->kind) {
	case QUESTION_LISTS:
		buf_add_str(out, "/v1/lists");
		if (q->list)
			buf_addf(out, "/%" PRId64, q->list);
		add_parameter(out, "customer", q->customer);
		break;
	case QUESTION_DEVICES:
		buf_add_str(out, "/v1/devices");
		question_narrowing(q, out);
		break;
	case QUESTION_EVENTS:
		buf_add_str(out, "/v1/trail");
		if (q->from)
			buf_addf(out, "?after=%" PRId64, q->after);
		question_narrowing(q, out);
		add_parameter(out, "kind", q->event_kind);
		break;
	case QUESTION_REPORT:
		buf_addf(out, "/v1/lists/%" PRId64 "/report?format=%s", q->list,
		    q->form == REPORT_CSV ? "csv" : "json");
		break;
	case QUESTION_CLAIMS:
		buf_add_str(out, "/v1/claims");
		add_parameter(out, "customer", q->customer);
		if (q->all)
			add_parameter(out, "all", slice_of("yes"));
		break;
	}
}

/* --- answering --- */

/* A document on its way out, record by record. */
struct document {
	const struct byte_sink *sink;
	const char *name;
	struct buf line;
	bool begun; /* there is a record */
};

/* Not before the first record is there: until then the answer may be that there is none. */
static void
begin(struct document *d)
{
	if (d->begun)
		buf_add_str(&d->line, ",\n");
	else
		buf_addf(&d->line, "{\"%s\":[\n", d->name);
	d->begun = true;
}

/* Takes record over. */
static enum err_code
put_record(struct document *d, json_t *record, struct err *err)
{
	buf_reset(&d->line);
	begin(d);
	if (json_out_add(&d->line, record, err))
		return err->code;
	return byte_sink_put(d->sink, buf_slice(&d->line), err);
}

static enum err_code
end(struct document *d, const struct question *q, struct err *err)
{
	if (!d->begun && q->stranger)
		return err_set(err, ERR_NOT_FOUND, "the configuration has no customer " SLICE_FMT,
		    SLICE_ARG(slice_head(q->customer, 64)));
	buf_reset(&d->line);
	if (!d->begun)
		begin(d);
	else
		buf_add_char(&d->line, '\n');
	buf_add_str(&d->line, "]}\n");
	if (buf_check(&d->line, err))
		return err->code;
	return byte_sink_put(d->sink, buf_slice(&d->line), err);
}

static enum err_code
put_list(void *arg, const struct store_list *l, struct err *err)
{
	return put_record(arg, records_json_list(l), err);
}

static enum err_code
put_device(void *arg, const struct store_device *d, struct err *err)
{
	return put_record(arg, records_json_device(d), err);
}

static enum err_code
put_claim(void *arg, const struct store_claim *c, struct err *err)
{
	return put_record(arg, records_json_claim(c), err);
}

static enum err_code
no_list(int64_t list, struct err *err)
{
	return err_set(err, ERR_NOT_FOUND,
	    "there is no list %" PRId64 "; \"autoreg lists\" shows those that there are", list);
}

static enum err_code
no_device(struct slice serial, struct err *err)
{
	return err_set(err, ERR_NOT_FOUND, "no such device has the serial number " SLICE_FMT,
	    SLICE_ARG(slice_head(serial, 64)));
}

static enum err_code
note_list(void *arg, const struct store_list *l, struct err *err)
{
	bool *found = arg;

	(void)l;
	(void)err;
	*found = true;
	return ERR_OK;
}

static enum err_code
require_list(struct store *s, int64_t list, struct err *err)
{
	const struct store_list_query only = { .id = list, .without_states = true };
	bool found = false;

	if (store_lists(s, &only, note_list, &found, err))
		return err->code;
	return found ? ERR_OK : no_list(list, err);
}

static enum err_code
answer_lists(const struct question *q, struct store *s, struct document *d, struct err *err)
{
	const struct store_list_query query = { .id = q->list, .customer = q->customer };

	if (store_lists(s, &query, put_list, d, err))
		return err->code;
	return q->list && !d->begun ? no_list(q->list, err) : ERR_OK;
}

struct store_device_query
question_devices(const struct question *q)
{
	return (struct store_device_query){
		.serial = q->serial,
		.customer = q->customer,
		.list = q->list,
		.by_state = q->by_state,
		.state = q->state,
		.limit = q->limit,
	};
}

static enum err_code
answer_devices(const struct question *q, struct store *s, struct document *d, struct err *err)
{
	const struct store_device_query query = question_devices(q);

	if (q->list && require_list(s, q->list, err))
		return err->code;
	if (store_devices(s, &query, put_device, d, err))
		return err->code;
	return q->serial.len && !d->begun ? no_device(q->serial, err) : ERR_OK;
}

static enum err_code
put_event(void *arg, const struct store_event *e, struct err *err)
{
	return put_record(arg, records_json_event(e), err);
}

static enum err_code
answer_events(const struct question *q, struct store *s, struct document *d, struct err *err)
{
	const struct store_event_query query = {
		.after = q->after,
		.kind = q->event_kind,
		.customer = q->customer,
		.serial = q->serial,
		.limit = q->limit ? q->limit : QUESTION_EVENTS_LIMIT,
		.newest = !q->from,
	};

	return store_events(s, &query, put_event, d, err);
}

static enum err_code
no_claim(struct slice serial, struct err *err)
{
	return err_set(err, ERR_NOT_FOUND,
	    "no device with the serial number " SLICE_FMT
	    " was ever claimed by another organization",
	    SLICE_ARG(slice_head(serial, 64)));
}

static enum err_code
answer_claims(const struct question *q, struct store *s, struct document *d, struct err *err)
{
	const struct store_claim_query query = {
		.serial = q->serial,
		.customer = q->customer,
		.released = q->all,
		.limit = q->limit,
	};

	if (store_claims(s, &query, put_claim, d, err))
		return err->code;
	return q->serial.len && !d->begun ? no_claim(q->serial, err) : ERR_OK;
}

static enum err_code
copy_file(int fd, const struct byte_sink *sink, struct err *err)
{
	char piece[PIECE_BYTES];

	for (;;) {
		ssize_t n = read(fd, piece, sizeof piece);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, errno, "report");
		if (n == 0)
			return ERR_OK;
		if (byte_sink_put(sink, (struct slice){ piece, (size_t)n }, err))
			return err->code;
	}
}

static enum err_code
put_report(const char *path, const struct byte_sink *sink, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum err_code rc;

	if (fd < 0)
		return err_errno(err, errno, "%s", path);
	rc = copy_file(fd, sink, err);
	(void)close(fd);
	return rc;
}

/* The report is only ever written to a file, which is put in the place of the temporary one. */
static enum err_code
answer_report(const struct question *q, struct store *s, const char *folder,
    const struct byte_sink *sink, struct err *err)
{
	struct list_report_files files = { .mode = 0600 };
	struct temp_file *place;
	enum err_code rc;

	if (temp_file_open(folder, &place, err))
		return err->code;
	if (q->form == REPORT_CSV)
		files.csv = temp_file_path(place);
	else
		files.json = temp_file_path(place);
	rc = list_report_write(s, q->list, &files, err);
	if (rc == ERR_OK)
		rc = put_report(temp_file_path(place), sink, err);
	temp_file_free(place);
	return rc;
}

static void
open_document(struct document *d, const struct question *q, const struct byte_sink *sink)
{
	static const char *const name[] = {
		[QUESTION_LISTS] = "lists",
		[QUESTION_DEVICES] = "devices",
		[QUESTION_EVENTS] = "events",
		[QUESTION_CLAIMS] = "claims",
	};

	*d = (struct document){ .sink = sink, .name = name[q->kind] };
	buf_init(&d->line, RECORD_MAX);
}

enum err_code
question_answer_nothing(const struct question *q, const struct byte_sink *sink, struct err *err)
{
	struct document d;
	enum err_code rc;

	if (q->list)
		return no_list(q->list, err);
	if (q->kind == QUESTION_CLAIMS && q->serial.len)
		return no_claim(q->serial, err);
	if (q->kind == QUESTION_DEVICES && q->serial.len)
		return no_device(q->serial, err);
	open_document(&d, q, sink);
	rc = end(&d, q, err);
	buf_done(&d.line);
	return rc;
}

enum err_code
question_answer(const struct question *q, struct store *s, const char *folder,
    const struct byte_sink *sink, struct err *err)
{
	static enum err_code (*const answer[])(const struct question *q, struct store *s,
	    struct document *d, struct err *err) = {
		[QUESTION_LISTS] = answer_lists,
		[QUESTION_DEVICES] = answer_devices,
		[QUESTION_EVENTS] = answer_events,
		[QUESTION_CLAIMS] = answer_claims,
	};
	struct document d;
	enum err_code rc;

	if (q->kind == QUESTION_REPORT)
		return answer_report(q, s, folder, sink, err);
	open_document(&d, q, sink);
	rc = answer[q->kind](q, s, &d, err);
	if (rc == ERR_OK)
		rc = end(&d, q, err);
	buf_done(&d.line);
	return rc;
}
