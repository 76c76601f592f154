/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "agent/engine/agent_self.h"
#include "agent/engine/connections.h"
#include "agent/engine/engine.h"
#include "agent/sending/dispatch.h"
#include "auth/token_request.h"
#include "auth/token_source.h"
#include "oem/oem_credential.h"

/* --- orders --- */

static void
on_changed(void *arg)
{
	struct agent *a = arg;

	if (a->engine)
		engine_refresh(a->engine);
}

enum err_code
agent_self_order(struct agent *a, const struct order_request *req, agent_done_fn *done, void *arg,
    struct err *err)
{
	const struct order_place place = {
		.writer = a->writer,
		.config = a->config,
		.clock = a->opt.clock,
		.arg = a,
		.changed = on_changed,
	};

	if (a->stopping)
		return err_set(err, ERR_CANCELLED, "the agent is stopping");
	if (a->next)
		return err_set(err, ERR_BUSY, "the agent is reading its configuration again");
	return order_give(&place, req, done, arg, err);
}

/* --- what people want of it --------------------------------------------------------------------------------- */

const struct config *
agent_config(const struct agent *a)
{
	return a->config;
}

struct login_desk *
agent_login_desk(const struct agent *a)
{
	return a->engine ? engine_login_desk(a->engine) : NULL;
}

struct store_async *
agent_reader(struct agent *a)
{
	return a->reader;
}

struct store_async *
agent_writer(struct agent *a)
{
	return a->writer;
}

/* NULL: there is none to ask now, and err says why. */
static struct engine *
engine_of(struct agent *a, struct err *err)
{
	if (a->stopping)
		(void)err_set(err, ERR_CANCELLED, "the agent is stopping");
	else if (a->next || !a->engine)
		(void)err_set(err, ERR_BUSY, "the agent is reading its configuration again");
	else
		return a->engine;
	return NULL;
}

enum err_code
agent_take_list(struct agent *a, const struct incoming_list *list, incoming_fn *done, void *arg,
    struct err *err)
{
	struct engine *e = engine_of(a, err);

	return e ? engine_take_list(e, list, done, arg, err) : err->code;
}

enum err_code
agent_take_unit(struct agent *a, struct slice text, const char *customer, unit_fn *done, void *arg,
    struct err *err)
{
	struct engine *e = engine_of(a, err);

	return e ? engine_take_unit(e, text, customer, done, arg, err) : err->code;
}

enum err_code
agent_flush(struct agent *a, const char *customer, struct err *err)
{
	struct engine *e = engine_of(a, err);

	return e ? engine_flush(e, customer, err) : err->code;
}

enum err_code
agent_retry(struct agent *a, const struct store_device_query *q, const char *actor,
    agent_done_fn *done, void *arg, struct err *err)
{
	return agent_self_order(a,
	    &(struct order_request){ .kind = ORDER_RETRY, .query = *q, .actor = actor }, done, arg,
	    err);
}

enum err_code
agent_release(struct agent *a, const struct store_device_query *q, const char *actor,
    agent_done_fn *done, void *arg, struct err *err)
{
	struct order_request req = { .kind = ORDER_RELEASE, .query = *q, .actor = actor };

	req.query.by_state = true;
	req.query.state = DEVICE_HELD;
	return agent_self_order(a, &req, done, arg, err);
}

static struct store_device_query
of_customer(const char *customer)
{
	return (struct store_device_query){ .customer = slice_of(customer ? customer : "") };
}

enum err_code
agent_pause(struct agent *a, const char *customer, const char *actor, agent_done_fn *done,
    void *arg, struct err *err)
{
	return agent_self_order(a,
	    &(struct order_request){
	        .kind = ORDER_PAUSE,
	        .query = of_customer(customer),
	        .actor = actor,
	    },
	    done, arg, err);
}

enum err_code
agent_resume(struct agent *a, const char *customer, const char *actor, agent_done_fn *done,
    void *arg, struct err *err)
{
	return agent_self_order(a,
	    &(struct order_request){
	        .kind = ORDER_RESUME,
	        .query = of_customer(customer),
	        .actor = actor,
	    },
	    done, arg, err);
}

enum err_code
agent_acknowledge_image(struct agent *a, const struct store_device_query *q, const char *actor,
    agent_done_fn *done, void *arg, struct err *err)
{
	return agent_self_order(a,
	    &(struct order_request){ .kind = ORDER_IMAGE, .query = *q, .actor = actor }, done, arg,
	    err);
}

enum err_code
agent_change_claim(struct agent *a, const struct agent_claim_change *change, const char *actor,
    agent_done_fn *done, void *arg, struct err *err)
{
	return agent_self_order(a,
	    &(struct order_request){
	        .kind = ORDER_CLAIM,
	        .query = { .serial = slice_of(change->serial),
	            .customer = slice_of(change->customer ? change->customer : "") },
	        .part = change->part,
	        .text = change->text,
	        .actor = actor,
	    },
	    done, arg, err);
}

enum err_code
agent_check_consent(struct agent *a, const char *customer, dispatch_consent_fn *done, void *arg,
    struct err *err)
{
	struct engine *e = engine_of(a, err);

	return e ? engine_check_consent(e, customer, done, arg, err) : err->code;
}

enum err_code
agent_link(struct agent *a, const char *customer, bool requested, dispatch_link_fn *done, void *arg,
    struct err *err)
{
	struct engine *e = engine_of(a, err);

	return e ? engine_link(e, customer, requested, done, arg, err) : err->code;
}

enum err_code
agent_discover(struct agent *a, discovery_fn *done, void *arg, struct err *err)
{
	struct engine *e = engine_of(a, err);

	return e ? engine_discover(e, done, arg, err) : err->code;
}

/* --- what it knows -------------------------------------------------------------------------------------------- */

void
agent_customer_status(const struct agent *a, size_t i, struct agent_customer_status *out)
{
	const struct party *p;
	const struct hold_note *h;
	enum hold_reason reason;

	memset(out, 0, sizeof *out);
	out->consent = consent_state_name(CONSENT_UNKNOWN);
	if (!a->engine || !engine_dispatch(a->engine))
		return;
	p = &dispatch_roster(engine_dispatch(a->engine))->party[i];
	h = roster_party_hold(p, &reason);
	out->consent = consent_state_name(p->consent);
	out->held_for = h ? hold_reason_name(reason) : NULL;
	out->held_message = h ? h->message : NULL;
	out->next_unix_ms = dispatch_next_unix_ms(engine_dispatch(a->engine), p);
	out->in_flight = p->jobs;
	out->paused_until_unix_ms = roster_party_pause(p);
}

struct meter *
agent_meter(struct agent *a)
{
	return &a->meter;
}

void
agent_work(const struct agent *a, struct agent_work *out)
{
	const struct roster *r;

	memset(out, 0, sizeof *out);
	out->customers = a->config->customers.n;
	if (!a->engine || !engine_dispatch(a->engine))
		return;
	r = dispatch_roster(engine_dispatch(a->engine));
	for (size_t i = 0; i < r->nparty; i++) {
		const struct party *p = &r->party[i];
		enum hold_reason reason;

		out->in_flight += p->jobs;
		for (size_t k = 0; k < p->nlane; k++)
			out->queued += p->lane[k].queued;
		if (roster_party_hold(p, &reason) && out->held++ == 0) {
			out->held_customer = p->customer->name;
			out->held_for = hold_reason_name(reason);
		}
	}
	if (out->queued > 0 || out->in_flight > 0)
		out->next_unix_ms = dispatch_wake_unix_ms(engine_dispatch(a->engine));
}

const char *
agent_pulse(struct agent *a)
{
	return pulse_beat(&a->pulse,
	    &(struct pulse_parts){
	        .writer = a->writer,
	        .reader = a->reader,
	        .http = a->http,
	        .dispatch = a->engine ? engine_dispatch(a->engine) : NULL,
	    });
}

void
agent_config_status(const struct agent *a, struct agent_config_status *out)
{
	*out = a->config_status;
	out->reading = a->next;
}

void
agent_partner_status(const struct agent *a, size_t i, struct agent_partner_status *out)
{
	const struct hold_note *held;
	struct token_source *tokens;

	*out = (struct agent_partner_status){ .token = "none", .message = "" };
	if (!a->engine || !engine_dispatch(a->engine))
		return;
	held =
	    &dispatch_roster(engine_dispatch(a->engine))->service[i].scope.hold[HOLD_CREDENTIALS];
	tokens = connections_tokens(engine_connections(a->engine), i);
	if (!tokens)
		return; /* an indirect reseller's */
	out->expires_unix_ms = token_source_expires_unix_ms(tokens);
	out->certificate_until_unix_s =
	    token_request_not_after_unix_s(token_source_request(tokens));
	out->signed_in = token_source_signed_in(tokens);
	if (held->on) {
		out->token = out->signed_in ? "refused" : "none";
		out->message = held->message;
	} else if (out->expires_unix_ms > clock_unix_ms(a->opt.clock)) {
		out->token = "valid";
	} else {
		out->message = token_source_failure(tokens);
	}
}

void
agent_oem_status(const struct agent *a, size_t i, struct agent_oem_status *out)
{
	const struct hold_note *held;
	int64_t until;

	*out = (struct agent_oem_status){ .credential = "valid", .message = "" };
	if (!a->engine || !engine_dispatch(a->engine))
		return;
	held = &dispatch_roster(engine_dispatch(a->engine))
	            ->service[a->config->partners.n + i]
	            .scope.hold[HOLD_CREDENTIALS];
	until = oem_credential_not_after_unix_s(
	    connections_credential(engine_connections(a->engine), i));
	out->certificate_until_unix_s = until;
	if (until > 0 && until * 1000 <= clock_unix_ms(a->opt.clock))
		out->credential = "expired";
	else if (held->on)
		out->credential = "refused";
	if (held->on)
		out->message = held->message;
}
