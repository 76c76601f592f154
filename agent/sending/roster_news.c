/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/sending/roster_news.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A zeroed element at the end; NULL with *err set: no memory. */
static void *
rows_add(struct rows *r, size_t size, struct err *err)
{
	char *at;

	if (r->n == r->room) {
		size_t room = r->room ? r->room * 2 : 16;
		void *more = reallocarray(r->item, room, size);

		if (!more) {
			(void)err_set(err, ERR_NOMEM, "customers");
			return NULL;
		}
		r->item = more;
		r->room = room;
	}
	at = (char *)r->item + r->n++ * size;
	memset(at, 0, size);
	return at;
}

static void
put_text(char *dst, size_t size, struct slice s)
{
	(void)snprintf(dst, size, SLICE_FMT, SLICE_ARG(s));
}

static enum err_code
on_lane(void *arg, const struct store_lane *l, struct err *err)
{
	struct roster_news *n = arg;
	struct lane_news *to = rows_add(&n->lane, sizeof *to, err);

	if (!to)
		return err->code;
	to->id = l->id;
	to->queued = l->queued;
	put_text(to->customer, sizeof to->customer, l->customer);
	put_text(to->tag, sizeof to->tag, l->tag);
	return ERR_OK;
}

static enum err_code
on_batch(void *arg, const struct store_batch *b, struct err *err)
{
	struct roster_news *n = arg;
	struct store_batch *to = rows_add(&n->batch, sizeof *to, err);

	if (!to)
		return err->code;
	*to = *b;
	return ERR_OK;
}

static enum err_code
on_hold(void *arg, const struct store_hold *h, struct err *err)
{
	struct roster_news *n = arg;
	struct hold_news *to;

	for (enum hold_reason reason = 0; reason < NHOLD_REASON; reason++) {
		if (!slice_eq(h->reason, slice_of(hold_reason_name(reason))))
			continue;
		to = rows_add(&n->hold, sizeof *to, err);
		if (!to)
			return err->code;
		to->reason = reason;
		to->note.on = true;
		to->note.since_unix_ms = h->since_unix_ms;
		put_text(to->note.message, sizeof to->note.message, h->message);
		put_text(to->scope, sizeof to->scope, h->scope);
	}
	return ERR_OK;
}

static enum err_code
on_pause(void *arg, struct slice scope, int64_t until_unix_ms, struct err *err)
{
	struct roster_news *n = arg;
	struct pause_news *to = rows_add(&n->pause, sizeof *to, err);

	if (!to)
		return err->code;
	to->until_unix_ms = until_unix_ms;
	put_text(to->scope, sizeof to->scope, scope);
	return ERR_OK;
}

static enum err_code
on_consent(void *arg, const struct store_consent *c, struct err *err)
{
	struct roster_news *n = arg;
	struct consent_news *to = rows_add(&n->consent, sizeof *to, err);

	if (!to)
		return err->code;
	to->state = consent_state_of(c->state);
	to->checked_unix_ms = c->checked_unix_ms;
	put_text(to->customer, sizeof to->customer, c->customer);
	return ERR_OK;
}

static enum err_code
on_link(void *arg, struct slice service, struct slice url, struct err *err)
{
	struct roster_news *n = arg;
	struct link_news *to;

	if (url.len >= sizeof to->url)
		return ERR_OK;
	to = rows_add(&n->link, sizeof *to, err);
	if (!to)
		return err->code;
	put_text(to->scope, sizeof to->scope, service);
	put_text(to->url, sizeof to->url, url);
	return ERR_OK;
}

static enum err_code
on_claims_due(void *arg, struct slice customer, int64_t ask_unix_ms, struct err *err)
{
	struct roster_news *n = arg;
	struct claims_news *to = rows_add(&n->claims, sizeof *to, err);

	if (!to)
		return err->code;
	to->ask_unix_ms = ask_unix_ms;
	put_text(to->customer, sizeof to->customer, customer);
	return ERR_OK;
}

/* One at a time for each customer: the store tells the oldest first. */
static enum err_code
on_supersede(void *arg, const struct store_supersede *u, struct err *err)
{
	struct roster_news *n = arg;
	struct supersede_news *to = n->supersede.item;

	for (size_t i = 0; i < n->supersede.n; i++) {
		if (slice_eq(u->customer, slice_of(to[i].customer)))
			return ERR_OK;
	}
	to = rows_add(&n->supersede, sizeof *to, err);
	if (!to)
		return err->code;
	to->old_device = u->old_device;
	put_text(to->customer, sizeof to->customer, u->customer);
	return ERR_OK;
}

enum err_code
roster_news_read(struct store *s, bool batches, struct roster_news **out, struct err *err)
{
	struct roster_news *n = calloc(1, sizeof *n);

	if (!n)
		return err_set(err, ERR_NOMEM, "customers");
	if (store_lanes(s, on_lane, n, err) || (batches && store_batches(s, 0, on_batch, n, err)) ||
	    store_holds(s, on_hold, n, err) || store_pauses(s, on_pause, n, err) ||
	    store_consents(s, on_consent, n, err) || store_links(s, on_link, n, err) ||
	    store_claims_due(s, on_claims_due, n, err) ||
	    store_supersedes(s, on_supersede, n, err)) {
		roster_news_free(n);
		return err->code;
	}
	*out = n;
	return ERR_OK;
}

void
roster_news_free(struct roster_news *n)
{
	if (!n)
		return;
	free(n->lane.item);
	free(n->batch.item);
	free(n->hold.item);
	free(n->pause.item);
	free(n->consent.item);
	free(n->link.item);
	free(n->claims.item);
	free(n->supersede.item);
	free(n);
}

const struct store_batch *
roster_news_batches(const struct roster_news *n, size_t *count)
{
	*count = n->batch.n;
	return n->batch.item;
}
