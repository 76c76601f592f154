/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "base/slice.h"
#include "devices/row_findings.h"

/*
 * Is a row's group tag one of those that are allowed, or nearly one? The service compares tags to
 * the letter, and a device under a tag that differs in a blank never gets its profile. Without any
 * allowed tag (n is 0) only the one that everybody knows is looked for. An empty tag is none.
 * Source: sources.md#group-tag
 */
void group_tag_check(struct slice tag, const struct slice *allowed, size_t n,
    struct row_findings *out);
