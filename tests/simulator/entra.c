/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulator/entra.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tests/simulator/assertion.h"
#include "tests/simulator/entra_refusal.h"
#include "tests/simulator/json_make.h"
#include "tests/simulator/must.h"
#include "tests/simulator/seen_ids.h"
#include "tests/simulator/token_text.h"

#define PARTNER_CENTER "https://api.partnercenter.microsoft.com"
#define CODE_PAGE "https://microsoft.com/devicelogin"
#define DEVICE_CODE_GRANT "urn:ietf:params:oauth:grant-type:device_code"
#define ASSERTION_TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

enum {
	AADSTS_BLOCKED = 53003,
	AADSTS_CODE_USED = 54005,
	AADSTS_BAD_GRANT = 70000,
	AADSTS_CREDENTIAL_REJECTED = 70002,
	AADSTS_GRANT_UNSUPPORTED = 70003,
	AADSTS_BAD_SCOPE = 70011,
	AADSTS_PENDING = 70016,
	AADSTS_BAD_CODE = 70018,
	AADSTS_CODE_EXPIRED = 70019,
	AADSTS_TENANT_UNKNOWN = 90002,
	AADSTS_TENANT_THROTTLED = 90055,
	AADSTS_RESOURCE_UNKNOWN = 500011,
	AADSTS_APP_UNKNOWN = 700016,
	AADSTS_SECRET_UNWANTED = 700025,
	AADSTS_LAPSED = 700082,
	AADSTS_PARAMETER_MISSING = 900144,
	AADSTS_RESOURCE_ON_V2 = 901002,
	AADSTS_APP_SCOPE = 1002012,
	AADSTS_SECRET_WRONG = 7000215,
	AADSTS_SECRET_MISSING = 7000218,
};

/* A request for tokens, as far as it is understood. */
struct request {
	struct simulator *sim;
	struct exchange *x;
	bool v1;
	bool app_only;
	bool by_code; /* of a sign-in */
	bool offline; /* a refresh token is wanted */
	bool openid;
	const struct app *app; /* NULL: any would do */
	const char *client_id;
	const char *target; /* the resource, or the scope without what is not of the resource */
	struct refresh_token *refresh;
	struct sign_in *sign_in; /* whose code it comes with */
};

/* --- refusals --- */

static int64_t
now_unix_s(const struct simulator *sim)
{
	return simulator_unix_ms(sim, simulator_now_ms(sim)) / 1000;
}

static bool
refuse(const struct request *r, unsigned code)
{
	entra_refusal(r->sim, r->x, code, NULL);
	return false;
}

/* The field's text; NULL, and the request is refused, if it is not there. */
static const char *
require(const struct request *r, const char *name)
{
	const char *value = exchange_field(r->x->content, name);
	char text[128];

	if (value && value[0] != '\0')
		return value;
	(void)snprintf(text, sizeof text,
	    "The request body must contain the following parameter: '%s'.", name);
	entra_refusal(r->sim, r->x, AADSTS_PARAMETER_MISSING, text);
	return NULL;
}

/* --- who asks --- */

/* A content that is no form has no fields, and so the first one is missing. */
static void
read_form(struct request *r)
{
	const char *type = exchange_header(r->x, "content-type");

	if (!type ||
	    !slice_starts_nocase(slice_of(type), slice_of("application/x-www-form-urlencoded"))) {
		json_decref(r->x->content);
		r->x->content = NULL;
	}
}

static bool
check_form(struct request *r)
{
	const char *grant;

	read_form(r);
	grant = require(r, "grant_type");
	if (!grant)
		return false;
	r->app_only = strcmp(grant, "client_credentials") == 0;
	r->by_code = !r->v1 && strcmp(grant, DEVICE_CODE_GRANT) == 0;
	if (!r->app_only && !r->by_code && strcmp(grant, "refresh_token") != 0)
		return refuse(r, AADSTS_GRANT_UNSUPPORTED);
	return true;
}

static bool
check_client(struct request *r)
{
	const struct scenario *s = r->sim->scenario;
	bool tenant_known = false;

	r->client_id = require(r, "client_id");
	if (!r->client_id)
		return false;
	if (!s->apps)
		return true;
	for (const struct app *a = s->apps; a; a = a->next) {
		if (strcasecmp(a->tenant, r->x->arg[0]) != 0)
			continue;
		tenant_known = true;
		if (strcasecmp(a->client_id, r->client_id) != 0)
			continue;
		r->app = a;
		return true;
	}
	return refuse(r, tenant_known ? AADSTS_APP_UNKNOWN : AADSTS_TENANT_UNKNOWN);
}

static void
own_address(const struct request *r, char *out, size_t size, struct slice path)
{
	const char *host = exchange_header(r->x, "host");

	(void)snprintf(out, size, "%s://%.200s" SLICE_FMT, r->sim->tls ? "https" : "http",
	    host ? host : "", SLICE_ARG(slice_head(path, 200)));
}

static bool
check_assertion(struct request *r, const char *jwt)
{
	char endpoint[512];
	char id[ASSERTION_ID_BYTES];
	struct assertion_rules rules = {
		.certificate = r->app ? r->app->certificate : NULL,
		.client_id = r->client_id,
		.audience = endpoint,
		.now_unix_s = now_unix_s(r->sim),
	};
	const char *why;
	unsigned code;

	own_address(r, endpoint, sizeof endpoint, exchange_path(r->x));
	code = assertion_check(jwt, &rules, id, &why);
	if (code == 0 && !seen_ids_add(&r->sim->assertions, id, 0)) {
		why = "the assertion was used before";
		code = AADSTS_CREDENTIAL_REJECTED;
	}
	if (code == 0)
		return true;
	entra_refusal(r->sim, r->x, code, why);
	return false;
}

static bool
check_credential(struct request *r)
{
	const char *secret = exchange_field(r->x->content, "client_secret");
	const char *jwt = exchange_field(r->x->content, "client_assertion");
	const char *type = exchange_field(r->x->content, "client_assertion_type");

	if (r->by_code && r->app && r->app->public_client == PUBLIC_CLIENT_TRUE && (jwt || secret))
		return refuse(r, AADSTS_SECRET_UNWANTED);
	if (r->by_code && !jwt && !secret &&
	    !(r->app && r->app->public_client == PUBLIC_CLIENT_FALSE))
		return true;
	if (jwt) {
		if (!type || strcmp(type, ASSERTION_TYPE) != 0)
			return refuse(r, AADSTS_CREDENTIAL_REJECTED);
		return check_assertion(r, jwt);
	}
	if (!secret || secret[0] == '\0')
		return refuse(r, AADSTS_SECRET_MISSING);
	if (r->app && (!r->app->secret || strcmp(r->app->secret, secret) != 0))
		return refuse(r, AADSTS_SECRET_WRONG);
	return true;
}

/* --- what for --- */

static bool
is_audience(const struct request *r, struct slice text)
{
	char own[256];

	if (r->sim->scenario->audience)
		return slice_eq(text, slice_of(r->sim->scenario->audience));
	own_address(r, own, sizeof own, slice_of(""));
	return slice_eq(text, slice_of(PARTNER_CENTER)) || slice_eq(text, slice_of(own));
}

/* One word of a scope that names a permission of the resource. */
static bool
check_permission(const struct request *r, struct slice word)
{
	static const char user[] = "/user_impersonation";
	static const char all[] = "/.default";
	size_t n = 0;

	for (size_t i = 0; i < word.len; i++)
		n = word.ptr[i] == '/' ? i : n;
	if (!is_audience(r, slice_head(word, n)))
		return refuse(r, AADSTS_RESOURCE_UNKNOWN);
	if (slice_eq(slice_from(word, n), slice_of(all)))
		return true;
	if (r->app_only)
		return refuse(r, AADSTS_APP_SCOPE);
	if (!slice_eq(slice_from(word, n), slice_of(user)))
		return refuse(r, AADSTS_BAD_SCOPE);
	return true;
}

static bool
check_scope(struct request *r)
{
	const char *scope;
	size_t permissions = 0;

	if (exchange_field(r->x->content, "resource"))
		return refuse(r, AADSTS_RESOURCE_ON_V2);
	scope = require(r, "scope");
	if (!scope)
		return false;
	for (struct slice rest = slice_of(scope); rest.len > 0;) {
		struct slice word = slice_head(rest, strcspn(rest.ptr, " "));

		rest = slice_from(rest, word.len + (word.len < rest.len));
		if (slice_eq(word, slice_of("offline_access"))) {
			r->offline = true;
		} else if (slice_eq(word, slice_of("openid"))) {
			r->openid = true;
		} else if (slice_eq(word, slice_of("profile")) && !r->app_only) {
			continue; /* the identity token tells who it is, asked or not */
		} else if (word.len > 0) {
			if (!check_permission(r, word))
				return false;
			r->target = word.ptr;
			permissions++;
		}
	}
	if (permissions != 1 || (r->app_only && (r->offline || r->openid)))
		return refuse(r, AADSTS_BAD_SCOPE);
	return true;
}

static bool
check_resource(struct request *r)
{
	const char *scope = exchange_field(r->x->content, "scope");

	r->openid = scope && strcmp(scope, "openid") == 0 && !r->app_only;
	r->target = require(r, "resource");
	if (!r->target)
		return false;
	return is_audience(r, slice_of(r->target)) || refuse(r, AADSTS_RESOURCE_UNKNOWN);
}

/* A code stands for what was asked for when it was given out. */
static bool
check_target(struct request *r)
{
	if (r->by_code)
		return true;
	return r->v1 ? check_resource(r) : check_scope(r);
}

/* --- by what right --- */

/* The token of that text; a known one that is seen for the first time becomes a record. */
static struct refresh_token *
find_refresh_token(const struct request *r, const char *text)
{
	struct issued_tokens *tokens = &r->sim->tokens;
	struct refresh_token *t = issued_tokens_find_refresh(tokens, text);

	if (t && strcasecmp(t->client_id, r->client_id) != 0)
		return NULL;
	if (t || (r->app && !scenario_texts_have(&r->app->refresh_tokens, text)))
		return t;
	t = issued_tokens_refresh(tokens, &r->sim->ids, text, r->client_id, NULL);
	if (t)
		t->mfa = !r->app || r->app->mfa;
	return t; /* used_ms: at the start */
}

static bool
has_lapsed(const struct request *r)
{
	uint64_t life = r->app ? r->app->refresh_token_lifetime_ms : SCENARIO_REFRESH_LIFE_MS;

	return simulator_now_ms(r->sim) >= r->refresh->used_ms + life;
}

/* The proof of the application is right: what of the person? */
static bool
check_code(struct request *r)
{
	const char *code = require(r, "device_code");
	struct sign_in *s = code ? sign_ins_find(&r->sim->sign_ins, code) : NULL;

	if (!code)
		return false;
	if (!s || strcasecmp(s->client_id, r->client_id) != 0)
		return refuse(r, AADSTS_BAD_CODE);
	if (sign_ins_hurried(s, r->x->at_ms)) {
		entra_refusal_word(r->x, "slow_down", "The interval is not over.");
		return false;
	}
	switch (sign_ins_state(s, simulator_now_ms(r->sim))) {
	case SIGN_IN_OPEN:
		return refuse(r, AADSTS_PENDING);
	case SIGN_IN_DECLINE:
		entra_refusal_word(r->x, "authorization_declined", "The person declined.");
		return false;
	case SIGN_IN_EXPIRE:
		return refuse(r, AADSTS_CODE_EXPIRED);
	case SIGN_IN_BLOCK:
		return refuse(r, AADSTS_BLOCKED);
	case SIGN_IN_APPROVE:
		break;
	}
	if (s->redeemed)
		return refuse(r, AADSTS_CODE_USED);
	r->sign_in = s;
	r->target = s->target;
	r->offline = s->offline;
	r->openid = s->openid;
	return true;
}

static bool
check_grant(struct request *r)
{
	const char *text;

	if (r->app_only)
		return true;
	if (r->by_code)
		return check_code(r);
	text = require(r, "refresh_token");
	if (!text)
		return false;
	r->refresh = find_refresh_token(r, text);
	if (!r->refresh)
		return refuse(r, AADSTS_BAD_GRANT);
	if (has_lapsed(r))
		return refuse(r, AADSTS_LAPSED);
	r->sign_in = r->refresh->sign_in;
	if (r->refresh->outlived)
		violations_add(&r->sim->violations, r->x->n, "refresh-token-outlived",
		    "refresh token %llu was used after its replacement",
		    (unsigned long long)r->refresh->n);
	issued_tokens_use(r->refresh, simulator_now_ms(r->sim));
	return true;
}

/* --- the tokens --- */

static void
add_lifetime(const struct request *r, json_t *doc)
{
	long long seconds = (long long)(r->sim->scenario->token_lifetime_ms / 1000);
	long long now = now_unix_s(r->sim);

	if (!r->v1) {
		json_make_set(doc, "expires_in", json_integer(seconds));
		json_make_set(doc, "ext_expires_in", json_integer(seconds));
		return;
	}
	json_make_set(doc, "expires_in", json_sprintf("%lld", seconds));
	json_make_set(doc, "ext_expires_in", json_sprintf("%lld", seconds));
	json_make_set(doc, "expires_on", json_sprintf("%lld", now + seconds));
	json_make_set(doc, "not_before", json_sprintf("%lld", now));
}

static void
add_target(const struct request *r, json_t *doc)
{
	if (!r->v1)
		json_make_set(doc, "scope", json_stringn(r->target, strcspn(r->target, " ")));
	else
		json_make_set(doc, "resource", json_string(r->target));
	if (r->v1 && !r->app_only)
		json_make_set(doc, "scope", json_string("user_impersonation"));
}

static bool
has_mfa(const struct request *r)
{
	return r->refresh ? r->refresh->mfa : r->sign_in && r->sign_in->mfa;
}

/* A new refresh token, where one is given. False if there are too many. */
static bool
add_refresh_token(const struct request *r, json_t *doc)
{
	enum rotation rotation = r->sim->scenario->rotation;
	struct refresh_token *t;

	if (r->app_only || rotation == ROTATION_NONE ||
	    (rotation == ROTATION_V2 && (r->v1 || !r->offline)))
		return true;
	t = issued_tokens_refresh(&r->sim->tokens, &r->sim->ids, NULL, r->client_id, r->refresh);
	if (!t)
		return false;
	t->mfa = has_mfa(r);
	t->sign_in = r->sign_in;
	t->used_ms = simulator_now_ms(r->sim);
	json_make_set(doc, "refresh_token", json_string(t->text));
	return true;
}

/* NULL: one that says nothing, as those from before the start. For the caller to free. */
static char *
make_token(const struct request *r, const char *audience)
{
	if (!r->sign_in)
		return NULL;
	return token_text(r->sign_in, &r->sim->ids, audience, now_unix_s(r->sim),
	    r->sim->scenario->token_lifetime_ms / 1000);
}

static void
add_id_token(const struct request *r, json_t *doc)
{
	char *text = make_token(r, r->client_id);
	char fresh[64];

	chance_text(&r->sim->ids, fresh, sizeof fresh);
	json_make_set(doc, "id_token", json_string(text ? text : fresh));
	free(text);
}

static struct access_token *
add_access_token(const struct request *r, json_t *doc)
{
	char *text = make_token(r, PARTNER_CENTER);
	struct access_token *t = issued_tokens_access(&r->sim->tokens, &r->sim->ids, text);

	free(text);
	if (!t)
		return NULL;
	t->user = !r->app_only;
	t->mfa = has_mfa(r);
	t->reseller = r->app && r->app->role == APP_ROLE_RESELLER;
	t->expires_ms = simulator_now_ms(r->sim) + r->sim->scenario->token_lifetime_ms;
	json_make_set(doc, "access_token", json_string(t->text));
	return t;
}

static bool
issue(struct request *r)
{
	json_t *doc = must_have(json_pack("{s:s}", "token_type", "Bearer"));

	if (!add_access_token(r, doc) || !add_refresh_token(r, doc)) {
		json_decref(doc);
		return refuse(r, AADSTS_TENANT_THROTTLED);
	}
	add_lifetime(r, doc);
	add_target(r, doc);
	if (r->openid)
		add_id_token(r, doc);
	if (r->by_code)
		r->sign_in->redeemed = true;
	exchange_answer(r->x, 200);
	exchange_set_header(r->x, "Cache-Control", "no-store, no-cache");
	exchange_set_header(r->x, "Pragma", "no-cache");
	exchange_set_json(r->x, "application/json; charset=utf-8", doc);
	return true;
}

void
entra_token(struct simulator *sim, struct exchange *x)
{
	struct request r = { .sim = sim, .x = x, .v1 = !strcasestr(x->uri, "/v2.0/") };

	(void)(check_form(&r) && check_client(&r) && check_credential(&r) && check_target(&r) &&
	    check_grant(&r) && issue(&r));
}

/* --- codes --- */

static struct sign_in_plan *
next_plan(const struct app *app)
{
	struct sign_in_plan *plan = app ? app->sign_ins : NULL;

	while (plan && plan->used)
		plan = plan->next;
	if (plan)
		plan->used = true;
	return plan;
}

static void
give_code(struct request *r)
{
	struct sign_in *s = sign_ins_add(&r->sim->sign_ins, &r->sim->ids, next_plan(r->app),
	    r->x->arg[0], simulator_now_ms(r->sim));

	if (!s) {
		(void)refuse(r, AADSTS_TENANT_THROTTLED);
		return;
	}
	s->client_id = must_copy(r->client_id);
	s->target = must_have(strndup(r->target, strcspn(r->target, " ")));
	s->offline = r->offline;
	s->openid = r->openid;
	exchange_answer(r->x, 200);
	exchange_set_json(r->x, "application/json; charset=utf-8",
	    must_have(json_pack("{s:s, s:s, s:s, s:i, s:i, s:o}", "user_code", s->user_code,
	        "device_code", s->device_code, "verification_uri", CODE_PAGE, "expires_in",
	        SIGN_IN_LIFE_S, "interval", SIGN_IN_INTERVAL_S, "message",
	        must_have(
	            json_sprintf("To sign in, use a web browser to open the page %s and enter "
	                         "the code %s to authenticate.",
	                CODE_PAGE, s->user_code)))));
}

void
entra_device_code(struct simulator *sim, struct exchange *x)
{
	struct request r = { .sim = sim, .x = x };

	read_form(&r);
	if (check_client(&r) && check_scope(&r))
		give_code(&r);
}
