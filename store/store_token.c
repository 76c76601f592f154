/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"
#include "store/store.h"
#include "store/store_change.h"

/* --- tokens --- */

/* What was said of the end of the old one does not hold for the new one. */
static enum err_code
save_token(struct store *s, struct slice name, struct slice sealed, struct err *err)
{
	if (sql_run(&s->db, "REPLACE INTO token (name, sealed, saved) VALUES (?, ?, ?)",
	        SQL_VALUES(SQL_TEXT(name), SQL_BLOB(sealed), SQL_INT(store_now(s))), err))
		return err->code;
	return sql_run(&s->db, "UPDATE login SET warned = 0 WHERE partner = ? AND warned > 0",
	    SQL_VALUES(SQL_TEXT(name)), err);
}

enum err_code
store_token_save(struct store *s, struct slice name, struct slice sealed, struct err *err)
{
	enum err_code rc;

	if (store_change_begin(s, err))
		return err->code;
	rc = save_token(s, name, sealed, err);
	return store_change_end(s, rc, err);
}

enum err_code
store_token_forget(struct store *s, struct slice name, struct err *err)
{
	enum err_code rc;

	if (store_change_begin(s, err))
		return err->code;
	rc = sql_run(&s->db, "DELETE FROM token WHERE name = ?", SQL_VALUES(SQL_TEXT(name)), err);
	return store_change_end(s, rc, err);
}

/* A buffer that has no room for all of it is left as it was. */
static enum err_code
append_bytes(struct buf *out, struct slice bytes, struct err *err)
{
	if (!buf_reserve(out, bytes.len))
		return buf_check(out, err);
	buf_add_slice(out, bytes);
	return ERR_OK;
}

enum err_code
store_token_load(struct store *s, struct slice name, struct buf *out, struct err *err)
{
	bool row = false;
	struct sql q;
	enum err_code rc;

	if ((rc = sql_start(&q, &s->db, "SELECT sealed FROM token WHERE name = ?",
	         SQL_VALUES(SQL_TEXT(name)), err)) ||
	    (rc = sql_next(&q, &row, err)))
		goto out;
	if (row)
		rc = append_bytes(out, sql_bytes(&q, 0), err);
	else
		rc = err_set(err, ERR_NOT_FOUND, "there is no token for " SLICE_FMT,
		    SLICE_ARG(slice_head(name, 64)));
out:
	sql_end(&q);
	return rc;
}

/* --- consent --- */

enum err_code
store_consent_save(struct store *s, struct slice customer, struct slice state,
    struct slice evidence, int64_t checked_unix_ms, struct err *err)
{
	enum err_code rc;

	if (store_change_begin(s, err))
		return err->code;
	rc = sql_run(&s->db,
	    "INSERT INTO consent (customer, state, evidence, since, checked)"
	    " VALUES (?1, ?2, ?3, ?4, ?4) ON CONFLICT DO UPDATE SET"
	    " since = CASE WHEN state = excluded.state THEN since ELSE excluded.since END,"
	    " state = excluded.state, evidence = excluded.evidence, checked = excluded.checked",
	    SQL_VALUES(SQL_TEXT(customer), SQL_TEXT(state), SQL_TEXT(evidence),
	        SQL_INT(checked_unix_ms)),
	    err);
	return store_change_end(s, rc, err);
}

enum err_code
store_consents(struct store *s, store_consent_fn *fn, void *arg, struct err *err)
{
	bool row = true;
	struct sql q;
	enum err_code rc;

	rc = sql_start(&q, &s->db,
	    "SELECT customer, state, evidence, since, checked FROM consent ORDER BY customer",
	    SQL_NOTHING, err);
	while (rc == ERR_OK && (rc = sql_next(&q, &row, err)) == ERR_OK && row) {
		const struct store_consent c = {
			.customer = sql_bytes(&q, 0),
			.state = sql_bytes(&q, 1),
			.evidence = sql_bytes(&q, 2),
			.since_unix_ms = sql_int(&q, 3),
			.checked_unix_ms = sql_int(&q, 4),
		};

		rc = fn(arg, &c, err);
	}
	sql_end(&q);
	return rc;
}

/* --- links --- */

enum err_code
store_link_save(struct store *s, struct slice service, struct slice url, struct err *err)
{
	enum err_code rc;

	if (store_change_begin(s, err))
		return err->code;
	rc = sql_run(&s->db, "REPLACE INTO link (service, url) VALUES (?, ?)",
	    SQL_VALUES(SQL_TEXT(service), SQL_TEXT(url)), err);
	return store_change_end(s, rc, err);
}

enum err_code
store_links(struct store *s, store_link_fn *fn, void *arg, struct err *err)
{
	bool row = true;
	struct sql q;
	enum err_code rc;

	rc = sql_start(&q, &s->db, "SELECT service, url FROM link ORDER BY service", SQL_NOTHING,
	    err);
	while (rc == ERR_OK && (rc = sql_next(&q, &row, err)) == ERR_OK && row)
		rc = fn(arg, sql_bytes(&q, 0), sql_bytes(&q, 1), err);
	sql_end(&q);
	return rc;
}
