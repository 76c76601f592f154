/* SPDX-License-Identifier: Apache-2.0 */
#include "store/open_list.h"

#include <inttypes.h>

#include "store/store_change.h"

enum err_code
open_list_find(struct store *s, int64_t list, struct open_list *out, struct err *err)
{
	bool row = false;
	enum err_code rc;

	*out = (struct open_list){ .id = list, .last_device = INT64_MAX };
	if ((rc = sql_start(&out->q, &s->db,
	         "SELECT customer, first_device, tag FROM list WHERE id = ? AND open = 1",
	         SQL_VALUES(SQL_INT(list)), err)) ||
	    (rc = sql_next(&out->q, &row, err)))
		return rc;
	if (!row)
		return err_set(err, ERR_NOT_FOUND, "no list %" PRId64 " is open", list);
	out->customer = sql_int(&out->q, 0);
	out->first_device = sql_int(&out->q, 1);
	out->tag = sql_bytes(&out->q, 2);
	return ERR_OK;
}

void
open_list_done(struct open_list *l)
{
	sql_end(&l->q);
}
