/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "base/slice.h"
#include "devices/columns.h"

/*
 * The shapes that device lists come in, by their headings. The name is for the reader of a report;
 * what a row means is decided by struct columns alone.
 * Source: sources.md#list-formats
 */
enum list_format {
	FORMAT_UNKNOWN,
	FORMAT_AUTOPILOTINFO,
	FORMAT_AUTOPILOTINFO_TAG,
	FORMAT_INTUNE,
	FORMAT_PARTNER_CENTER,
	FORMAT_MMD,
	FORMAT_MMD_PARTNER_OLD,
	FORMAT_CONFIGMGR_MMD,
	FORMAT_CONFIGMGR_BUILTIN,
	FORMAT_ORDERID_OLD,
	FORMAT_HEADERLESS_PC,
	FORMAT_SERIALS,
	FORMAT_CORP_ID,    /* refused: corporate device identifiers */
	FORMAT_DEVICELINK, /* refused: DeviceLink */
	FORMAT_OA3_XML,
	FORMAT_OTHER, /* columns that are known, in a combination that is not */
};

/*
 * The id as in the JSON contract: "autopilotinfo", "autopilotinfo+tag", "partner-center", … Static.
 */
const char *list_format_name(enum list_format f);

/*
 * The format of a heading row: the same headings in the same order if there is one (two formats
 * that fold to the same headings are autopilotinfo and partner-center), else the one with the same
 * set of columns, else FORMAT_SERIALS for a lone serial column, else FORMAT_OTHER.
 */
enum list_format list_format_of_heading(const struct slice *cell, size_t ncell,
    const struct columns *c);

/* Is this the heading row of a DeviceLink file, which is another feature's? */
bool list_format_is_devicelink(const struct slice *cell, size_t ncell);

/*
 * The format of a first row that is data, and the columns it has by position:
 *   five cells, an identity where headerless-pc has it      FORMAT_HEADERLESS_PC
 *   serial, product id, hash                                FORMAT_AUTOPILOTINFO
 *   manufacturer, model, serial, hash                       FORMAT_MMD
 *   three cells without hash                                FORMAT_CORP_ID (ambiguous: the caller refuses)
 *   one cell that is a hash                                 FORMAT_OTHER
 *   one cell                                                FORMAT_SERIALS
 * else FORMAT_UNKNOWN. A hash is a cell that begins with "T0" and is longer than 100 characters.
 * *out is set unless FORMAT_UNKNOWN or FORMAT_CORP_ID is returned.
 */
enum list_format list_format_of_data(const struct slice *cell, size_t ncell, struct columns *out);

/*
 * One row of the built-in report of Configuration Manager, which repeats the three heading labels
 * in the cells 1 to 3 of each row and holds the data in 4 to 6: true, and the columns, if this row
 * is such a data row.
 */
bool list_format_is_builtin_row(const struct slice *cell, size_t ncell, struct columns *out);
