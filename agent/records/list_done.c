/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/records/list_done.h"

#include <inttypes.h>
#include <stdio.h>

#include "agent/sending/roster.h"
#include "base/buf.h"

enum { MESSAGE_MAX = 1024, READER_SIZE = 32 };

struct ending {
	int64_t list; /* 0: not found */
	char customer[ENTITY_NAME_SIZE];
	struct buf message;
	int64_t last; /* the list's last such event; 0: none */
	bool same;    /* it said the same */
};

static enum err_code
describe(void *arg, const struct store_list *l, struct err *err)
{
	struct ending *e = arg;
	const char *gap = ": ";

	e->list = l->id;
	(void)snprintf(e->customer, sizeof e->customer, SLICE_FMT, SLICE_ARG(l->customer));
	buf_add_slice(&e->message, l->file);
	for (int i = 0; i < NDEVICE_STATE; i++) {
		if (l->states[i] == 0)
			continue;
		buf_addf(&e->message, "%s%s %" PRIu64, gap, device_state_name((enum device_state)i),
		    l->states[i]);
		gap = ", ";
	}
	return buf_check(&e->message, err);
}

static enum err_code
compare(void *arg, const struct store_event *told, struct err *err)
{
	struct ending *e = arg;

	(void)err;
	e->same = told->id == e->last && slice_eq(told->message, buf_slice(&e->message));
	return ERR_OK;
}

/* The list is the reader of its own last event, so that nobody has to look for that. */
static enum err_code
find_last(struct store *s, const char *reader, struct ending *e, struct err *err)
{
	if (store_cursor_load(s, slice_of(reader), &e->last, err))
		return err->code;
	if (e->last == 0)
		return ERR_OK;
	return store_events(s, &(struct store_event_query){ .after = e->last - 1, .limit = 1 },
	    compare, e, err);
}

static enum err_code
tell(struct store *s, const char *reader, const struct ending *e, struct err *err)
{
	const struct store_event event = {
		.kind = slice_of("list_done"),
		.actor = slice_of("agent"),
		.customer = slice_of(e->customer),
		.list = e->list,
		.message = buf_slice(&e->message),
	};
	int64_t id;

	if (store_event_add(s, &event, err) || store_event_newest(s, &id, err))
		return err->code;
	return store_cursor_save(s, slice_of(reader), id, err);
}

enum err_code
list_done_note(struct store *s, int64_t list, struct err *err)
{
	const struct store_list_query q = { .id = list };
	struct ending e = { .list = 0 };
	char reader[READER_SIZE];
	enum err_code rc;

	(void)snprintf(reader, sizeof reader, "list_done/%" PRId64, list);
	buf_init(&e.message, MESSAGE_MAX);
	if ((rc = store_lists(s, &q, describe, &e, err)))
		goto out;
	if (!e.list) {
		rc = err_set(err, ERR_NOT_FOUND, "there is no list %" PRId64, list);
		goto out;
	}
	if ((rc = find_last(s, reader, &e, err)) == ERR_OK && !e.same)
		rc = tell(s, reader, &e, err);
out:
	buf_done(&e.message);
	return rc;
}
