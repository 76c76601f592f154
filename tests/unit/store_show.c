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

uint32_t
store_show_usual_attempts(enum device_state state)
{
	return state == DEVICE_QUEUED || state == DEVICE_HELD || state == DEVICE_REFUSED ? 0 : 1;
}

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
add_lane(struct buf *out, struct slice customer, struct slice tag, struct slice order)
{
	buf_addf(out, " " SLICE_FMT "/" SLICE_FMT, SLICE_ARG(customer), SLICE_ARG(tag));
	if (order.len)
		buf_addf(out, "/" SLICE_FMT, SLICE_ARG(order));
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

/* --- the gate --- */

struct gating {
	struct showing *sh;
	const struct store_device *device;
	bool show;
	unsigned seen;
};

#define ASSERT_SAME(a, b) assert_true(slice_eq(a, b))

static enum err_code
compare_at_gate(void *arg, const struct store_gate_device *g, struct err *err)
{
	struct gating *gating = arg;
	const struct store_device *d = gating->device;
	struct buf *out = gating->sh->out;

	(void)err;
	if (g->id != d->id)
		return ERR_OK;
	gating->seen++;
	assert_int_equal(g->state, d->state);
	assert_int_equal(g->verdict.code, d->verdict.code);
	ASSERT_SAME(g->serial, d->serial);
	ASSERT_SAME(g->customer, d->customer);
	ASSERT_SAME(g->manufacturer, d->manufacturer);
	ASSERT_SAME(g->model, d->model);
	ASSERT_SAME(g->tag, d->tag);
	ASSERT_SAME(g->verdict.class, d->verdict.class);
	ASSERT_SAME(g->verdict.name, d->verdict.name);
	ASSERT_SAME(g->verdict.message, d->verdict.message);
	ASSERT_SAME(g->held_for, d->held_for);
	ASSERT_SAME(g->held_message, d->held_message);
	if (!gating->show || (!g->claimed && !g->image_unix_ms && !g->family.len))
		return ERR_OK;
	buf_addf(out, "gate " SLICE_FMT "%s", SLICE_ARG(g->serial), g->claimed ? " claimed" : "");
	if (g->image_unix_ms)
		buf_addf(out, " image=%" PRId64, g->image_unix_ms);
	if (g->family.len)
		buf_addf(out, " family=" SLICE_FMT, SLICE_ARG(g->family));
	buf_add_char(out, '\n');
	return ERR_OK;
}

static void
ask_gate(struct showing *sh, const struct store_device *d, bool show)
{
	struct gating gating = { sh, d, show, 0 };
	struct err err;

	assert_int_equal(store_gate(sh->store, d->serial, compare_at_gate, &gating, &err), ERR_OK);
	assert_int_equal(gating.seen, d->serial.len ? 1 : 0);
}

static enum err_code
show_gate(void *arg, const struct store_device *d, struct err *err)
{
	(void)err;
	ask_gate(arg, d, true);
	return ERR_OK;
}

static enum err_code
show_device(void *arg, const struct store_device *d, struct err *err)
{
	struct showing *sh = arg;

	(void)err;
	ask_gate(sh, d, false);
	buf_add_str(sh->out, "device ");
	add_device(sh->out, d);
	add_lane(sh->out, d->customer, d->tag, d->order);
	buf_addf(sh->out, " " SLICE_FMT ":%" PRIu64, SLICE_ARG(d->file), d->line);
	if (d->attempts != store_show_usual_attempts(d->state))
		buf_addf(sh->out, " attempts=%" PRIu32, d->attempts);
	buf_add_char(sh->out, '\n');
	return ERR_OK;
}

/* --- claims --- */

static enum err_code
show_claim(void *arg, const struct store_claim *c, struct err *err)
{
	struct showing *sh = arg;

	(void)err;
	buf_addf(sh->out,
	    "claim " SLICE_FMT " " SLICE_FMT "/" SLICE_FMT " since=%" PRId64 " asked=%" PRId64
	    " ask=%" PRId64 " x%" PRIu32 "%s",
	    SLICE_ARG(c->serial), SLICE_ARG(c->customer), SLICE_ARG(c->tag), c->since_unix_ms,
	    c->asked_unix_ms, c->ask_unix_ms, c->attempts, c->stopped ? " stopped" : "");
	if (c->released_unix_ms)
		buf_addf(sh->out, " released=%" PRId64, c->released_unix_ms);
	if (c->case_number.len || c->note.len)
		buf_addf(sh->out, " case=" SLICE_FMT " note=" SLICE_FMT, SLICE_ARG(c->case_number),
		    SLICE_ARG(c->note));
	buf_add_char(sh->out, '\n');
	return ERR_OK;
}

static enum err_code
show_due(void *arg, struct slice customer, int64_t ask_unix_ms, struct err *err)
{
	struct showing *sh = arg;

	(void)err;
	buf_addf(sh->out, "due " SLICE_FMT " %" PRId64 "\n", SLICE_ARG(customer), ask_unix_ms);
	return ERR_OK;
}

/* --- the trail, logins, links --- */

static enum err_code
show_event(void *arg, const struct store_event *e, struct err *err)
{
	struct showing *sh = arg;

	(void)err;
	buf_addf(sh->out,
	    "event %" PRId64 " %" PRId64 " " SLICE_FMT " " SLICE_FMT "|" SLICE_FMT "|" SLICE_FMT
	    "|%" PRId64 "|" SLICE_FMT "|" SLICE_FMT "|" SLICE_FMT "|" SLICE_FMT "\n",
	    e->id, e->at_unix_ms, SLICE_ARG(e->kind), SLICE_ARG(e->actor), SLICE_ARG(e->customer),
	    SLICE_ARG(e->partner), e->list, SLICE_ARG(e->serial), SLICE_ARG(e->request_id),
	    SLICE_ARG(e->correlation_id), SLICE_ARG(e->message));
	return ERR_OK;
}

static enum err_code
show_login(void *arg, const struct store_login *l, struct err *err)
{
	struct showing *sh = arg;

	(void)err;
	buf_addf(sh->out,
	    "login " SLICE_FMT " " SLICE_FMT "|" SLICE_FMT " since=%" PRId64 " saved=%" PRId64
	    " warned=%" PRIu32 "\n",
	    SLICE_ARG(l->partner), SLICE_ARG(l->account), SLICE_ARG(l->roles), l->since_unix_ms,
	    l->saved_unix_ms, l->warned_days);
	return ERR_OK;
}

static enum err_code
show_link(void *arg, struct slice service, struct slice url, struct err *err)
{
	struct showing *sh = arg;

	(void)err;
	buf_addf(sh->out, "link " SLICE_FMT " " SLICE_FMT "\n", SLICE_ARG(service), SLICE_ARG(url));
	return ERR_OK;
}

/* --- lanes, batches, counts --- */

static enum err_code
show_lane(void *arg, const struct store_lane *l, struct err *err)
{
	struct showing *sh = arg;

	(void)err;
	buf_addf(sh->out, "lane %" PRId64, l->id);
	add_lane(sh->out, l->customer, l->tag, l->order);
	buf_addf(sh->out, " %" PRIu64 "\n", l->queued);
	return ERR_OK;
}

static enum err_code
show_head(void *arg, const struct store_batch_head *h, struct err *err)
{
	struct showing *sh = arg;

	(void)err;
	add_lane(sh->out, h->customer, h->tag, h->order);
	buf_addf(sh->out, " " SLICE_FMT "," SLICE_FMT "," SLICE_FMT ":", SLICE_ARG(h->request_id),
	    SLICE_ARG(h->correlation_id), SLICE_ARG(h->tracking));
	return ERR_OK;
}

static enum err_code
show_member(void *arg, const struct store_batch_device *d, struct err *err)
{
	struct showing *sh = arg;

	(void)err;
	buf_addf(sh->out, " " SLICE_FMT "%s", SLICE_ARG(d->serial), d->lost ? "(lost)" : "");
	if (d->claims)
		buf_addf(sh->out, "(claimed x%" PRIu32 ")", d->claims);
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
show_supersede(void *arg, const struct store_supersede *u, struct err *err)
{
	struct showing *sh = arg;

	(void)err;
	buf_addf(sh->out, "supersede %" PRId64 "->%" PRId64 " " SLICE_FMT " " SLICE_FMT,
	    u->old_device, u->new_device, SLICE_ARG(u->serial), SLICE_ARG(u->manufacturer));
	add_lane(sh->out, u->customer, u->tag, u->order);
	buf_add_char(sh->out, '\n');
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
	static const struct store_claim_query any_claim = { .released = true };
	static const struct store_event_query any_event = { 0 };
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
	case 's':
		return store_supersedes(s, show_supersede, sh, err);
	case 'p':
		return store_pauses(s, show_pause, sh, err);
	case 'c':
		return store_claims(s, &any_claim, show_claim, sh, err);
	case 'u':
		return store_claims_due(s, show_due, sh, err);
	case 'g':
		return store_devices(s, &any_device, show_gate, sh, err);
	case 'e':
		return store_events(s, &any_event, show_event, sh, err);
	case 'o':
		return store_logins(s, show_login, sh, err);
	case 'k':
		return store_links(s, show_link, sh, err);
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
