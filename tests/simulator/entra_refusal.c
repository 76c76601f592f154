/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulator/entra_refusal.h"

#include <stdio.h>
#include <time.h>

#include "tests/simulator/must.h"

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
	{ 54005, 400, "invalid_grant", "The code was already redeemed." },
	{ 65001, 400, "invalid_grant", "The user or administrator has not consented to the app." },
	{ 70000, 400, "invalid_grant", "The provided grant is invalid or malformed." },
	{ 70002, 401, "invalid_client", "The client's credential was rejected." },
	{ 70003, 400, "unsupported_grant_type", "The app returned an unsupported grant type." },
	{ 70008, 400, "invalid_grant", "The provided grant has expired." },
	{ 70011, 400, "invalid_scope", "The provided scope is not valid." },
	{ 70016, 400, "authorization_pending", "Nobody has entered the code yet." },
	{ 70018, 400, "bad_verification_code", "The device code is not known." },
	{ 70019, 400, "expired_token", "The device code has expired." },
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

void
entra_refusal(struct simulator *sim, struct exchange *x, unsigned code, const char *text)
{
	const struct aadsts *known = find_code(code);
	time_t now = (time_t)(simulator_unix_ms(sim, simulator_now_ms(sim)) / 1000);
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

void
entra_refusal_word(struct exchange *x, const char *word, const char *text)
{
	exchange_answer(x, 400);
	exchange_set_json(x, "application/json; charset=utf-8",
	    must_have(json_pack("{s:s, s:s}", "error", word, "error_description", text)));
}
