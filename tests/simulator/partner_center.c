/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulator/partner_center.h"

#include <string.h>
#include <strings.h>

#include "base/siphash.h"
#include "tests/simulator/forms.h"
#include "tests/simulator/guid_text.h"
#include "tests/simulator/must.h"

static bool
has_customer(const struct exchange *x)
{
	return x->arg[0] && operation_service(x->operation) == SERVICE_PARTNER_CENTER;
}

/* --- manners --- */

static void
note(struct simulator *sim, const struct exchange *x, const char *kind, const char *text)
{
	violations_add(&sim->violations, x->n, kind, "%s %s: %s", x->method, x->uri, text);
}

static uint64_t
digest(const struct exchange *x)
{
	static const uint8_t key[16] = { 0 };

	return siphash(key, x->method, strlen(x->method)) ^
	    siphash(key, x->uri, strlen(x->uri)) * 3 ^ siphash(key, x->body.ptr, x->body.len) * 5;
}

static void
judge_request_id(struct simulator *sim, const struct exchange *x)
{
	const char *id = exchange_header(x, "ms-requestid");
	uint64_t sent;

	if (!id) {
		note(sim, x, "request-id-missing", "no MS-RequestId");
		return;
	}
	if (!guid_text_is(slice_of(id)))
		note(sim, x, "request-id-malformed", "MS-RequestId is no GUID");
	sent = digest(x);
	if (!seen_ids_add(&sim->request_ids, id, sent) &&
	    seen_ids_meaning(&sim->request_ids, id, sent) != sent)
		note(sim, x, "request-id-reused", "MS-RequestId stood for another request");
}

static void
judge_manners(struct simulator *sim, const struct exchange *x)
{
	bool post = strcmp(x->method, "POST") == 0;

	judge_request_id(sim, x);
	pace_judge(sim, x, &sim->pace);
	if (x->customer)
		pace_judge(sim, x, &x->customer->pace);
	if (post && !exchange_header(x, "content-length"))
		note(sim, x, "content-length-missing", "a body without Content-Length");
	if (exchange_header(x, "expect"))
		note(sim, x, "expect-header", "Expect was sent");
}

void
partner_center_meet(struct simulator *sim, struct exchange *x)
{
	const char *authorization = exchange_header(x, "authorization");

	if (authorization && strncasecmp(authorization, "Bearer ", 7) == 0)
		x->token = issued_tokens_find_access(&sim->tokens, authorization + 7);
	if (has_customer(x) && guid_text_is(slice_of(x->arg[0])))
		x->customer = books_meet_customer(sim->books, sim->scenario, x->arg[0]);
	judge_manners(sim, x);
}

/* --- limits --- */

static void
tell_to_wait(struct simulator *sim, struct exchange *x, struct pace *pace, uint64_t retry_after_s,
    enum retry_form form)
{
	pace_tell(sim, pace, retry_after_s);
	forms_throttled(sim, x, retry_after_s, form);
}

void
partner_center_throttle(struct simulator *sim, struct exchange *x, uint64_t retry_after_s,
    enum retry_form form)
{
	tell_to_wait(sim, x, x->customer ? &x->customer->pace : &sim->pace, retry_after_s, form);
}

/* May one more request pass in this window? */
static bool
check_limit(struct simulator *sim, struct exchange *x)
{
	const struct throttle_plan *plan = &sim->scenario->throttle;
	bool shared = plan->per == THROTTLE_PER_PARTNER || !x->customer;
	struct pace *pace = shared ? &sim->pace : &x->customer->pace;

	if (pace_take(sim, pace))
		return true;
	tell_to_wait(sim, x, pace, plan->retry_after_s, RETRY_AS_SECONDS);
	return false;
}

/* --- token, customer, relationship --- */

static bool
refuse(struct simulator *sim, struct exchange *x, unsigned status, unsigned code, const char *text)
{
	forms_error(sim, x, status, code, text, "PartnerCenter", NULL);
	return false;
}

static bool
check_token(struct simulator *sim, struct exchange *x)
{
	const struct access_token *t = x->token;

	if (!exchange_header(x, "authorization"))
		return refuse(sim, x, 401, 800001, "Partner token is missing.");
	if (!t || t->revoked || t->expires_ms <= simulator_now_ms(sim)) {
		forms_bad_token(x);
		return false;
	}
	if (t->reseller)
		return refuse(sim, x, 403, 1002, "Access denied.");
	if (t->user && !t->mfa) {
		(void)refuse(sim, x, 401, 900421, "The token has no MFA claim.");
		exchange_set_header(x, "WWW-Authenticate", "Bearer error=\"invalid_token\"");
		return false;
	}
	if (!t->user &&
	    (x->operation == OPERATION_CREATE || x->operation == OPERATION_RELATIONSHIP))
		return refuse(sim, x, 403, 900329, "The resource does not accept app-only tokens.");
	return true;
}

static bool
check_relationship(struct simulator *sim, struct exchange *x)
{
	if (x->customer->relationship == RELATIONSHIP_RESELLER)
		return true;
	switch (x->customer->refusal) {
	case REFUSAL_NOT_FOUND:
		return refuse(sim, x, 404, 60003, "Tenant not found.");
	case REFUSAL_FORBIDDEN_EMPTY:
		forms_empty(sim, x, 403);
		return false;
	case REFUSAL_SHOWN:
		if (x->operation == OPERATION_CUSTOMER)
			return true;
		break;
	case REFUSAL_FORBIDDEN:
		break;
	}
	forms_error(sim, x, 403, 20002, "No relationship between caller and account.", "PartnerFD",
	    must_have(json_array()));
	return false;
}

/* --- what the client knows of consent --- */

static enum consent_word
read_answer(const struct exchange *x)
{
	if (x->refused)
		return CONSENT_TOLD_NO;
	if (x->operation != OPERATION_CUSTOMER || x->status != 200)
		return CONSENT_NEVER_TOLD;
	return x->customer->relationship == RELATIONSHIP_RESELLER ? CONSENT_TOLD_YES
	                                                          : CONSENT_TOLD_NO;
}

void
partner_center_judge_consent(struct simulator *sim, struct exchange *x)
{
	bool upload = x->operation == OPERATION_CREATE || x->operation == OPERATION_APPEND;

	consent_told_judge(sim, x, &x->customer->told, read_answer(x),
	    upload ? "upload-without-consent" : NULL);
}

bool
partner_center_admit(struct simulator *sim, struct exchange *x)
{
	if (!check_limit(sim, x) || !check_token(sim, x))
		return false;
	if (!has_customer(x))
		return true;
	if (!x->customer && !guid_text_is(slice_of(x->arg[0])))
		return refuse(sim, x, 400, 900118, "Invalid customer id.");
	if (!x->customer)
		return refuse(sim, x, 404, 60003, "Tenant not found.");
	x->refused = !check_relationship(sim, x);
	return !x->refused;
}

/* --- answers that several calls give --- */

void
partner_center_not_found(struct simulator *sim, struct exchange *x)
{
	forms_error(sim, x, 404, 1000, "Not found", "PartnerFD", must_have(json_array()));
}

void
partner_center_invalid(struct simulator *sim, struct exchange *x, const char *what)
{
	forms_error(sim, x, 400, 3000, "Invalid property", "PartnerApiServiceControllers",
	    must_have(json_pack("[s]", what)));
}
