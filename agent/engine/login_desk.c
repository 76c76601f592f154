/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/login_desk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/engine/login_record.h"
#include "agent/tools/log_event.h"
#include "store/store_async.h"

enum { JOINED_MAX = 16, ACTOR_SIZE = 32 };

/* A partner, and those who want to see its code. */
struct seat {
	struct login_desk *desk;
	const struct partner *partner;
	struct sign_in *sign_in; /* NULL: none is under way */
	struct sign_in_news news;
	struct {
		login_desk_fn *shown;
		void *arg;
	} joined[JOINED_MAX];
	size_t njoined;
};

struct login_desk {
	struct login_desk_options opt;
	struct seat *seat; /* one for each partner of the configuration, in its order */
	size_t n;
	size_t busy; /* what is under way */
	bool closing;
	void (*closed)(void *arg);
	void *closed_arg;
};

/* --- life --- */

enum err_code
login_desk_new(const struct login_desk_options *opt, struct login_desk **out, struct err *err)
{
	struct login_desk *d = calloc(1, sizeof *d);
	size_t n = opt->config->partners.n;

	if (d)
		d->seat = calloc(n + 1, sizeof *d->seat);
	if (!d || !d->seat) {
		free(d);
		return err_set(err, ERR_NOMEM, "sign-ins");
	}
	d->opt = *opt;
	d->n = n;
	for (size_t i = 0; i < n; i++)
		d->seat[i] = (struct seat){
			.desk = d,
			.partner = &opt->config->partners.item[i],
			.news = { .advice = "" },
		};
	*out = d;
	return ERR_OK;
}

static void
close_if_idle(struct login_desk *d)
{
	void (*closed)(void *arg) = d->closed;
	void *arg = d->closed_arg;

	if (!d->closing || d->busy > 0)
		return;
	free(d->seat);
	free(d);
	closed(arg);
}

void
login_desk_close(struct login_desk *d, void (*closed)(void *arg), void *arg)
{
	d->closing = true;
	d->closed = closed;
	d->closed_arg = arg;
	for (size_t i = 0; i < d->n; i++) {
		if (d->seat[i].sign_in)
			sign_in_cancel(d->seat[i].sign_in);
	}
	close_if_idle(d);
}

/* The last thing that is done in a callback: the desk may be gone afterwards. */
static void
end_one(struct login_desk *d)
{
	d->busy--;
	if (!d->closing)
		d->opt.on_change(d->opt.arg);
	close_if_idle(d);
}

/* --- who is meant --- */

enum err_code
login_desk_check(const struct partner *p, struct err *err)
{
	if (p->role == PARTNER_INDIRECT_RESELLER)
		return err_set(err, ERR_USAGE,
		    "nobody signs in for partner %s: indirect resellers have no API", p->name);
	if (p->auth.method == PARTNER_REFRESH_TOKEN)
		return ERR_OK;
	return err_set(err, ERR_USAGE,
	    "nobody signs in for partner %s: with auth.method client_credentials the application "
	    "proves itself by its own secret",
	    p->name);
}

static enum err_code
find_seat(const struct login_desk *d, const char *partner, struct seat **out, struct err *err)
{
	for (size_t i = 0; i < d->n; i++) {
		if (strcmp(d->seat[i].partner->name, partner) != 0)
			continue;
		if (login_desk_check(d->seat[i].partner, err))
			return err->code;
		*out = &d->seat[i];
		return ERR_OK;
	}
	return err_set(err, ERR_NOT_FOUND, "the configuration has no partner %.64s", partner);
}

/* In the configuration. */
static size_t
place_of(const struct seat *seat)
{
	return (size_t)(seat - seat->desk->seat);
}

static struct token_source *
tokens_of(const struct seat *seat)
{
	return connections_tokens(seat->desk->opt.connections, place_of(seat));
}

/* The tenant of one that this partner has; NULL: there is none. */
static const char *
some_customer(const struct seat *seat)
{
	const struct customer_list *c = &seat->desk->opt.config->customers;

	for (size_t i = 0; i < c->n; i++) {
		const struct customer *k = &c->item[i];

		if (k->via.kind == VIA_PARTNER && strcmp(k->via.name, seat->partner->name) == 0)
			return k->tenant;
	}
	return NULL;
}

/* --- signing in --- */

static void
on_shown(void *arg)
{
	struct seat *seat = arg;
	size_t n = seat->njoined;

	seat->njoined = 0;
	for (size_t i = 0; i < n; i++)
		seat->joined[i].shown(seat->joined[i].arg, &seat->news);
}

static void
log_news(const struct seat *seat)
{
	const struct sign_in_news *n = &seat->news;

	if (n->state == SIGN_IN_DONE)
		log_event(LOG_SIGNED_IN, LOG_TEXT(PARTNER, seat->partner->name),
		    LOG_TEXT(ACCOUNT, n->who.account));
	else
		log_event(LOG_NOT_SIGNED_IN, LOG_TEXT(PARTNER, seat->partner->name),
		    LOG_TEXT(ERROR, n->message));
}

static void
on_signed_in(void *arg)
{
	struct seat *seat = arg;

	seat->sign_in = NULL;
	log_news(seat);
	on_shown(seat); /* those who have not even seen a code */
	end_one(seat->desk);
}

static enum err_code
start(struct seat *seat, const char *actor, struct err *err)
{
	const struct login_desk *d = seat->desk;
	const struct sign_in_options opt = {
		.loop = d->opt.loop,
		.http = d->opt.http,
		.clock = d->opt.clock,
		.writer = d->opt.writer,
		.partner = seat->partner,
		.tokens = tokens_of(seat),
		.channel = connections_channels(d->opt.connections)[seat - d->seat],
		.customer = some_customer(seat),
		.actor = actor,
		.news = &seat->news,
		.arg = seat,
		.shown = on_shown,
		.done = on_signed_in,
	};

	if (sign_in_start(&opt, &seat->sign_in, err))
		return err->code;
	seat->desk->busy++;
	return ERR_OK;
}

enum err_code
login_desk_sign_in(struct login_desk *d, const char *partner, const char *actor,
    login_desk_fn *shown, void *arg, struct err *err)
{
	struct seat *seat;

	if (d->closing)
		return err_set(err, ERR_CANCELLED, "the agent is stopping");
	if (find_seat(d, partner, &seat, err))
		return err->code;
	if (seat->sign_in && seat->news.state != SIGN_IN_ASKING)
		return err_set(err, ERR_EXISTS, "somebody is signing in for %s already", partner);
	if (seat->njoined == JOINED_MAX)
		return err_set(err, ERR_LIMIT, "%d wait for the code already", JOINED_MAX);
	if (!seat->sign_in && start(seat, actor, err))
		return err->code;
	seat->joined[seat->njoined].shown = shown;
	seat->joined[seat->njoined].arg = arg;
	seat->njoined++;
	return ERR_OK;
}

enum err_code
login_desk_news(const struct login_desk *d, const char *partner, const struct sign_in_news **out,
    struct err *err)
{
	struct seat *seat;

	if (find_seat(d, partner, &seat, err))
		return err->code;
	*out = &seat->news;
	return ERR_OK;
}

/* --- signing out --- */

struct sign_out {
	struct seat *seat;
	char actor[ACTOR_SIZE];
	login_desk_done_fn *done;
	void *arg;
};

static enum err_code
forget(struct store *s, void *arg, struct err *err)
{
	const struct sign_out *o = arg;
	const struct login_record r = {
		.partner = o->seat->partner->name,
		.actor = o->actor,
		.message = "signed out; the tokens are gone",
	};

	if (connections_forget_seed(o->seat->desk->opt.connections, place_of(o->seat), s, err))
		return err->code;
	return login_record_forgotten(s, &r, err);
}

static void
on_forgotten(void *arg, const struct err *err)
{
	struct sign_out o = *(struct sign_out *)arg;

	free(arg);
	o.done(o.arg, err);
	end_one(o.seat->desk);
}

/* Whatever the source still saves it has begun before, and so it is forgotten with the rest. */
enum err_code
login_desk_sign_out(struct login_desk *d, const char *partner, const char *actor,
    login_desk_done_fn *done, void *arg, struct err *err)
{
	struct sign_out *o;
	struct seat *seat;

	if (d->closing)
		return err_set(err, ERR_CANCELLED, "the agent is stopping");
	if (find_seat(d, partner, &seat, err))
		return err->code;
	if (seat->sign_in)
		return err_set(err, ERR_BUSY, "somebody is signing in for %s just now", partner);
	o = malloc(sizeof *o);
	if (!o)
		return err_set(err, ERR_NOMEM, "sign-out");
	*o = (struct sign_out){ .seat = seat, .done = done, .arg = arg };
	(void)snprintf(o->actor, sizeof o->actor, "%s", actor);
	if (store_async_start(d->opt.writer, forget, on_forgotten, o, err)) {
		free(o);
		return err->code;
	}
	token_source_forget(tokens_of(seat));
	seat->news = (struct sign_in_news){ .advice = "" };
	d->busy++;
	return ERR_OK;
}
