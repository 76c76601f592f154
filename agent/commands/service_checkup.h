/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "agent/commands/checkup.h"
#include "base/clock.h"
#include "base/err.h"
#include "channel/channel.h"
#include "config/config.h"
#include "http/http_call.h"

/*
 * Looks at the services one after the other, and changes nothing there: whether the name of each host
 * resolves, whether it answers and proves who it is, what its clock says, whether there is a token for
 * each partner, and what one harmless call of each service is answered.
 *
 * Thread: the loop's.
 */
struct service_checkup;
struct token_source;
struct uv_loop_s;

/* A host, which is asked for its root: nothing needs a right for that. */
struct service_host {
	const char *origin;         /* "https://api.partnercenter.microsoft.com" */
	const struct http_tls *tls; /* NULL: nothing special */
};

/* Who we are at a service. */
struct service_account {
	const char *subject; /* "partner/northwind" */
	struct token_source
	    *tokens; /* of a partner; NULL: a maker's, whose call needs no token first */
	struct channel *channel;
	struct channel_tenant tenant; /* of a maker's customer; id NULL: there is none */
};

/* All of it has to outlive the flow. */
struct service_checkup_options {
	struct uv_loop_s *loop;
	struct http_loop *http;
	const struct clock *clock;
	const struct service_host *host;
	size_t nhost;
	const struct service_account *account;
	size_t naccount;
	bool proxied; /* by whom names are resolved */
	bool call;    /* also one call of each service, after the token */
	struct checkup *out;
};

/*
 * If it returns ERR_OK done runs exactly once, later, on the loop thread, never inside start; otherwise
 * never. The object is gone then, and what was found stands in out. Errors: ERR_NOMEM.
 */
MUST_USE enum err_code service_checkup_start(const struct service_checkup_options *opt,
    void (*done)(void *arg), void *arg, struct err *err);
