/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulator/maker_service.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "tests/simulator/forms.h"
#include "tests/simulator/guid_text.h"
#include "tests/simulator/maker_access.h"
#include "tests/simulator/must.h"

/* --- answers --- */

static void
add_request_id(struct simulator *sim, struct exchange *x)
{
	char id[GUID_SIZE];

	chance_guid(&sim->ids, id);
	exchange_set_header(x, "X-Request-Id", id);
}

void
maker_service_answer(struct simulator *sim, struct exchange *x, unsigned status, json_t *doc)
{
	exchange_answer(x, status);
	add_request_id(sim, x);
	exchange_set_json(x, "application/json", must_have(doc));
}

bool
maker_service_refuse(struct simulator *sim, struct exchange *x, unsigned status, const char *code,
    const char *message)
{
	maker_service_answer(sim, x, status,
	    json_pack("{s:s, s:s}", "code", code, "message", message));
	return false;
}

void
maker_service_bad_token(struct simulator *sim, struct exchange *x)
{
	(void)maker_service_refuse(sim, x, 401, "Unauthorized", "The credential is not accepted.");
}

void
maker_service_throttle(struct simulator *sim, struct exchange *x, uint64_t retry_after_s,
    enum retry_form form)
{
	pace_tell(sim, &sim->maker_pace, retry_after_s);
	(void)maker_service_refuse(sim, x, 429, "TooManyRequests", "Too many requests.");
	forms_retry_after(sim, x, retry_after_s, form);
}

/* --- what all calls have in common --- */

static void
note(struct simulator *sim, const struct exchange *x, const char *kind, const char *text)
{
	violations_add(&sim->violations, x->n, kind, "%s %s: %s", x->method, x->uri, text);
}

void
maker_service_meet(struct simulator *sim, struct exchange *x)
{
	bool post = strcmp(x->method, "POST") == 0;

	pace_judge(sim, x, &sim->maker_pace);
	maker_access_meet(sim, x);
	if (post && !exchange_header(x, "content-length"))
		note(sim, x, "content-length-missing", "a body without Content-Length");
	if (exchange_header(x, "expect"))
		note(sim, x, "expect-header", "Expect was sent");
}

static bool
check_type(struct simulator *sim, struct exchange *x)
{
	const char *type = exchange_header(x, "content-type");

	if (strcmp(x->method, "POST") != 0 ||
	    (type && slice_starts_nocase(slice_of(type), slice_of("application/json"))))
		return true;
	note(sim, x, "content-type", "a body that is not JSON");
	return maker_service_refuse(sim, x, 415, "801", "The body is not declared as JSON.");
}

bool
maker_service_admit(struct simulator *sim, struct exchange *x)
{
	if (!pace_take(sim, &sim->maker_pace)) {
		maker_service_throttle(sim, x, sim->scenario->throttle.retry_after_s,
		    RETRY_AS_SECONDS);
		return false;
	}
	if (x->operation == OPERATION_MAKER_TOKEN)
		return true;
	return maker_access_admit(sim, x) && check_type(sim, x);
}

static enum consent_word
read_answer(const struct exchange *x)
{
	if (x->refused)
		return CONSENT_TOLD_NO;
	if (x->operation != OPERATION_VALIDATE || x->status != 200)
		return CONSENT_NEVER_TOLD;
	return x->customer->maker_consent == MAKER_CONSENT_GRANTED ? CONSENT_TOLD_YES
	                                                           : CONSENT_TOLD_NO;
}

void
maker_service_judge_consent(struct simulator *sim, struct exchange *x)
{
	consent_told_judge(sim, x, &x->customer->maker_told, read_answer(x),
	    x->operation == OPERATION_REGISTER ? "registered-without-consent" : NULL);
}

/* --- what was sent --- */

static bool
is_known(const char *name, const char *const *known)
{
	while (*known && strcmp(*known, name) != 0)
		known++;
	return *known;
}

/* What the hash of a device is called everywhere; and what its 4 kB begin with in base64. */
static bool
is_hash(const char *name, const json_t *value)
{
	const char *text = json_string_value(value);

	return strcasestr(name, "hash") || strcasestr(name, "hardwareData") ||
	    (text && strncmp(text, "T0", 2) == 0 && strlen(text) > 512);
}

bool
maker_service_check_members(struct simulator *sim, struct exchange *x, json_t *object,
    const char *const *texts, const char *list)
{
	const char *name;
	json_t *value;
	char text[80];

	if (!json_is_object(object))
		return maker_service_refuse(sim, x, 400, "801", "An object is expected.");
	json_object_foreach(object, name, value)
	{
		bool known = is_known(name, texts);

		if ((known && json_is_string(value) && !is_hash(name, value)) ||
		    (list && strcmp(list, name) == 0))
			continue;
		if (is_hash(name, value))
			note(sim, x, "hash-on-the-wire", name);
		else
			note(sim, x, known ? "member-type" : "unknown-member", name);
		(void)snprintf(text, sizeof text, "%.60s is not expected.", name);
		return maker_service_refuse(sim, x, 400, "801", text);
	}
	return true;
}

static bool
find_customer(struct simulator *sim, struct exchange *x, const char *tenant, const char *domain)
{
	struct customer *c;

	if (!guid_text_is(slice_of(tenant)))
		return maker_service_refuse(sim, x, 400, "801", "tenantId is no GUID.");
	c = books_meet_customer(sim->books, sim->scenario, tenant);
	if (!c)
		return maker_service_refuse(sim, x, 404, "TenantUnknown", "No such tenant.");
	if (sim->scenario->customers && strcasecmp(c->domain, domain) != 0)
		return maker_service_refuse(sim, x, 409, "TenantMismatch",
		    "The domain is not the tenant's.");
	x->customer = c;
	return true;
}

bool
maker_service_read_tenant(struct simulator *sim, struct exchange *x, bool *blank)
{
	const char *tenant = exchange_field(x->content, "tenantId");
	const char *domain = exchange_field(x->content, "tenantDomain");

	if (!tenant || !domain)
		return maker_service_refuse(sim, x, 400, "801",
		    "tenantId and tenantDomain are needed.");
	*blank = tenant[0] == '\0' && domain[0] == '\0';
	if (*blank)
		return true;
	if (tenant[0] == '\0' || domain[0] == '\0') {
		note(sim, x, "blank-tenant", "one of tenant id and domain is empty");
		return maker_service_refuse(sim, x, 400, "801",
		    "tenantId and tenantDomain are empty together only.");
	}
	return find_customer(sim, x, tenant, domain);
}

/* --- consent --- */

void
maker_service_validate(struct simulator *sim, struct exchange *x)
{
	static const char *const known[] = { "tenantId", "tenantDomain", NULL };
	bool blank;

	if (!maker_service_check_members(sim, x, x->content, known, NULL) ||
	    !maker_service_read_tenant(sim, x, &blank))
		return;
	if (blank) {
		note(sim, x, "blank-tenant", "consent of nobody");
		(void)maker_service_refuse(sim, x, 400, "801", "Whose consent?");
		return;
	}
	maker_service_answer(sim, x, 200,
	    json_pack("{s:s, s:o}", "consent", scenario_consent_words()[x->customer->maker_consent],
	        "checkedAt", must_have(forms_time(sim, simulator_now_ms(sim)))));
}
