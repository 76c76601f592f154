/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/key_care.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/sending/roster.h"
#include "agent/tools/log_event.h"
#include "auth/token_request.h"
#include "config/secret_reference.h"
#include "oem/oem_credential.h"
#include "store/store_async.h"

struct key_care {
	struct key_care_options opt;
	size_t busy; /* keys that are tried, and holds on their way */
	bool closing;
	void (*closed)(void *arg);
	void *closed_arg;
};

/* One key, while it is tried and while that is written down. */
struct trial {
	struct key_care *care;
	char scope[SCOPE_NAME_SIZE];
	char message[HOLD_MESSAGE_SIZE];
};

/* --- the end --- */

static void
close_if_idle(struct key_care *c)
{
	void (*closed)(void *arg) = c->closed;
	void *arg = c->closed_arg;

	if (!c->closing || c->busy > 0)
		return;
	free(c);
	closed(arg);
}

void
key_care_close(struct key_care *c, void (*closed)(void *arg), void *arg)
{
	c->closing = true;
	c->closed = closed;
	c->closed_arg = arg;
	close_if_idle(c);
}

static void
end_trial(struct trial *t)
{
	struct key_care *c = t->care;

	free(t);
	c->busy--;
	close_if_idle(c);
}

/* --- what comes of it --- */

static enum err_code
write_hold(struct store *s, void *arg, struct err *err)
{
	const struct trial *t = arg;

	return store_hold(s, slice_of(t->scope), slice_of(hold_reason_name(HOLD_CREDENTIALS)),
	    slice_of(t->message), err);
}

static void
on_held(void *arg, const struct err *err)
{
	struct trial *t = arg;
	struct key_care *c = t->care;

	if (err)
		log_event(LOG_STORE_FAILED, LOG_TEXT(SCOPE, t->scope), LOG_TEXT(ERROR, err->msg));
	else if (!c->closing)
		c->opt.on_lost(c->opt.arg);
	end_trial(t);
}

static void
on_tried(void *arg, struct secret **assertion, const struct err *failed)
{
	struct trial *t = arg;
	struct token_result r;
	struct err err;

	(void)assertion;
	if (!failed) {
		end_trial(t);
		return;
	}
	r = client_assertion_judge(failed);
	log_event(LOG_KEY_DOES_NOT_SIGN, LOG_TEXT(SCOPE, t->scope), LOG_TEXT(ERROR, failed->msg));
	(void)snprintf(t->message, sizeof t->message, "the private key: %s. %s", failed->msg,
	    r.advice);
	if (r.trouble != TOKEN_CREDENTIAL) {
		end_trial(t);
	} else if (store_async_start(t->care->opt.writer, write_hold, on_held, t, &err)) {
		log_event(LOG_NOT_STARTED, LOG_TEXT(WHAT, "a hold"), LOG_TEXT(SCOPE, t->scope),
		    LOG_TEXT(ERROR, err.msg));
		end_trial(t);
	}
}

/* --- the beginning --- */

/* A trial that does not begin is none that fails: the first request for a token tells. */
static void
try_key(struct key_care *c, const char *kind, const char *name, const struct secret_ref *key,
    const struct token_source *tokens)
{
	struct err err = { ERR_NOMEM, "out of memory" };
	struct assertion_signing *signing;
	struct trial *t;

	if (!secret_reference_is_outside(key))
		return;
	t = calloc(1, sizeof *t);
	if (t) {
		t->care = c;
		(void)snprintf(t->scope, sizeof t->scope, "%s/%s", kind, name);
	}
	if (!t ||
	    token_request_sign(token_source_request(tokens), clock_unix_s(c->opt.clock), on_tried,
	        t, &signing, &err)) {
		log_event(LOG_NOT_STARTED, LOG_TEXT(WHAT, "trying a private key"),
		    LOG_TEXT(ERROR, err.msg));
		free(t);
		return;
	}
	c->busy++;
}

enum err_code
key_care_open(const struct key_care_options *opt, struct key_care **out, struct err *err)
{
	const struct partner_list *partners = &opt->config->partners;
	const struct oem_list *oems = &opt->config->oems;
	struct key_care *c = calloc(1, sizeof *c);

	if (!c)
		return err_set(err, ERR_NOMEM, "keys");
	c->opt = *opt;
	for (size_t i = 0; i < partners->n; i++) {
		const struct partner *p = &partners->item[i];

		if (p->role != PARTNER_INDIRECT_RESELLER)
			try_key(c, "partner", p->name, &p->auth.proof.private_key,
			    connections_tokens(opt->connections, i));
	}
	for (size_t i = 0; i < oems->n; i++)
		try_key(c, "oem", oems->item[i].name, &oems->item[i].auth.private_key,
		    oem_credential_tokens(connections_credential(opt->connections, i)));
	*out = c;
	return ERR_OK;
}
