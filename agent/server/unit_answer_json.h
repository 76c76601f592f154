/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <jansson.h>

#include "agent/intake/unit_intake.h"

/*
 * What became of a unit, in the shape that line controllers rely on: {"serial","accepted":true,
 * "list","state","known","held_for"}, or {"serial","accepted":false,"code","detail","advice"}. NULL: no
 * memory.
 */
json_t *unit_answer_json(const struct unit_answer *a);
