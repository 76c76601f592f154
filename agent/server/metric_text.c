/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server/metric_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { VALUE_SIZE = 48, NAME_SIZE = 96 };

static void
put_label(struct buf *out, const char *value)
{
	buf_add_char(out, '"');
	for (; *value != '\0'; value++) {
		if (*value == '\n') {
			buf_add_str(out, "\\n");
			continue;
		}
		if (*value == '\\' || *value == '"')
			buf_add_char(out, '\\');
		buf_add_char(out, *value);
	}
	buf_add_char(out, '"');
}

static void
put_name(struct buf *out, const char *name, const char *const *label)
{
	buf_add_str(out, name);
	for (size_t i = 0; i < METRIC_LABELS_MAX && label[i]; i += 2) {
		buf_addf(out, "%c%s=", i > 0 ? ',' : '{', label[i]);
		put_label(out, label[i + 1]);
	}
	buf_add_str(out, label[0] ? "} " : " ");
}

void
metric_text_number(struct buf *out, const char *name, const char *const *label, uint64_t value)
{
	put_name(out, name, label);
	buf_addf(out, "%" PRIu64 "\n", value);
}

/* As many digits behind the point as the scale has zeros; with the scale 1 no point at all. */
static void
scaled_text(uint64_t value, uint64_t scale, char out[VALUE_SIZE])
{
	char *end = out + snprintf(out, VALUE_SIZE, "%" PRIu64, value / scale);

	if (scale > 1)
		*end++ = '.';
	for (uint64_t part = scale / 10; part > 0; part /= 10)
		*end++ = (char)('0' + value / part % 10);
	*end = '\0';
}

void
metric_text_scaled(struct buf *out, const char *name, const char *const *label, uint64_t value,
    uint64_t scale)
{
	char text[VALUE_SIZE];

	scaled_text(value, scale, text);
	put_name(out, name, label);
	buf_addf(out, "%s\n", text);
}

void
metric_text_seconds(struct buf *out, const char *name, const char *const *label, int64_t ms)
{
	metric_text_scaled(out, name, label, ms > 0 ? (uint64_t)ms : 0, 1000);
}

/*
 * OpenMetrics wants a point in every bound ("1.0") and no zeros behind that. Prometheus takes the text
 * as it is, so that it is the same in both forms: else a bucket would have two names.
 */
static void
bound_text(uint64_t bound, uint64_t scale, char out[VALUE_SIZE])
{
	char *end;

	if (scale == 1)
		(void)snprintf(out, VALUE_SIZE, "%" PRIu64 ".0", bound);
	else
		scaled_text(bound, scale, out);
	end = out + strlen(out);
	while (end[-1] == '0' && end[-2] != '.')
		*--end = '\0';
}

void
metric_text_histogram(struct buf *out, const char *name, const char *const *label,
    const struct histogram *h, uint64_t scale)
{
	const char *with[METRIC_LABELS_MAX] = { NULL };
	char full[NAME_SIZE], le[VALUE_SIZE];
	size_t n = 0;

	for (; n + 2 < METRIC_LABELS_MAX && label[n]; n += 2) {
		with[n] = label[n];
		with[n + 1] = label[n + 1];
	}
	with[n] = "le";
	with[n + 1] = le;
	(void)snprintf(full, sizeof full, "%s_bucket", name);
	for (size_t i = 0; i <= h->nbound; i++) {
		if (i < h->nbound)
			bound_text(h->bound[i], scale, le);
		else
			(void)snprintf(le, sizeof le, "+Inf");
		metric_text_number(out, full, with, histogram_up_to(h, i));
	}
	(void)snprintf(full, sizeof full, "%s_sum", name);
	metric_text_scaled(out, full, label, h->sum, scale);
	(void)snprintf(full, sizeof full, "%s_count", name);
	metric_text_number(out, full, label, histogram_up_to(h, h->nbound));
}
