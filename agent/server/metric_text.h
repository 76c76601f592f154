/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "agent/server/metric_facts.h"
#include "base/buf.h"
#include "base/histogram.h"

/*
 * The lines of a page of metrics, in a text that Prometheus and OpenMetrics both read.
 * Source: sources.md#metrics
 */
enum metric_type { METRIC_GAUGE, METRIC_COUNTER, METRIC_HISTOGRAM, METRIC_INFO };

/* Puts all samples of a family. */
typedef void metric_put_fn(const struct metric_facts *f, const char *name, struct buf *out);

/* The name of a counter ends in "_total", that of METRIC_INFO in "_info". */
struct metric_family {
	const char *name;
	enum metric_type type;
	const char *help; /* no full stop, nothing to escape */
	metric_put_fn *put;
};

/* Pairs of name and value; NULL ends them if there are fewer. */
enum { METRIC_LABELS_MAX = 8 };
#define METRIC_LABELS(...) ((const char *const[METRIC_LABELS_MAX]){ __VA_ARGS__ })

void metric_text_number(struct buf *out, const char *name, const char *const *label,
    uint64_t value);

/* value / scale, where scale is a power of ten: Prometheus counts time in seconds. */
void metric_text_scaled(struct buf *out, const char *name, const char *const *label, uint64_t value,
    uint64_t scale);

/* Milliseconds, as seconds; what is below 0 is 0. */
void metric_text_seconds(struct buf *out, const char *name, const char *const *label, int64_t ms);

/* At most three pairs of labels. Bounds and sum are divided by scale. */
void metric_text_histogram(struct buf *out, const char *name, const char *const *label,
    const struct histogram *h, uint64_t scale);
