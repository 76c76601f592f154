/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "store/open_list.h"
#include "store/tally.h"

/*
 * The lines of a list. A row that made a device needs no record, because the device has list and
 * line: what is not written is most of a list. There is a record ("list_row") of a row that follows
 * a device, of one that is none, and of one that made a device out of order. So the devices without
 * one have ascending lines, in the order of their ids.
 */
struct store;

/* The condition on a device "d" whose row has no record. */
#define LIST_LINE_UNWRITTEN \
	"NOT EXISTS (SELECT 1 FROM list_row r WHERE r.list = d.list AND r.line = d.line)"

/* The condition on a device "d" that list ?1 has made, and whose row may have no record. */
#define LIST_LINE_MADE \
	"d.list = ?1 AND d.id BETWEEN (SELECT first_device FROM list WHERE id = ?1)" \
	" AND (SELECT last_device FROM list WHERE id = ?1)"

/* What stands on a line. */
struct list_line {
	uint64_t number; /* 0: nothing */
	bool written;    /* has a record */
	bool follows;    /* the device was there before it */
	bool duplicate;
	int64_t device; /* 0: the row is none */
	struct tally_place at;
};

/*
 * The last line, and a given one. What is looked at for the last one is not looked at again with the
 * same l, which must not be added to in between. Errors of all: those of store/sql.h.
 */
MUST_USE enum err_code list_line_last(struct store *s, struct open_list *l, struct list_line *out,
    struct err *err);
MUST_USE enum err_code list_line_find(struct store *s, const struct open_list *l, uint64_t line,
    struct list_line *out, struct err *err);

/*
 * The row leaves no trace, as if it had not come; nor does a device that no other row of the list
 * has. Belongs into a change. A line with nothing on it is no error.
 */
MUST_USE enum err_code list_line_take_back(struct store *s, const struct open_list *l,
    const struct list_line *line, struct err *err);
