/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "config/oem_profile.h"
#include "config/yaml_tree.h"

/*
 * What no section of a profile can say by itself of the bodies that are sent: whether all of it has a
 * place of its own, whether the identity that is asked for has its members, and that no hardware hash
 * is among them. root is the map that p was read from; p may be incomplete if problems have been found
 * already, and what they are about is not blamed again.
 */
void oem_body_rules_judge(const struct oem_profile *p, const struct node *root,
    struct problems *problems);
