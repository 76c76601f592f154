/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"
#include "base/slice.h"

/*
 * One cell of a CSV file for spreadsheets: in quotes, and with an apostrophe in front of what would be
 * taken for a formula. Source: sources.md#spreadsheet-formulas
 */
void csv_cell_add(struct buf *out, struct slice text);
