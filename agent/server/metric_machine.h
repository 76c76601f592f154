/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "agent/server/metric_text.h"

/* What the program takes of its machine, and what lies on its disks. */
const struct metric_family *metric_machine(size_t *n);
