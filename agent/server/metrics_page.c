/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server/metrics_page.h"

#include <string.h>

#include "agent/server/metric_counts.h"
#include "agent/server/metric_machine.h"
#include "agent/server/metric_states.h"

/*
 * OpenMetrics names a family without what its type puts behind it, and has a type of its own for what
 * carries only labels.
 */
static void
put_head(const struct metric_family *m, enum metrics_form form, struct buf *out)
{
	static const struct {
		const char *prometheus, *open, *suffix;
	} word[] = {
		[METRIC_GAUGE] = { "gauge", "gauge", "" },
		[METRIC_COUNTER] = { "counter", "counter", "_total" },
		[METRIC_HISTOGRAM] = { "histogram", "histogram", "" },
		[METRIC_INFO] = { "gauge", "info", "_info" },
	};
	bool open = form == METRICS_OPENMETRICS;
	size_t cut = open ? strlen(word[m->type].suffix) : 0;
	int len = (int)(strlen(m->name) - cut);

	buf_addf(out, "# HELP %.*s %s\n# TYPE %.*s %s\n", len, m->name, m->help, len, m->name,
	    open ? word[m->type].open : word[m->type].prometheus);
}

enum metrics_form
metrics_page_form(const char *accept)
{
	return accept && strstr(accept, "application/openmetrics-text") ? METRICS_OPENMETRICS
	                                                                : METRICS_PROMETHEUS;
}

const char *
metrics_page_type(enum metrics_form form)
{
	return form == METRICS_OPENMETRICS
	    ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
	    : "text/plain; version=0.0.4; charset=utf-8";
}

void
metrics_page_write(const struct metric_facts *f, enum metrics_form form, struct buf *out)
{
	static const struct metric_family *(*const table[])(
	    size_t * n) = { metric_states, metric_counts, metric_machine };

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		size_t n;
		const struct metric_family *m = table[i](&n);

		for (size_t k = 0; k < n; k++) {
			put_head(&m[k], form, out);
			m[k].put(f, m[k].name, out);
		}
	}
	if (form == METRICS_OPENMETRICS)
		buf_add_str(out, "# EOF\n");
}
