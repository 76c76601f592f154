/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "config/oem_profile.h"
#include "config/yaml_tree.h"

/*
 * What no section of a profile can say by itself: whether names in braces are known, whether what
 * results are found by is sent, whether the identity that is asked for has its members. root is the
 * map that p was read from; p may be incomplete if problems have been found already.
 */
void oem_profile_rules_judge(const struct oem_profile *p, const struct node *root,
    struct problems *problems);
