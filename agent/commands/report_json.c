/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/report_json.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "agent/tools/json_out.h"

/* Prints one value and takes it over. */
static enum err_code
put(json_t *value, struct err *err)
{
	int rc;

	if (!value)
		return err_set(err, ERR_NOMEM, "no memory for the JSON document");
	rc = json_dumpf(value, stdout, JSON_COMPACT | JSON_ENCODE_ANY);
	json_decref(value);
	return rc == 0 ? ERR_OK : err_set(err, ERR_IO, "the JSON document cannot be written");
}

static enum err_code
put_finding(void *first, const struct finding *f, struct err *err)
{
	bool *is_first = first;

	if (!*is_first)
		(void)putchar(',');
	*is_first = false;
	return put(json_pack("{s:I, s:s?, s:s, s:s, s:o, s:o, s:o}", "line", (json_int_t)f->line,
	               "column", f->column, "severity", severity_name(f->severity), "code",
	               finding_info(f->code)->code, "message", json_out_text(f->message), "advice",
	               json_out_text(f->advice), "serial",
	               f->serial.len ? json_out_text(f->serial) : json_null()),
	    err);
}

static enum err_code
put_list(const struct list_summary *s, uint32_t number, struct finding_log *log, struct err *err)
{
	bool first = true;

	fputs("{\"file\":", stdout);
	if (put(json_out_text(slice_of(s->path)), err))
		return err->code;
	fputs(",\"format\":", stdout);
	if (put(json_string(list_format_name(s->format)), err))
		return err->code;
	fputs(",\"encoding\":", stdout);
	if (put(json_string(text_encoding_name(s->encoding)), err))
		return err->code;
	fputs(",\"delimiter\":", stdout);
	if (put(s->delimiter ? json_stringn(&s->delimiter, 1) : json_null(), err))
		return err->code;
	printf(",\"rows\":%" PRIu64 ",\"devices\":%" PRIu64 ",\"refused\":%" PRIu64
	       ",\"duplicates\":%" PRIu64 ",\"findings\":[",
	    s->rows, s->devices, s->refused, s->duplicates);
	if (finding_log_each(log, number, put_finding, &first, err))
		return err->code;
	fputs("]}", stdout);
	return ERR_OK;
}

enum err_code
report_json(const struct list_summary *s, size_t n, struct finding_log *log, struct err *err)
{
	uint64_t devices = 0, refused = 0, duplicates = 0;

	fputs("{\"lists\":[", stdout);
	for (size_t i = 0; i < n; i++) {
		if (i)
			(void)putchar(',');
		if (put_list(&s[i], (uint32_t)i, log, err))
			return err->code;
		devices += s[i].devices;
		refused += s[i].refused;
		duplicates += s[i].duplicates;
	}
	printf("],\"devices\":%" PRIu64 ",\"refused\":%" PRIu64 ",\"duplicates\":%" PRIu64 "}\n",
	    devices, refused, duplicates);
	return ERR_OK;
}
