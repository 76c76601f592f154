/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"
#include "store/store_change.h"

static enum err_code
save(struct store *s, const struct store_login *l, struct err *err)
{
	return sql_run(&s->db,
	    "REPLACE INTO login (partner, account, roles, since) VALUES (?, ?, ?, ?)",
	    SQL_VALUES(SQL_TEXT(l->partner), SQL_TEXT(l->account), SQL_TEXT(l->roles),
	        SQL_INT(l->since_unix_ms)),
	    err);
}

enum err_code
store_login_save(struct store *s, struct slice partner, struct slice account, struct slice roles,
    int64_t since_unix_ms, struct err *err)
{
	const struct store_login l = { .partner = partner,
		.account = account,
		.roles = roles,
		.since_unix_ms = since_unix_ms };

	if (store_change_begin(s, err))
		return err->code;
	return store_change_end(s, save(s, &l, err), err);
}

/* A token that is not of a sign-in is warned of as well. */
enum err_code
store_login_warned(struct store *s, struct slice partner, uint32_t days, struct err *err)
{
	enum err_code rc;

	if (store_change_begin(s, err))
		return err->code;
	rc = sql_run(&s->db,
	    "INSERT INTO login (partner, warned) VALUES (?, ?)"
	    " ON CONFLICT DO UPDATE SET warned = excluded.warned",
	    SQL_VALUES(SQL_TEXT(partner), SQL_INT(days)), err);
	return store_change_end(s, rc, err);
}

static enum err_code
forget(struct store *s, struct slice partner, struct err *err)
{
	if (sql_run(&s->db, "DELETE FROM token WHERE name = ?", SQL_VALUES(SQL_TEXT(partner)), err))
		return err->code;
	return sql_run(&s->db, "DELETE FROM login WHERE partner = ?", SQL_VALUES(SQL_TEXT(partner)),
	    err);
}

enum err_code
store_login_forget(struct store *s, struct slice partner, struct err *err)
{
	if (store_change_begin(s, err))
		return err->code;
	return store_change_end(s, forget(s, partner, err), err);
}

enum err_code
store_logins(struct store *s, store_login_fn *fn, void *arg, struct err *err)
{
	bool row = true;
	struct sql q;
	enum err_code rc;

	rc = sql_start(&q, &s->db,
	    "SELECT t.name, l.account, l.roles, l.since, t.saved, l.warned FROM token t"
	    " LEFT JOIN login l ON l.partner = t.name WHERE instr(t.name, '#') = 0 ORDER BY t.name",
	    SQL_NOTHING, err);
	while (rc == ERR_OK && (rc = sql_next(&q, &row, err)) == ERR_OK && row) {
		const struct store_login l = {
			.partner = sql_bytes(&q, 0),
			.account = sql_bytes(&q, 1),
			.roles = sql_bytes(&q, 2),
			.since_unix_ms = sql_int(&q, 3),
			.saved_unix_ms = sql_int(&q, 4),
			.warned_days = sql_uint32(&q, 5),
		};

		rc = fn(arg, &l, err);
	}
	sql_end(&q);
	return rc;
}
