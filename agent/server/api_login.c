/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server/api_login.h"

#include <stdlib.h>

#include "agent/engine/login_desk.h"
#include "agent/server/api.h"
#include "agent/server/api_order.h"
#include "agent/server/login_json.h"
#include "agent/tools/log_event.h"

enum { HTTP_OK = 200, HTTP_ACCEPTED = 202 };

/* The third part of the path. */
static const char *
partner_of(const struct http_exchange *x)
{
	return http_exchange_segment(x, 2);
}

/* NULL: there is none now, and the exchange has its answer. Over TCP nobody orders anything. */
static struct login_desk *
desk_of(const struct api *api, struct http_exchange *x)
{
	struct login_desk *d = agent_login_desk(api_agent(api));

	if (!d)
		http_exchange_fail(x,
		    &(struct err){ ERR_BUSY,
		        "the agent is stopping or reading its configuration again" });
	return d;
}

static const char *
note(const struct http_exchange *x, const char *what, char actor[API_ACTOR_SIZE])
{
	log_event(LOG_ORDER, LOG_TEXT(ORDER, what), LOG_TEXT(PARTNER, partner_of(x)),
	    LOG_TEXT(ACTOR, api_order_actor(x, actor)));
	return actor;
}

static void
answer(const struct api *api, struct http_exchange *x, unsigned status,
    const struct sign_in_news *news)
{
	http_exchange_json(x, status,
	    login_json(partner_of(x), news, agent_config(api_agent(api))->login.lifetime_ms));
}

/* One who waits for the code. */
struct beginning {
	const struct api *api;
	struct http_exchange *x;
};

static void
on_shown(void *arg, const struct sign_in_news *news)
{
	struct beginning b = *(struct beginning *)arg;

	free(arg);
	answer(b.api, b.x, HTTP_ACCEPTED, news);
}

/* Whoever comes later is shown the same code. */
static enum err_code
show_again(const struct api *api, struct http_exchange *x, const struct login_desk *d,
    struct err *err)
{
	const struct sign_in_news *news;

	if (login_desk_news(d, partner_of(x), &news, err))
		return err->code;
	answer(api, x, HTTP_ACCEPTED, news);
	return ERR_OK;
}

void
api_login_begin(void *arg, struct http_exchange *x)
{
	struct login_desk *d = desk_of(arg, x);
	struct beginning *b;
	char actor[API_ACTOR_SIZE];
	struct err err;
	enum err_code rc;

	if (!d)
		return;
	b = malloc(sizeof *b);
	if (!b) {
		http_exchange_fail(x, &(struct err){ ERR_NOMEM, "out of memory" });
		return;
	}
	*b = (struct beginning){ arg, x };
	rc = login_desk_sign_in(d, partner_of(x), note(x, "login", actor), on_shown, b, &err);
	if (rc == ERR_OK)
		return;
	free(b);
	if (rc == ERR_EXISTS)
		rc = show_again(arg, x, d, &err);
	if (rc)
		http_exchange_fail(x, &err);
}

void
api_login_look(void *arg, struct http_exchange *x)
{
	const struct login_desk *d = desk_of(arg, x);
	const struct sign_in_news *news;
	struct err err;

	if (!d)
		return;
	if (login_desk_news(d, partner_of(x), &news, &err))
		http_exchange_fail(x, &err);
	else
		answer(arg, x, HTTP_OK, news);
}

static void
on_signed_out(void *arg, const struct err *err)
{
	struct http_exchange *x = arg;

	if (err)
		http_exchange_fail(x, err);
	else
		http_exchange_json(x, HTTP_OK,
		    json_pack("{s:s, s:b}", "partner", partner_of(x), "signed_in", 0));
}

void
api_login_end(void *arg, struct http_exchange *x)
{
	struct login_desk *d = desk_of(arg, x);
	char actor[API_ACTOR_SIZE];
	struct err err;

	if (d &&
	    login_desk_sign_out(d, partner_of(x), note(x, "logout", actor), on_signed_out, x, &err))
		http_exchange_fail(x, &err);
}
