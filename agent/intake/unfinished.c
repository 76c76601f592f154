/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/intake/unfinished.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/intake/intake_queue.h"
#include "agent/tools/log_event.h"

static enum err_code
note(void *arg, const struct store_list *l, struct err *err)
{
	struct unfinished *u = arg;
	struct unfinished_list *to = &u->list[u->n];

	if (u->n == UNFINISHED_MAX)
		return err_set(err, ERR_LIMIT, "more than %d lists were begun at once",
		    UNFINISHED_MAX);
	u->n++;
	to->id = l->id;
	to->source = l->source;
	(void)snprintf(to->customer, sizeof to->customer, SLICE_FMT, SLICE_ARG(l->customer));
	list_files_name(l->file, to->file);
	(void)snprintf(to->tag, sizeof to->tag, SLICE_FMT, SLICE_ARG(l->tag));
	return ERR_OK;
}

static enum err_code
forget(struct store *s, int64_t list, struct err *err)
{
	bool more = true;

	while (more) {
		if (store_list_abort(s, list, &more, err))
			return err->code;
	}
	return ERR_OK;
}

enum err_code
unfinished_read(struct store *s, const char *state, struct unfinished *out, struct err *err)
{
	const struct store_list_query open_lists = { .open_only = true, .without_states = true };
	struct unfinished all = { .n = 0 };
	size_t kept = 0;

	if (store_lists(s, &open_lists, note, &all, err))
		return err->code;
	for (size_t i = 0; i < all.n; i++) {
		const struct unfinished_list *l = &all.list[i];
		char path[LIST_PATH_MAX];

		if (list_files_state(state, l->id, l->file, LIST_SOURCE, path, err))
			return err->code;
		if (access(path, R_OK) == 0)
			all.list[kept++] = *l;
		else if (forget(s, l->id, err))
			return err->code;
	}
	all.n = kept;
	*out = all;
	return ERR_OK;
}

void
unfinished_finish(const struct unfinished *u, const struct config *config,
    struct intake_queue *queue)
{
	struct err err;

	for (size_t i = 0; i < u->n; i++) {
		const struct unfinished_list *l = &u->list[i];
		const struct customer *c = config_customer(config, slice_of(l->customer));

		if (!c) {
			log_event(LOG_LIST_FORGOTTEN, LOG_NUMBER(LIST, l->id),
			    LOG_TEXT(CUSTOMER, l->customer), LOG_TEXT(FILE, l->file));
			intake_queue_forget(queue, l->id);
		} else if (intake_queue_again(queue, l, c, &err)) {
			log_event(LOG_LIST_NOT_RESUMED, LOG_NUMBER(LIST, l->id),
			    LOG_TEXT(CUSTOMER, l->customer), LOG_TEXT(FILE, l->file),
			    LOG_TEXT(ERROR, err.msg));
		}
	}
}
