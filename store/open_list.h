/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"
#include "store/sql.h"

/*
 * The list that is between begin and end. What it has made is from first_device on,
 * between units that came in meanwhile.
 */
struct store;

struct open_list {
	int64_t id;
	int64_t customer;
	int64_t first_device;
	int64_t last_device; /* none of its devices without a record is behind this one */
	struct slice tag;    /* until open_list_done() */
	struct sql q;
};

/* Needs open_list_done() whatever it returns. Errors: ERR_NOT_FOUND (there is no such open list). */
MUST_USE enum err_code open_list_find(struct store *s, int64_t list, struct open_list *out,
    struct err *err);

void open_list_done(struct open_list *l);
