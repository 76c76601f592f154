/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "config/config.h"
#include "config/yaml_tree.h"

/*
 * What no section can say by itself: whether names refer to something, and whether values of
 * different sections go together. root is the map that c was read from, and says where things
 * stand; c may be incomplete if problems have been found already.
 */
void config_rules_judge(const struct config *c, const struct node *root, struct problems *problems);
