/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <yaml.h>

#include "tests/simulator/scenario_fields.h"

/* The section `maker` of a scenario file. out: struct maker_plan, which holds the defaults. */
bool scenario_maker_read(struct scenario_fields *r, const yaml_node_t *node, void *out);
