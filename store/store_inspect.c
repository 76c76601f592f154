/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "store/store.h"
#include "store/store_change.h"

static enum err_code
number(struct store *s, const char *pragma, int64_t *out, struct err *err)
{
	bool row = false;
	struct sql q;
	enum err_code rc;

	if ((rc = sql_start_once(&q, &s->db, pragma, SQL_NOTHING, err)) == ERR_OK &&
	    (rc = sql_next(&q, &row, err)) == ERR_OK)
		*out = row ? sql_int(&q, 0) : 0;
	sql_end(&q);
	return rc;
}

/* Of indexes it compares nothing, which would take as long as an intake. */
static enum err_code
judge(struct store *s, struct store_facts *out, struct err *err)
{
	bool row = false;
	struct sql q;
	enum err_code rc;

	if ((rc = sql_start_once(&q, &s->db, "PRAGMA quick_check(1)", SQL_NOTHING, err)) ==
	        ERR_OK &&
	    (rc = sql_next(&q, &row, err)) == ERR_OK)
		(void)snprintf(out->integrity, sizeof out->integrity, SLICE_FMT,
		    SLICE_ARG(sql_bytes(&q, 0)));
	sql_end(&q);
	return rc;
}

enum err_code
store_inspect(struct store *s, struct store_facts *out, struct err *err)
{
	int64_t page = 0, pages = 0, unused = 0;
	struct store_facts f = { .schema = 0 };
	enum err_code rc;

	if ((rc = number(s, "PRAGMA user_version", &f.schema, err)) ||
	    (rc = number(s, "PRAGMA page_size", &page, err)) ||
	    (rc = number(s, "PRAGMA page_count", &pages, err)) ||
	    (rc = number(s, "PRAGMA freelist_count", &unused, err)) || (rc = judge(s, &f, err)))
		return rc;
	f.bytes = page * pages;
	f.free_bytes = page * unused;
	*out = f;
	return ERR_OK;
}
