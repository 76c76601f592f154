/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "agent/server/metric_text.h"

/* What has happened since the start: what the meter and the store's thread have counted. */
const struct metric_family *metric_counts(size_t *n);
