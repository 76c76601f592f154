/* SPDX-License-Identifier: Apache-2.0 */
#include "store/list_line.h"

#include "store/store_change.h"

/* --- finding --- */

#define WRITTEN \
	"SELECT r.line, ifnull(r.device, 0), d.lane, d.state, r.follows, r.duplicate" \
	" FROM list_row r LEFT JOIN device d ON d.id = r.device WHERE r.list = ?"
#define UNWRITTEN \
	"SELECT d.line, d.id, d.lane, d.state, 0, 0 FROM device d WHERE d.list = ? AND " LIST_LINE_UNWRITTEN

/* The first that the statement finds, else nothing. */
static enum err_code
find_first(struct store *s, const char *text, struct sql_values values, bool written,
    struct list_line *out, struct err *err)
{
	bool row = false;
	struct sql q;
	enum err_code rc;

	*out = (struct list_line){ .number = 0 };
	if ((rc = sql_start(&q, &s->db, text, values, err)) == ERR_OK &&
	    (rc = sql_next(&q, &row, err)) == ERR_OK && row)
		*out = (struct list_line){
			.number = (uint64_t)sql_int(&q, 0),
			.device = sql_int(&q, 1),
			.at = { sql_int(&q, 2), (enum device_state)sql_int(&q, 3) },
			.follows = sql_int(&q, 4) != 0,
			.duplicate = sql_int(&q, 5) != 0,
			.written = written,
		};
	sql_end(&q);
	return rc;
}

enum err_code
list_line_last(struct store *s, struct open_list *l, struct list_line *out, struct err *err)
{
	struct list_line written, made;

	if (find_first(s, WRITTEN " ORDER BY r.line DESC LIMIT 1", SQL_VALUES(SQL_INT(l->id)), true,
	        &written, err) ||
	    find_first(s, UNWRITTEN " AND d.id BETWEEN ? AND ? ORDER BY d.id DESC LIMIT 1",
	        SQL_VALUES(SQL_INT(l->id), SQL_INT(l->first_device), SQL_INT(l->last_device)),
	        false, &made, err))
		return err->code;
	l->last_device = made.number ? made.device : l->first_device - 1;
	*out = written.number > made.number ? written : made;
	return ERR_OK;
}

/* There is no index by line, but the lines ascend. */
static enum err_code
find_unwritten(struct store *s, const struct open_list *l, uint64_t line, struct list_line *out,
    struct err *err)
{
	int64_t low = l->first_device, high = low;
	bool found;

	*out = (struct list_line){ .number = 0 };
	if (sql_find_int(&s->db, "SELECT ifnull(max(id), 0) + 1 FROM device", SQL_NOTHING, &found,
	        &high, err))
		return err->code;
	while (low < high) {
		int64_t middle = low + (high - low) / 2;
		struct list_line here;

		if (find_first(s, UNWRITTEN " AND d.id >= ? ORDER BY d.id LIMIT 1",
		        SQL_VALUES(SQL_INT(l->id), SQL_INT(middle)), false, &here, err))
			return err->code;
		if (here.number == line) {
			*out = here;
			return ERR_OK;
		}
		if (here.number == 0 || here.number > line)
			high = middle;
		else
			low = here.device + 1;
	}
	return ERR_OK;
}

enum err_code
list_line_find(struct store *s, const struct open_list *l, uint64_t line, struct list_line *out,
    struct err *err)
{
	if (find_first(s, WRITTEN " AND r.line = ?", SQL_VALUES(SQL_INT(l->id), SQL_INT(line)),
	        true, out, err))
		return err->code;
	return out->number ? ERR_OK : find_unwritten(s, l, line, out, err);
}

/* --- taking back --- */

/* The device goes, unless another row of the list has it: then that row is the one that made it. */
static enum err_code
let_go_of_own(struct store *s, int64_t list, int64_t device, struct tally_place at, struct err *err)
{
	const struct sql_values id = SQL_VALUES(SQL_INT(device));
	struct sql_db *db = &s->db;
	int64_t heir;
	bool found;

	if (sql_find_int(db,
	        "SELECT line FROM list_row WHERE device = ? AND list = ? AND follows = 1"
	        " ORDER BY line LIMIT 1",
	        SQL_VALUES(SQL_INT(device), SQL_INT(list)), &found, &heir, err))
		return err->code;
	if (found) {
		if (sql_run(db, "UPDATE list_row SET follows = 0 WHERE list = ? AND line = ?",
		        SQL_VALUES(SQL_INT(list), SQL_INT(heir)), err))
			return err->code;
		return sql_run(db, "UPDATE device SET line = ? WHERE id = ?",
		    SQL_VALUES(SQL_INT(heir), SQL_INT(device)), err);
	}
	if (identity_remove(&s->identity, db, device, err) ||
	    sql_run(db, "DELETE FROM payload WHERE device = ?", id, err) ||
	    sql_run(db, "DELETE FROM device WHERE id = ?", id, err) ||
	    tally_add(&s->tally, db, TALLY_ALL, at, -1, err))
		return err->code;
	return tally_add(&s->tally, db, TALLY_OPEN, at, -1, err);
}

static enum err_code
let_go(struct store *s, int64_t list, const struct list_line *line, struct err *err)
{
	if (line->follows)
		return sql_run(&s->db, "DELETE FROM again WHERE device = ? AND line = ?",
		    SQL_VALUES(SQL_INT(line->device), SQL_INT(line->number)), err);
	return let_go_of_own(s, list, line->device, line->at, err);
}

enum err_code
list_line_take_back(struct store *s, const struct open_list *l, const struct list_line *line,
    struct err *err)
{
	const struct tally_place refused = { 0, DEVICE_REFUSED };

	if (line->number && !line->duplicate &&
	    tally_add(&s->tally, &s->db, l->id, line->device ? line->at : refused, -1, err))
		return err->code;
	if (line->device && let_go(s, l->id, line, err))
		return err->code;
	if (!line->written)
		return ERR_OK;
	return sql_run(&s->db, "DELETE FROM list_row WHERE list = ? AND line = ?",
	    SQL_VALUES(SQL_INT(l->id), SQL_INT(line->number)), err);
}
