/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/certificate_care.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

#include "agent/engine/expiry_warning.h"
#include "agent/sending/roster.h"
#include "agent/tools/log_event.h"
#include "base/rfc3339.h"
#include "oem/oem_credential.h"
#include "store/store_async.h"

enum { SLEEP_MAX_MS = 24 * 60 * 60 * 1000 }; /* the clock may be set meanwhile */

struct certificate_care {
	struct certificate_care_options opt;
	uv_timer_t timer;
	uint32_t *told_days; /* of each maker, the warning given last; 0: none yet */
	size_t busy;         /* notes under way */
	bool closing;
	void (*closed)(void *arg);
	void *closed_arg;
};

static void attend(struct certificate_care *c);

/* --- the end --- */

static void
on_timer_closed(uv_handle_t *handle)
{
	struct certificate_care *c = handle->data;
	void (*closed)(void *arg) = c->closed;
	void *arg = c->closed_arg;

	free(c->told_days);
	free(c);
	closed(arg);
}

static void
close_if_idle(struct certificate_care *c)
{
	if (c->closing && c->busy == 0)
		uv_close((uv_handle_t *)&c->timer, on_timer_closed);
}

void
certificate_care_close(struct certificate_care *c, void (*closed)(void *arg), void *arg)
{
	c->closing = true;
	c->closed = closed;
	c->closed_arg = arg;
	close_if_idle(c);
}

/* --- what the trail is told --- */

struct note {
	struct certificate_care *care;
	char scope[SCOPE_NAME_SIZE];
	char message[HOLD_MESSAGE_SIZE];
	bool known; /* the trail has it already */
};

static enum err_code
compare(void *arg, const struct store_event *e, struct err *err)
{
	struct note *n = arg;

	(void)err;
	n->known |= slice_eq(e->message, slice_of(n->message));
	return ERR_OK;
}

/* The text has the maker, the end and the days in it, so that the same text is the same warning. */
static enum err_code
write_note(struct store *s, void *arg, struct err *err)
{
	struct note *n = arg;
	const struct store_event e = {
		.kind = slice_of("certificate_expiring"),
		.actor = slice_of("agent"),
		.message = slice_of(n->message),
	};
	const struct store_event_query q = { .kind = e.kind };

	n->known = false; /* what fails in the store may be done again */
	if (store_events(s, &q, compare, n, err))
		return err->code;
	return n->known ? ERR_OK : store_event_add(s, &e, err);
}

static void
on_noted(void *arg, const struct err *err)
{
	struct note *n = arg;
	struct certificate_care *c = n->care;

	if (err)
		log_event(LOG_STORE_FAILED, LOG_TEXT(SCOPE, n->scope), LOG_TEXT(ERROR, err->msg));
	else if (!n->known)
		log_event(LOG_CERTIFICATE_ENDING, LOG_TEXT(SCOPE, n->scope),
		    LOG_TEXT(ERROR, n->message));
	free(n);
	c->busy--;
	close_if_idle(c);
}

static void
tell(struct certificate_care *c, const char *oem, int64_t end_unix_ms, uint32_t days)
{
	struct err err = { ERR_NOMEM, "out of memory" };
	struct note *n = calloc(1, sizeof *n);
	char when[RFC3339_SIZE];

	if (n) {
		n->care = c;
		(void)snprintf(n->scope, sizeof n->scope, "oem/%s", oem);
		(void)snprintf(n->message, sizeof n->message,
		    "the certificate for %s ends on %s, in %u days or less. Put a new one in its "
		    "place, and run 'autoreg reload'.",
		    n->scope, rfc3339_format(end_unix_ms, when), days);
		if (store_async_start(c->opt.writer, write_note, on_noted, n, &err) == ERR_OK) {
			c->busy++;
			return;
		}
	}
	log_event(LOG_NOT_STARTED, LOG_TEXT(WHAT, "a note that a certificate ends"),
	    LOG_TEXT(ERROR, err.msg));
	free(n);
}

/* --- when --- */

static void
on_timer(uv_timer_t *timer)
{
	attend(timer->data);
}

/* Tells what is due, and sleeps until something else is. */
static void
attend(struct certificate_care *c)
{
	const struct oem_list *oems = &c->opt.config->oems;
	int64_t now_ms = clock_unix_ms(c->opt.clock), wait = INT64_MAX;

	if (c->closing)
		return;
	for (size_t i = 0; i < oems->n; i++) {
		const struct oem_credential *k = connections_credential(c->opt.connections, i);
		int64_t end_ms = oem_credential_not_after_unix_s(k) * 1000;
		uint32_t days = end_ms ? expiry_warning_due(end_ms - now_ms) : 0;
		int64_t next = end_ms ? expiry_warning_wait_ms(end_ms - now_ms) : INT64_MAX;

		if (days > 0 && days != c->told_days[i])
			tell(c, oems->item[i].name, end_ms, days);
		c->told_days[i] = days;
		if (next < wait)
			wait = next;
	}
	if (wait < INT64_MAX)
		(void)uv_timer_start(&c->timer, on_timer,
		    (uint64_t)(wait < SLEEP_MAX_MS ? wait : SLEEP_MAX_MS), 0);
}

/* --- life --- */

enum err_code
certificate_care_open(const struct certificate_care_options *opt, struct certificate_care **out,
    struct err *err)
{
	struct certificate_care *c = calloc(1, sizeof *c);

	if (c)
		c->told_days = calloc(opt->config->oems.n + 1, sizeof *c->told_days);
	if (!c || !c->told_days) {
		free(c);
		return err_set(err, ERR_NOMEM, "certificates");
	}
	c->opt = *opt;
	(void)uv_timer_init(opt->loop, &c->timer);
	c->timer.data = c;
	attend(c);
	*out = c;
	return ERR_OK;
}
