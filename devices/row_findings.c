/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/row_findings.h"

#include <stdio.h>

#include "base/utf8.h"

void
row_findings_reset(struct row_findings *r)
{
	r->n = r->ntext = 0;
	r->refused = false;
}

/* Formats into the room that the row's messages share; cut when it is used up. */
__attribute__((format(printf, 2, 0))) static struct slice
add_text(struct row_findings *r, const char *fmt, va_list ap)
{
	char *start = r->text + r->ntext;
	size_t room = sizeof r->text - r->ntext;
	int n = vsnprintf(start, room, fmt, ap);
	size_t len = n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;

	r->ntext += len;
	for (size_t i = 0; i < len; i++) {
		if (start[i] == '\r' || start[i] == '\n')
			start[i] = ' '; /* of a value: a message is one line */
	}
	return (struct slice){ start, len };
}

void
row_findings_vadd(struct row_findings *r, enum finding_code code, enum severity severity,
    const char *column, const char *fmt, va_list ap)
{
	struct finding *f;

	r->refused |= severity == SEVERITY_ERROR;
	if (r->n == ROW_FINDINGS_MAX) {
		if (severity != SEVERITY_ERROR)
			return;
		r->n--; /* why a row is refused has to be told */
	}
	f = &r->finding[r->n++];
	*f = (struct finding){
		.code = code,
		.severity = severity,
		.column = column,
		.message = add_text(r, fmt, ap),
		.advice = slice_of(finding_info(code)->advice),
	};
}

void
row_findings_add(struct row_findings *r, enum finding_code code, enum severity severity,
    const char *column, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	row_findings_vadd(r, code, severity, column, fmt, ap);
	va_end(ap);
}

struct slice
value_shown(struct slice v)
{
	return utf8_head(v, VALUE_SHOWN_MAX);
}
