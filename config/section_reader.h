/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "config/config.h"
#include "config/config_value.h"
#include "config/yaml_tree.h"

/*
 * Fills the struct of a section from its map, and all below it: values, defaults, what a section's
 * own table says of its keys. What is wrong is told in the context's problems; the struct is then
 * of no use but for telling more of it. *out is zeroed by the caller.
 */
void section_read(const struct section *s, const struct node *map, const struct value_context *c,
    enum config_look look, void *out);
