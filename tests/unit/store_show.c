/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store_show.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { SHOWN_MAX = 1 << 20 };

static const char *const batch_state_name[] = { "sending", "unknown", "resend", "accepted",
	"missing", "closed" };

struct showing {
	struct store *store;
	struct buf *out;
	int64_t list;
};

static enum err_code
show_list(void *arg, const struct store_list *l, struct err *err)
{
	struct showing *sh = arg;
	bool settled;

	buf_addf(sh->out, "list %" PRId64 " " SLICE_FMT " " SLICE_FMT " rows=%" PRIu64 "%s%s%s",
	    l->id, SLICE_ARG(l->customer), SLICE_ARG(l->file), l->rows, l->open ? " open" : "",
	    l->done ? " done" : "", l->reported ? " reported" : "");
	for (unsigned i = 0; i < NDEVICE_STATE; i++) {
		if (l->states[i])
			buf_addf(sh->out, " %s=%" PRIu64, device_state_name((enum device_state)i),
			    l->states[i]);
	}
	buf_add_char(sh->out, '\n');
	assert_int_equal(store_list_settled(sh->store, l->id, &settled, err), ERR_OK);
	assert_int_equal(settled, l->done);
	return ERR_OK;
}

static void
add_device(struct buf *out, const struct store_device *d)
{
	buf_addf(out, SLICE_FMT " %s", SLICE_ARG(d->serial.len ? d->serial : d->product_id),
	    device_state_name(d->state));
	if (d->held_for.len)
		buf_addf(out, "(" SLICE_FMT ")", SLICE_ARG(d->held_for));
	if (d->verdict.class.len)
		buf_addf(out, " " SLICE_FMT, SLICE_ARG(d->verdict.class));
	if (d->verdict.code)
		buf_addf(out, " %d", d->verdict.code);
}

static enum err_code
show_row(void *arg, const struct store_row_record *r, struct err *err)
{
	struct showing *sh = arg;

	(void)err;
	buf_addf(sh->out, "row %" PRId64 ":%" PRIu64 " ", sh->list, r->line);
	if (r->device)
		add_device(sh->out, r->device);
	else
		buf_addf(sh->out, SLICE_FMT "%s", SLICE_ARG(r->code),
		    r->duplicate ? " duplicate" : "");
	buf_add_char(sh->out, '\n');
	return ERR_OK;
}

static enum err_code
show_rows(void *arg, const struct store_list *l, struct err *err)
{
	struct showing *sh = arg;

	sh->list = l->id;
	return store_list_rows(sh->store, l->id, show_row, sh, err);
}

static enum err_code
show_device(void *arg, const struct store_device *d, struct err *err)
{
	struct showing *sh = arg;

	(void)err;
	buf_add_str(sh->out, "device ");
	add_device(sh->out, d);
	buf_addf(sh->out, " " SLICE_FMT "/" SLICE_FMT " " SLICE_FMT ":%" PRIu64,
	    SLICE_ARG(d->customer), SLICE_ARG(d->tag), SLICE_ARG(d->file), d->line);
	if (d->attempts)
		buf_addf(sh->out, " attempts=%" PRIu32, d->attempts);
	buf_add_char(sh->out, '\n');
	return ERR_OK;
}

static enum err_code
show_lane(void *arg, const struct store_lane *l, struct err *err)
{
	struct showing *sh = arg;

	(void)err;
	buf_addf(sh->out, "lane %" PRId64 " " SLICE_FMT "/" SLICE_FMT " %" PRIu64 "\n", l->id,
	    SLICE_ARG(l->customer), SLICE_ARG(l->tag), l->queued);
	return ERR_OK;
}

static enum err_code
show_head(void *arg, const struct store_batch_head *h, struct err *err)
{
	struct showing *sh = arg;

	(void)err;
	buf_addf(sh->out, " " SLICE_FMT "/" SLICE_FMT " " SLICE_FMT "," SLICE_FMT "," SLICE_FMT ":",
	    SLICE_ARG(h->customer), SLICE_ARG(h->tag), SLICE_ARG(h->request_id),
	    SLICE_ARG(h->correlation_id), SLICE_ARG(h->tracking));
	return ERR_OK;
}

static enum err_code
show_member(void *arg, const struct store_batch_device *d, struct err *err)
{
	struct showing *sh = arg;

	(void)err;
	buf_addf(sh->out, " " SLICE_FMT "%s", SLICE_ARG(d->serial), d->lost ? "(lost)" : "");
	if (d->hash.len)
		buf_addf(sh->out, "(" SLICE_FMT ")", SLICE_ARG(d->hash));
	assert_int_equal(d->hash_len, d->hash.len * 3);
	return ERR_OK;
}

static enum err_code
show_batch(void *arg, const struct store_batch *b, struct err *err)
{
	struct showing *sh = arg;
	const struct store_batch_reader reader = { sh, show_head, show_member };
	enum err_code rc;

	buf_addf(sh->out,
	    "batch %" PRId64 " lane=%" PRId64 " %s due=%" PRId64 " since=%" PRId64 " sent=%" PRIu32
	    " errors=%" PRIu32 " looks=%" PRIu32 " n=%" PRIu32,
	    b->id, b->lane, batch_state_name[b->state], b->due_unix_ms, b->since_unix_ms,
	    b->attempts, b->server_errors, b->looks, b->ndevice);
	rc = store_batch_load(sh->store, b->id, true, &reader, err);
	buf_add_char(sh->out, '\n');
	return rc;
}

static enum err_code
show_list_of_batch(void *arg, int64_t list, struct err *err)
{
	struct showing *sh = arg;

	(void)err;
	buf_addf(sh->out, " %" PRId64, list);
	return ERR_OK;
}

/* Closed batches included: whom to tell is asked after they have closed. */
static enum err_code
show_lists_of_batches(struct showing *sh, struct err *err)
{
	for (int64_t batch = 1; batch <= 3; batch++) {
		buf_addf(sh->out, "lists of %" PRId64 ":", batch);
		if (store_batch_lists(sh->store, batch, show_list_of_batch, sh, err))
			return err->code;
		buf_add_char(sh->out, '\n');
	}
	return ERR_OK;
}

static enum err_code
show_tally(void *arg, struct slice customer, enum device_state state, uint64_t n, struct err *err)
{
	struct showing *sh = arg;

	(void)err;
	buf_addf(sh->out, "tally " SLICE_FMT " %s %" PRIu64 "\n", SLICE_ARG(customer),
	    device_state_name(state), n);
	return ERR_OK;
}

static enum err_code
show_hold(void *arg, const struct store_hold *h, struct err *err)
{
	struct showing *sh = arg;

	(void)err;
	buf_addf(sh->out, "hold " SLICE_FMT " " SLICE_FMT " since=%" PRId64 " " SLICE_FMT "\n",
	    SLICE_ARG(h->scope), SLICE_ARG(h->reason), h->since_unix_ms, SLICE_ARG(h->message));
	return ERR_OK;
}

static enum err_code
show_pause(void *arg, struct slice scope, int64_t until_unix_ms, struct err *err)
{
	struct showing *sh = arg;

	(void)err;
	buf_addf(sh->out, "pause " SLICE_FMT " %" PRId64 "\n", SLICE_ARG(scope), until_unix_ms);
	return ERR_OK;
}

static enum err_code
show(struct showing *sh, char what, struct err *err)
{
	static const struct store_list_query any_list = { 0 };
	static const struct store_device_query any_device = { 0 };
	struct store *s = sh->store;

	switch (what) {
	case 'l':
		return store_lists(s, &any_list, show_list, sh, err);
	case 'r':
		return store_lists(s, &any_list, show_rows, sh, err);
	case 'd':
		return store_devices(s, &any_device, show_device, sh, err);
	case 'n':
		return store_lanes(s, show_lane, sh, err);
	case 'b':
		return store_batches(s, 0, show_batch, sh, err);
	case 'm':
		return show_lists_of_batches(sh, err);
	case 't':
		return store_tally(s, show_tally, sh, err);
	case 'h':
		return store_holds(s, show_hold, sh, err);
	case 'p':
		return store_pauses(s, show_pause, sh, err);
	default:
		fail_msg("'%c' cannot be shown", what);
		return ERR_OK;
	}
}

void
store_show(struct store *s, const char *what, struct buf *out)
{
	struct showing sh = { .store = s, .out = out };
	struct err err;

	for (; *what; what++) {
		if (show(&sh, *what, &err))
			fail_msg("%c: %s", *what, err.msg);
	}
	assert_int_equal(out->failed, ERR_OK);
}

void
store_show_expect(struct store *s, const char *what, const char *want)
{
	struct buf got;

	buf_init(&got, SHOWN_MAX);
	store_show(s, what, &got);
	assert_string_equal(got.len ? got.ptr : "", want);
	buf_done(&got);
}
