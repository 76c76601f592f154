/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/report_text.h"

#include <inttypes.h>
#include <string.h>

#include "agent/tools/terminal.h"

#define BOLD "\033[1m"
#define NORMAL "\033[0m"

static const char *const severity_colour[] = {
	[SEVERITY_ERROR] = "\033[1;31m",
	[SEVERITY_WARNING] = "\033[1;33m",
	[SEVERITY_INFO] = "\033[1;36m",
};

void
report_text_init(struct report_text *r, FILE *stream, bool colour, bool all)
{
	*r = (struct report_text){ .stream = stream, .colour = colour, .all = all };
}

static void
put_coloured(const struct report_text *r, const char *colour, const char *text)
{
	if (r->colour)
		fprintf(r->stream, "%s%s" NORMAL, colour, text);
	else
		fputs(text, r->stream);
}

static void
put_path(const struct report_text *r, const char *path)
{
	if (r->colour)
		fputs(BOLD, r->stream);
	terminal_put(r->stream, slice_of(path));
	if (r->colour)
		fputs(NORMAL, r->stream);
}

static void
put_finding(const struct report_text *r, const char *path, const struct finding *f)
{
	put_path(r, path);
	fprintf(r->stream, ":%" PRIu64 ": ", f->line);
	put_coloured(r, severity_colour[f->severity], severity_name(f->severity));
	fputs(": ", r->stream);
	if (f->column)
		fprintf(r->stream, "%s: ", f->column);
	terminal_put(r->stream, f->message);
	fprintf(r->stream, " (%s)\n    ", finding_info(f->code)->code);
	terminal_put(r->stream, f->advice);
	fputc('\n', r->stream);
}

static void
tell_left_out(const struct report_text *r, const char *where, uint64_t count[NFINDING])
{
	for (size_t i = 0; !r->all && i < NFINDING; i++) {
		if (count[i] <= FINDINGS_SHOWN)
			continue;
		put_path(r, where);
		fprintf(r->stream, ": and %" PRIu64 " more (%s); -v shows all\n",
		    count[i] - FINDINGS_SHOWN, finding_info((enum finding_code)i)->code);
	}
	memset(count, 0, NFINDING * sizeof count[0]);
}

void
report_text_end(struct report_text *r)
{
	tell_left_out(r, r->path, r->count);
	tell_left_out(r, "earlier lists", r->late);
}

void
report_text_finding(struct report_text *r, uint32_t list, const char *path, const struct finding *f)
{
	uint64_t *count;

	if (r->path && list > r->list)
		report_text_end(r);
	if (!r->path || list >= r->list) {
		r->list = list;
		r->path = path;
	}
	count = list < r->list ? r->late : r->count;
	if (++count[f->code] <= FINDINGS_SHOWN || r->all)
		put_finding(r, path, f);
}

struct totals {
	uint64_t rows, devices, refused, duplicates;
};

static void
put_numbers(const struct report_text *r, const struct totals *t)
{
	fprintf(r->stream, "%10" PRIu64 "%10" PRIu64 "%10" PRIu64 "%12" PRIu64 "\n", t->rows,
	    t->devices, t->refused, t->duplicates);
}

void
report_text_summary(const struct report_text *r, const struct list_summary *s, size_t n)
{
	struct totals sum = { 0, 0, 0, 0 };
	int width = (int)strlen("total");

	for (size_t i = 0; i < n; i++) {
		if (strlen(s[i].path) > (size_t)width && strlen(s[i].path) < 60)
			width = (int)strlen(s[i].path);
	}
	fprintf(r->stream, "\n%-*s  %-18s %-13s%10s%10s%10s%12s\n", width, "list", "format",
	    "encoding", "rows", "devices", "refused", "duplicates");
	for (size_t i = 0; i < n; i++) {
		struct totals t = { s[i].rows, s[i].devices, s[i].refused, s[i].duplicates };
		int pad = width - (int)strlen(s[i].path);

		terminal_put(r->stream, slice_of(s[i].path));
		fprintf(r->stream, "%*s  %-18s %-13s", pad > 0 ? pad : 0, "",
		    list_format_name(s[i].format), text_encoding_name(s[i].encoding));
		put_numbers(r, &t);
		sum.rows += t.rows;
		sum.devices += t.devices;
		sum.refused += t.refused;
		sum.duplicates += t.duplicates;
	}
	if (n > 1) {
		fprintf(r->stream, "%-*s  %-18s %-13s", width, "total", "", "");
		put_numbers(r, &sum);
	}
}
