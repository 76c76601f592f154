/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "store/sql.h"
#include "store/store.h"

/*
 * A statement over the devices that a query asks for: "SELECT … FROM device d … WHERE …" with the
 * query's conditions behind it, by id.
 */
struct device_search {
	/* Set by the caller, and borrowed. */
	const char *select; /* ends in a condition */
	const char *state;  /* the expression that query->state is compared with */
	const struct store_device_query *query;

	struct buf text;
	struct sql_value value[8];
	size_t n;
};

/*
 * As sql_start(). The filter must live until sql_end(), and needs device_search_done() whatever this
 * returns.
 */
MUST_USE enum err_code device_search_start(struct device_search *f, struct store *s, struct sql *q,
    struct err *err);

void device_search_done(struct device_search *f);
