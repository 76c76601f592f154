/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/slice.h"

/*
 * Names files that people bring as device lists and that are none: workbooks, archives,
 * pictures, pages, JSON, programs.
 *
 * head: the first bytes of the file, undecoded (4 KiB are enough). Returns NULL if nothing is
 * recognised, else what it is, ready for a sentence ("an Excel workbook (.xlsx)"); *advice says
 * what to do instead. Both static.
 * Source: sources.md#look-alikes
 */
const char *look_alike(struct slice head, const char **advice);
