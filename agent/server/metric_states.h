/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "agent/server/metric_text.h"

/* How things stand now: customers, services, configuration, store. What the agent and its store know. */
const struct metric_family *metric_states(size_t *n);
