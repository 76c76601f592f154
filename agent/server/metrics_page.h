/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "agent/server/metric_facts.h"
#include "base/buf.h"

/*
 * How things stand, for Prometheus and what understands it. Every combination of labels is there from
 * the beginning; an instant that has not come yet is 0. Labels are names of the configuration and
 * words of closed sets, never a serial number or a file's name.
 * Source: sources.md#metrics
 */
enum metrics_form { METRICS_PROMETHEUS, METRICS_OPENMETRICS };

/* Which one a client asks for; accept: its header, NULL for none. */
enum metrics_form metrics_page_form(const char *accept);

/* The content type; static. */
const char *metrics_page_type(enum metrics_form form);

/* Appends the page. */
void metrics_page_write(const struct metric_facts *f, enum metrics_form form, struct buf *out);
