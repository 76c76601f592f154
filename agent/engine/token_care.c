/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/token_care.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "agent/engine/expiry_warning.h"
#include "agent/engine/login_record.h"
#include "agent/sending/roster.h"
#include "agent/tools/log_event.h"
#include "auth/token_source.h"
#include "base/rfc3339.h"
#include "store/store_async.h"

enum {
	SLEEP_MAX_MS = 24 * 60 * 60 * 1000, /* the clock may be set meanwhile */
	AGAIN_MS = 60 * 60 * 1000,          /* after a renewal that failed, or the store */
	SPREAD_PARTS = 10,                  /* not all in the same minute: up to a tenth earlier */
};

/* A partner that people sign in for. */
struct ward {
	struct token_care *care;
	const char *name;
	struct token_source *source;
	uint64_t early_ms;     /* its part of the spread */
	int64_t used_unix_ms;  /* when the refresh token was made or used; 0: there is none */
	int64_t again_unix_ms; /* not before that; 0: whenever it is due */
	uint32_t warned_days;  /* 0: not yet */
	bool lost;             /* nothing but another sign-in helps */
	bool renewing;
};

struct token_care {
	struct token_care_options opt;
	uv_timer_t timer;
	struct ward *ward;
	size_t n;
	size_t busy; /* what is under way */
	bool looking;
	bool stale; /* what is being looked at has changed */
	bool closing;
	void (*closed)(void *arg);
	void *closed_arg;
};

static int64_t
now(const struct token_care *c)
{
	return clock_unix_ms(c->opt.clock);
}

static void attend(struct token_care *c);

/* --- the end --- */

static void
on_timer_closed(uv_handle_t *handle)
{
	struct token_care *c = handle->data;
	void (*closed)(void *arg) = c->closed;
	void *arg = c->closed_arg;

	free(c->ward);
	free(c);
	closed(arg);
}

static void
close_if_idle(struct token_care *c)
{
	if (c->closing && c->busy == 0 && !uv_is_closing((uv_handle_t *)&c->timer))
		uv_close((uv_handle_t *)&c->timer, on_timer_closed);
}

static void
end_one(struct token_care *c)
{
	c->busy--;
	close_if_idle(c);
}

/* --- what the store is told --- */

struct note {
	struct token_care *care;
	const char *partner;
	uint32_t days; /* 0: it is lost */
	char message[HOLD_MESSAGE_SIZE];
};

static enum err_code
write_note(struct store *s, void *arg, struct err *err)
{
	const struct note *n = arg;
	const struct login_record r = {
		.partner = n->partner,
		.actor = "agent",
		.message = n->message,
	};

	return n->days ? login_record_expiring(s, &r, n->days, err) : login_record_lost(s, &r, err);
}

static void
on_note(void *arg, const struct err *err)
{
	struct note *n = arg;
	struct token_care *c = n->care;
	bool lost = n->days == 0;

	if (err)
		log_event(LOG_STORE_FAILED, LOG_TEXT(PARTNER, n->partner),
		    LOG_TEXT(ERROR, err->msg));
	free(n);
	if (lost && !c->closing)
		c->opt.on_lost(c->opt.arg);
	end_one(c);
}

/* Takes n over; NULL: no memory. */
static void
take_note(struct token_care *c, struct note *n)
{
	struct err err = { ERR_NOMEM, "out of memory" };

	if (n && store_async_start(c->opt.writer, write_note, on_note, n, &err) == ERR_OK) {
		c->busy++;
		return;
	}
	log_event(LOG_NOT_STARTED, LOG_TEXT(WHAT, "a note on a sign-in"), LOG_TEXT(ERROR, err.msg));
	free(n);
}

static struct note *
new_note(const struct ward *w, uint32_t days)
{
	struct note *n = calloc(1, sizeof *n);

	if (!n)
		return NULL;
	n->care = w->care;
	n->partner = w->name;
	n->days = days;
	return n;
}

/* --- what is to be told --- */

/* Each warning once. */
static void
warn(struct ward *w)
{
	const struct token_care *c = w->care;
	int64_t end = w->used_unix_ms + (int64_t)c->opt.config->login.lifetime_ms;
	uint32_t days = expiry_warning_due(end - now(c));
	char when[RFC3339_SIZE];
	struct note *n;

	if (days == 0 || (w->warned_days > 0 && days >= w->warned_days))
		return;
	(void)rfc3339_format(end, when);
	w->warned_days = days;
	log_event(LOG_SIGN_IN_ENDING, LOG_TEXT(PARTNER, w->name), LOG_TEXT(ENDS, when));
	n = new_note(w, days);
	if (n)
		(void)snprintf(n->message, sizeof n->message,
		    "the sign-in ends on %s because it could not be renewed. Run 'autoreg login "
		    "%s', or mend what keeps it from that.",
		    when, w->name);
	take_note(w->care, n);
}

static void
lose(struct ward *w, const struct token_result *r, const struct err *err)
{
	struct note *n = new_note(w, 0);

	w->lost = true;
	log_event(LOG_SIGN_IN_LOST, LOG_TEXT(PARTNER, w->name), LOG_TEXT(ERROR, err->msg));
	if (n)
		(void)snprintf(n->message, sizeof n->message, "%s. %s Run 'autoreg login %s'.",
		    err->msg, r->advice, w->name);
	take_note(w->care, n);
}

/* --- what comes of requests for a token, whoever has made them --- */

static void
take_failure(struct ward *w, const struct token_result *r, const struct err *err)
{
	int64_t wait_ms = r->retry_after_ms > AGAIN_MS ? r->retry_after_ms : AGAIN_MS;

	w->again_unix_ms = now(w->care) + wait_ms;
	if (r->trouble == TOKEN_SIGN_IN && !w->lost)
		lose(w, r, err);
	if (w->lost)
		return;
	if (w->renewing)
		log_event(LOG_SIGN_IN_NOT_RENEWED, LOG_TEXT(PARTNER, w->name),
		    LOG_TEXT(ERROR, err->msg));
	warn(w);
}

static void
on_outcome(void *arg, const struct token_result *r, const struct err *err)
{
	struct ward *w = arg;

	if (r->access) {
		w->used_unix_ms = now(w->care);
		w->again_unix_ms = 0;
		w->warned_days = 0;
		w->lost = false;
	} else {
		take_failure(w, r, err);
	}
	w->renewing = false;
	attend(w->care);
}

static void
renew(struct ward *w)
{
	struct err err;

	w->renewing = token_source_renew(w->source, &err) == ERR_OK;
	if (w->renewing)
		return;
	log_event(LOG_NOT_STARTED, LOG_TEXT(WHAT, "renewing a sign-in"), LOG_TEXT(PARTNER, w->name),
	    LOG_TEXT(ERROR, err.msg));
	w->again_unix_ms = now(w->care) + AGAIN_MS;
}

/* --- when --- */

static int64_t
due_of(const struct ward *w)
{
	int64_t due =
	    w->used_unix_ms + (int64_t)(w->care->opt.config->login.renew_ms - w->early_ms);

	return due > w->again_unix_ms ? due : w->again_unix_ms;
}

static void
on_timer(uv_timer_t *timer)
{
	attend(timer->data);
}

/* Does what is due, and sleeps until something else is. */
static void
attend(struct token_care *c)
{
	int64_t least = INT64_MAX, wait;

	if (c->closing)
		return;
	for (size_t i = 0; i < c->n; i++) {
		struct ward *w = &c->ward[i];

		if (w->used_unix_ms == 0 || w->lost || w->renewing)
			continue;
		if (due_of(w) <= now(c))
			renew(w);
		if (!w->renewing && due_of(w) < least)
			least = due_of(w);
	}
	if (least == INT64_MAX) {
		(void)uv_timer_stop(&c->timer);
		return;
	}
	wait = least - now(c);
	(void)uv_timer_start(&c->timer, on_timer,
	    (uint64_t)(wait < SLEEP_MAX_MS ? wait : SLEEP_MAX_MS), 0);
}

/* --- looking --- */

struct look {
	struct token_care *care;
	struct {
		int64_t saved_unix_ms;
		uint32_t warned_days;
	} found[]; /* one for each ward */
};

static enum err_code
find(void *arg, const struct store_login *l, struct err *err)
{
	struct look *k = arg;

	(void)err;
	for (size_t i = 0; i < k->care->n; i++) {
		if (!slice_eq(l->partner, slice_of(k->care->ward[i].name)))
			continue;
		k->found[i].saved_unix_ms = l->saved_unix_ms;
		k->found[i].warned_days = l->warned_days;
	}
	return ERR_OK;
}

static enum err_code
look(struct store *s, void *arg, struct err *err)
{
	return store_logins(s, find, arg, err);
}

/* A token that was stored in the future was stored by another clock. */
static void
take_look(struct token_care *c, const struct look *k)
{
	for (size_t i = 0; i < c->n; i++) {
		struct ward *w = &c->ward[i];
		int64_t saved = k->found[i].saved_unix_ms;

		if (saved > w->used_unix_ms || saved == 0)
			w->used_unix_ms = saved < now(c) ? saved : now(c);
		w->warned_days = k->found[i].warned_days;
		w->again_unix_ms = 0;
		w->lost = false;
		w->renewing = false; /* what was under way is of other credentials */
	}
}

static void
on_looked(void *arg, const struct err *err)
{
	struct look *k = arg;
	struct token_care *c = k->care;

	c->looking = false;
	if (err)
		log_event(LOG_STORE_FAILED, LOG_TEXT(WHAT, "looking at sign-ins"),
		    LOG_TEXT(ERROR, err->msg));
	else
		take_look(c, k);
	free(k);
	if (c->stale && !c->closing)
		token_care_refresh(c);
	attend(c);
	end_one(c);
}

void
token_care_refresh(struct token_care *c)
{
	struct err err = { ERR_NOMEM, "out of memory" };
	struct look *k;

	c->stale = c->looking;
	if (c->looking || c->closing)
		return;
	k = calloc(1, sizeof *k + c->n * sizeof k->found[0]);
	if (k)
		k->care = c;
	if (!k || store_async_start(c->opt.writer, look, on_looked, k, &err)) {
		log_event(LOG_NOT_STARTED, LOG_TEXT(WHAT, "looking at sign-ins"),
		    LOG_TEXT(ERROR, err.msg));
		free(k);
		return;
	}
	c->looking = true;
	c->busy++;
}

/* --- life --- */

static void
watch(struct ward *w, bool on)
{
	token_source_watch(w->source, on ? on_outcome : NULL, w);
}

static enum err_code
meet(struct token_care *c, struct err *err)
{
	const struct partner_list *p = &c->opt.config->partners;

	for (size_t i = 0; i < p->n; i++) {
		struct ward *w = &c->ward[c->n];
		uint64_t chance;

		if (p->item[i].auth.method != PARTNER_REFRESH_TOKEN ||
		    p->item[i].role == PARTNER_INDIRECT_RESELLER)
			continue;
		if (random_u64(c->opt.random, &chance, err))
			return err->code;
		*w = (struct ward){
			.care = c,
			.name = p->item[i].name,
			.source = connections_tokens(c->opt.connections, i),
			.early_ms = chance % (c->opt.config->login.renew_ms / SPREAD_PARTS + 1),
		};
		c->n++;
	}
	return ERR_OK;
}

enum err_code
token_care_open(const struct token_care_options *opt, struct token_care **out, struct err *err)
{
	struct token_care *c = calloc(1, sizeof *c);

	if (c)
		c->ward = calloc(opt->config->partners.n + 1, sizeof *c->ward);
	if (!c || !c->ward) {
		free(c);
		return err_set(err, ERR_NOMEM, "sign-ins");
	}
	c->opt = *opt;
	if (meet(c, err)) {
		free(c->ward);
		free(c);
		return err->code;
	}
	for (size_t i = 0; i < c->n; i++)
		watch(&c->ward[i], true);
	(void)uv_timer_init(opt->loop, &c->timer);
	c->timer.data = c;
	token_care_refresh(c);
	*out = c;
	return ERR_OK;
}

void
token_care_close(struct token_care *c, void (*closed)(void *arg), void *arg)
{
	c->closing = true;
	c->closed = closed;
	c->closed_arg = arg;
	for (size_t i = 0; i < c->n; i++)
		watch(&c->ward[i], false);
	close_if_idle(c);
}
