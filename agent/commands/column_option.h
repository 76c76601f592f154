/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "devices/list_layout.h"

/*
 * The value of --columns: either "serial=Asset S/N,model=Type", headings for columns, or
 * "serial,,hash", the columns of a list without a heading in their order (an empty word is a column
 * that is not wanted).
 */
struct column_option {
	struct list_options list; /* what device_list_open() wants; points into this struct */
	struct column_map map;
	enum column position[32];
	char *text;
};

/*
 * text: NULL for no option. Errors: ERR_USAGE with the nearest word, ERR_NOMEM. *out is zero then.
 * *out must not be moved afterwards.
 */
MUST_USE enum err_code column_option_parse(const char *text, struct column_option *out,
    struct err *err);
void column_option_done(struct column_option *o);
