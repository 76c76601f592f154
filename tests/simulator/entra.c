/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulator/entra.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "tests/simulator/assertion.h"
#include "tests/simulator/json_make.h"
#include "tests/simulator/must.h"
#include "tests/simulator/seen_ids.h"

#define PARTNER_CENTER "https://api.partnercenter.microsoft.com"
#define ASSERTION_TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

enum {
	AADSTS_CREDENTIAL_REJECTED = 70002,
	AADSTS_BAD_GRANT = 70000,
	AADSTS_GRANT_UNSUPPORTED = 70003,
	AADSTS_BAD_SCOPE = 70011,
	AADSTS_TENANT_UNKNOWN = 90002,
	AADSTS_TENANT_THROTTLED = 90055,
	AADSTS_RESOURCE_UNKNOWN = 500011,
	AADSTS_APP_UNKNOWN = 700016,
	AADSTS_PARAMETER_MISSING = 900144,
	AADSTS_RESOURCE_ON_V2 = 901002,
	AADSTS_APP_SCOPE = 1002012,
	AADSTS_SECRET_WRONG = 7000215,
	AADSTS_SECRET_MISSING = 7000218,
};

/* What is not listed is an invalid_grant. Source: sources.md#token-errors */
static const struct aadsts {
	unsigned code;
	unsigned status;
	const char *error;
	const char *text;
} aadsts[] = {
	{ 50012, 401, "invalid_client", "Authentication failed." },
	{ 50033, 400, "temporarily_unavailable", "A transient error has occurred." },
	{ 50034, 400, "invalid_grant", "The user account does not exist in the directory." },
	{ 50076, 400, "interaction_required", "You must use multi-factor authentication." },
	{ 50079, 400, "interaction_required", "You must enroll in multi-factor authentication." },
	{ 50173, 400, "invalid_grant", "The provided grant has expired due to it being revoked." },
	{ 50196, 400, "invalid_grant", "The server detected a loop of requests of this client." },
	{ 53003, 400, "interaction_required", "Access is blocked by Conditional Access." },
	{ 65001, 400, "invalid_grant", "The user or administrator has not consented to the app." },
	{ 70000, 400, "invalid_grant", "The provided grant is invalid or malformed." },
	{ 70002, 401, "invalid_client", "The client's credential was rejected." },
	{ 70003, 400, "unsupported_grant_type", "The app returned an unsupported grant type." },
	{ 70008, 400, "invalid_grant", "The provided grant has expired." },
	{ 70011, 400, "invalid_scope", "The provided scope is not valid." },
	{ 90002, 400, "invalid_request", "Tenant not found." },
	{ 90006, 400, "temporarily_unavailable", "An external server is retryable." },
	{ 90012, 400, "temporarily_unavailable", "The request timed out." },
	{ 90024, 400, "temporarily_unavailable", "The request budget is exceeded." },
	{ 90033, 503, "temporarily_unavailable", "A transient error has occurred." },
	{ 90055, 400, "temporarily_unavailable", "There are too many requests of this tenant." },
	{ 500011, 400, "invalid_resource", "The resource principal was not found in the tenant." },
	{ 500133, 401, "invalid_client", "The assertion is not within its valid time range." },
	{ 650057, 400, "invalid_resource", "The app has no permission for the resource." },
	{ 700016, 400, "unauthorized_client", "The application was not found in the directory." },
	{ 700021, 401, "invalid_client", "The assertion's client is another one." },
	{ 700023, 401, "invalid_client", "The assertion's audience is another one." },
	{ 700024, 401, "invalid_client", "The assertion is not within its valid time range." },
	{ 700025, 401, "invalid_client", "A public client must not send a secret." },
	{ 700027, 401, "invalid_client", "The assertion's key or signature is not known." },
	{ 700030, 401, "invalid_client", "The certificate's subject is not allowed." },
	{ 700082, 400, "invalid_grant", "The refresh token has expired due to inactivity." },
	{ 900144, 400, "invalid_request", "The request body lacks a parameter." },
	{ 901002, 400, "invalid_request", "The 'resource' parameter is not supported." },
	{ 1002012, 400, "invalid_scope", "Client credential flows need a scope with /.default." },
	{ 7000112, 400, "unauthorized_client", "The application is disabled." },
	{ 7000215, 401, "invalid_client", "An invalid client secret was provided." },
	{ 7000218, 401, "invalid_client", "A client_assertion or client_secret is needed." },
	{ 7000222, 401, "invalid_client", "The provided client secret keys are expired." },
};

/* A request for tokens, as far as it is understood. */
struct request {
	struct simulator *sim;
	struct exchange *x;
	bool v1;
	bool app_only;
	bool offline; /* a refresh token is wanted */
	bool openid;
	const struct app *app; /* NULL: any would do */
	const char *client_id;
	const char *target; /* the resource, or the scope without what is not of the resource */
	struct refresh_token *refresh;
};

/* --- refusals --- */

static const struct aadsts *
find_code(unsigned code)
{
	static const struct aadsts other = { 0, 400, "invalid_grant", "The sign-in failed." };

	for (size_t i = 0; i < sizeof aadsts / sizeof aadsts[0]; i++) {
		if (aadsts[i].code == code)
			return &aadsts[i];
	}
	return &other;
}

static int64_t
now_unix_s(const struct simulator *sim)
{
	return simulator_unix_ms(sim, simulator_now_ms(sim)) / 1000;
}

void
entra_refuse(struct simulator *sim, struct exchange *x, unsigned code, const char *text)
{
	const struct aadsts *known = find_code(code);
	time_t now = (time_t)now_unix_s(sim);
	char trace[GUID_SIZE];
	char correlation[GUID_SIZE];
	char date[32];
	struct tm tm;

	chance_guid(&sim->ids, trace);
	chance_guid(&sim->ids, correlation);
	(void)strftime(date, sizeof date, "%Y-%m-%d %H:%M:%SZ", gmtime_r(&now, &tm));
	exchange_answer(x, known->status);
	exchange_set_json(x, "application/json; charset=utf-8",
	    must_have(json_pack("{s:s, s:o, s:[I], s:s, s:s, s:s, s:o}", "error", known->error,
	        "error_description",
	        must_have(json_sprintf("AADSTS%u: %s Trace ID: %s Correlation ID: %s Timestamp: %s",
	            code, text ? text : known->text, trace, correlation, date)),
	        "error_codes", (json_int_t)code, "timestamp", date, "trace_id", trace,
	        "correlation_id", correlation, "error_uri",
	        must_have(json_sprintf("https://login.microsoftonline.com/error?code=%u", code)))));
}

static bool
refuse(const struct request *r, unsigned code)
{
	entra_refuse(r->sim, r->x, code, NULL);
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
	entra_refuse(r->sim, r->x, AADSTS_PARAMETER_MISSING, text);
	return NULL;
}

/* --- who asks --- */

/* A content that is no form has no fields, and so the first one is missing. */
static bool
check_form(struct request *r)
{
	const char *type = exchange_header(r->x, "content-type");
	const char *grant;

	if (!type ||
	    !slice_starts_nocase(slice_of(type), slice_of("application/x-www-form-urlencoded"))) {
		json_decref(r->x->content);
		r->x->content = NULL;
	}
	grant = require(r, "grant_type");
	if (!grant)
		return false;
	r->app_only = strcmp(grant, "client_credentials") == 0;
	if (!r->app_only && strcmp(grant, "refresh_token") != 0)
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
	entra_refuse(r->sim, r->x, code, why);
	return false;
}

static bool
check_credential(struct request *r)
{
	const char *secret = exchange_field(r->x->content, "client_secret");
	const char *jwt = exchange_field(r->x->content, "client_assertion");
	const char *type = exchange_field(r->x->content, "client_assertion_type");

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

static bool
check_target(struct request *r)
{
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
	return t;
}

static bool
check_grant(struct request *r)
{
	const char *text;

	if (r->app_only)
		return true;
	text = require(r, "refresh_token");
	if (!text)
		return false;
	r->refresh = find_refresh_token(r, text);
	if (!r->refresh)
		return refuse(r, AADSTS_BAD_GRANT);
	if (r->refresh->outlived)
		violations_add(&r->sim->violations, r->x->n, "refresh-token-outlived",
		    "refresh token %llu was used after its replacement",
		    (unsigned long long)r->refresh->n);
	issued_tokens_use(r->refresh);
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
	t->mfa = r->refresh->mfa;
	json_make_set(doc, "refresh_token", json_string(t->text));
	return true;
}

static bool
issue(struct request *r)
{
	struct access_token *access = issued_tokens_access(&r->sim->tokens, &r->sim->ids);
	json_t *doc = must_have(json_pack("{s:s}", "token_type", "Bearer"));
	char id_token[64];

	if (!access || !add_refresh_token(r, doc)) {
		json_decref(doc);
		return refuse(r, AADSTS_TENANT_THROTTLED);
	}
	access->user = !r->app_only;
	access->mfa = r->refresh && r->refresh->mfa;
	access->expires_ms = simulator_now_ms(r->sim) + r->sim->scenario->token_lifetime_ms;
	json_make_set(doc, "access_token", json_string(access->text));
	add_lifetime(r, doc);
	add_target(r, doc);
	if (r->openid) {
		chance_text(&r->sim->ids, id_token, sizeof id_token);
		json_make_set(doc, "id_token", json_string(id_token));
	}
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
