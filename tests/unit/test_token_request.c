/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/token_request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "auth/token_answer.h"
#include "tests/unit/alloc_fault.h"
#include "tests/unit/assertion_fake.h"
#include "tests/unit/free_watch.h"

#define TENANT "11111111-1111-4111-8111-111111111111"
#define CLIENT "33333333-3333-4333-8333-333333333333"
#define AUDIENCE "https://api.partnercenter.microsoft.com"
#define AUDIENCE_ENCODED "https%3A%2F%2Fapi.partnercenter.microsoft.com"

static struct secret *
secret_of(const char *text)
{
	struct secret *s = NULL;
	struct err err;

	assert_int_equal(secret_new(text, strlen(text), &s, &err), ERR_OK);
	return s;
}

/* --- tests --- */

static struct token_options
options(enum token_grant grant, enum token_endpoint endpoint)
{
	return (struct token_options){
		.random = random_system(),
		.login = "https://login.microsoftonline.com",
		.tenant = TENANT,
		.client_id = CLIENT,
		.audience = AUDIENCE,
		.grant = grant,
		.endpoint = endpoint,
	};
}

static void
on_signed(void *arg, struct secret **assertion, const struct err *err)
{
	struct secret **out = arg;

	assert_null(err);
	*out = *assertion;
	*assertion = NULL;
}

/* Takes form over. */
static struct secret *
proven(const struct token_request *r, struct secret *form)
{
	struct assertion_signing *signing = NULL;
	struct secret *assertion = NULL, *whole = NULL;
	struct err err;

	assert_int_equal(token_request_sign(r, 1894700000, on_signed, &assertion, &signing, &err),
	    ERR_OK);
	assert_string_equal(assertion_fake()->client_id, CLIENT);
	assertion_fake_end(ERR_OK);
	assert_int_equal(token_request_prove(form, assertion, &whole, &err), ERR_OK);
	secret_free(assertion);
	secret_free(form);
	return whole;
}

/* The form as a string; the caller frees. */
static char *
form_of(const struct token_options *opt, const char *refresh_token)
{
	struct secret *refresh = refresh_token ? secret_of(refresh_token) : NULL;
	struct token_request *r = NULL;
	struct secret *form = NULL;
	struct err err;
	char *out;

	assert_int_equal(token_request_new(opt, &r, &err), ERR_OK);
	assert_int_equal(token_request_form(r, refresh, &form, &err), ERR_OK);
	assert_int_equal(token_request_signs(r), opt->client_secret == NULL);
	if (!opt->client_secret)
		form = proven(r, form);
	out = strndup(secret_get(form).ptr, secret_get(form).len);
	assert_non_null(out);
	secret_free(form);
	token_request_free(r);
	secret_free(refresh);
	return out;
}

static void
forms(void **state)
{
	static const struct {
		const char *name;
		enum token_grant grant;
		enum token_endpoint endpoint;
		const char *want;
	} tc[] = {
		{ "refresh, 2.0", TOKEN_REFRESH, TOKEN_V2,
		    "client_id=" CLIENT
		    "&client_secret=s&grant_type=refresh_token&refresh_token=1.AX"
		    "&scope=" AUDIENCE_ENCODED "%2Fuser_impersonation%20offline_access" },
		{ "refresh, 1", TOKEN_REFRESH, TOKEN_V1,
		    "client_id=" CLIENT
		    "&client_secret=s&grant_type=refresh_token&refresh_token=1.AX"
		    "&resource=" AUDIENCE_ENCODED "&scope=openid" },
		{ "application, 2.0", TOKEN_CLIENT_CREDENTIALS, TOKEN_V2,
		    "client_id=" CLIENT "&client_secret=s&grant_type=client_credentials"
		    "&scope=" AUDIENCE_ENCODED "%2F.default" },
		{ "application, 1", TOKEN_CLIENT_CREDENTIALS, TOKEN_V1,
		    "client_id=" CLIENT "&client_secret=s&grant_type=client_credentials"
		    "&resource=" AUDIENCE_ENCODED },
	};
	struct secret *secret = secret_of("s");

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct token_options opt = options(tc[i].grant, tc[i].endpoint);
		char *form;

		print_message("  %s\n", tc[i].name);
		opt.client_secret = secret;
		form = form_of(&opt, tc[i].grant == TOKEN_REFRESH ? "1.AX" : NULL);
		assert_string_equal(form, tc[i].want);
		free(form);
	}
	secret_free(secret);
}

static void
encoding(void **state)
{
	static const struct {
		const char *name;
		const char *secret;
		const char *want;
	} tc[] = {
		{ "nothing to do", "AZaz09-._~", "AZaz09-._~" },
		{ "what forms are made of", "a=b&c+d%e f", "a%3Db%26c%2Bd%25e%20f" },
		{ "the rest of ASCII", "!\"#$'()*,/:;<>?@[\\]^`{|}",
		    "%21%22%23%24%27%28%29%2A%2C%2F%3A%3B%3C%3E%3F%40%5B%5C%5D%5E%60%7B%7C%7D" },
		{ "control characters", "\r\n\t\x7f", "%0D%0A%09%7F" },
		{ "UTF-8", "é€", "%C3%A9%E2%82%AC" },
		{ "empty", "", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct secret *secret = secret_of(tc[i].secret);
		struct token_options opt = options(TOKEN_CLIENT_CREDENTIALS, TOKEN_V2);
		char want[256];
		char *form;

		print_message("  %s\n", tc[i].name);
		opt.client_secret = secret;
		form = form_of(&opt, NULL);
		(void)snprintf(want, sizeof want, "&client_secret=%s&grant_type=", tc[i].want);
		assert_non_null(strstr(form, want));
		free(form);
		secret_free(secret);
	}
}

static void
addresses(void **state)
{
	static const struct {
		const char *login;
		enum token_endpoint endpoint;
		const char *want;
	} tc[] = {
		{ "https://login.microsoftonline.com", TOKEN_V2,
		    "https://login.microsoftonline.com/" TENANT "/oauth2/v2.0/token" },
		{ "https://login.microsoftonline.us", TOKEN_V1,
		    "https://login.microsoftonline.us/" TENANT "/oauth2/token" },
		{ "http://127.0.0.1:8400", TOKEN_V2,
		    "http://127.0.0.1:8400/" TENANT "/oauth2/v2.0/token" },
	};
	struct secret *secret = secret_of("s");

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct token_options opt = options(TOKEN_CLIENT_CREDENTIALS, tc[i].endpoint);
		struct token_request *r = NULL;
		struct err err;

		print_message("  %s\n", tc[i].want);
		opt.login = tc[i].login;
		opt.client_secret = secret;
		assert_int_equal(token_request_new(&opt, &r, &err), ERR_OK);
		assert_string_equal(token_request_url(r), tc[i].want);
		token_request_free(r);
	}
	secret_free(secret);
	token_request_free(NULL);
}

/* The endpoint of version 2.0 is whom an assertion is for, also when version 1 is asked. */
static void
with_a_certificate(void **state)
{
	static const struct {
		const char *name;
		enum token_endpoint endpoint;
		const char *end;
	} tc[] = {
		{ "2.0", TOKEN_V2,
		    "&scope=" AUDIENCE_ENCODED "%2Fuser_impersonation%20offline_access" },
		{ "1", TOKEN_V1, "&resource=" AUDIENCE_ENCODED "&scope=openid" },
	};
	struct secret *certificate = secret_of("c"), *key = secret_of("k");

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct token_options opt = options(TOKEN_REFRESH, tc[i].endpoint);
		char want[512];
		char *form;

		print_message("  %s\n", tc[i].name);
		opt.certificate = certificate;
		opt.key.pem = key;
		opt.assertion = TOKEN_RS256;
		form = form_of(&opt, "1.AX");
		(void)snprintf(want, sizeof want,
		    "client_id=" CLIENT "&grant_type=refresh_token&refresh_token=1.AX%s"
		    "&client_assertion_type=urn%%3Aietf%%3Aparams%%3Aoauth%%3A"
		    "client-assertion-type%%3Ajwt-bearer&client_assertion=ey.SECRET.%%2B",
		    tc[i].end);
		assert_string_equal(form, want);
		assert_string_equal(assertion_fake()->audience,
		    "https://login.microsoftonline.com/" TENANT "/oauth2/v2.0/token");
		assert_int_equal(assertion_fake()->now_unix_s, 1894700000);
		free(form);
	}
	secret_free(certificate);
	secret_free(key);
}

/* Another endpoint than Entra ID's is asked as it is written, and an assertion is for it. */
static void
another_endpoint(void **state)
{
	static const char url[] = "https://maker.example/oauth/token?v=2";
	static const struct {
		const char *name;
		const char *scope;
		bool certificate;
		const char *want;
	} tc[] = {
		{ "with a scope", "a:b c", false,
		    "client_id=" CLIENT "&client_secret=s&grant_type=client_credentials"
		    "&scope=a%3Ab%20c" },
		{ "without", NULL, false,
		    "client_id=" CLIENT "&client_secret=s&grant_type=client_credentials" },
		{ "with a certificate", NULL, true,
		    "client_id=" CLIENT "&grant_type=client_credentials"
		    "&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3A"
		    "client-assertion-type%3Ajwt-bearer&client_assertion=ey.SECRET.%2B" },
	};
	struct secret *secret = secret_of("s"), *certificate = secret_of("c");

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		const struct token_options opt = {
			.random = random_system(),
			.token_url = url,
			.scope = tc[i].scope,
			.client_id = CLIENT,
			.grant = TOKEN_CLIENT_CREDENTIALS,
			.assertion = TOKEN_RS256,
			.client_secret = tc[i].certificate ? NULL : secret,
			.certificate = certificate,
			.key = { .pem = secret },
		};
		struct token_request *r = NULL;
		struct err err;
		char *form;

		print_message("  %s\n", tc[i].name);
		assertion_fake()->audience[0] = '\0';
		form = form_of(&opt, NULL);
		assert_string_equal(form, tc[i].want);
		assert_string_equal(assertion_fake()->audience, tc[i].certificate ? url : "");
		free(form);
		assert_int_equal(token_request_new(&opt, &r, &err), ERR_OK);
		assert_string_equal(token_request_url(r), url);
		assert_int_equal(token_request_not_after_unix_s(r),
		    tc[i].certificate ? ASSERTION_FAKE_NOT_AFTER : 0);
		token_request_free(r);
	}
	secret_free(certificate);
	secret_free(secret);
}

static void
bad_certificate(void **state)
{
	struct token_options opt = options(TOKEN_REFRESH, TOKEN_V2);
	struct secret *same = secret_of("c");
	struct token_request *r = NULL;
	struct err err;

	(void)state;
	opt.assertion = TOKEN_RS256;
	opt.certificate = same;
	opt.key.pem = same;
	assert_int_equal(token_request_new(&opt, &r, &err), ERR_FORMAT);
	assert_string_equal(err.msg, "no pair");
	assert_null(r);
	secret_free(same);
}

static void
too_long(void **state)
{
	static char text[64 * 1024];
	static const struct {
		const char *name;
		size_t len;
		enum err_code want;
	} tc[] = {
		{ "the longest token", TOKEN_MAX, ERR_OK },
		{ "beyond any token", sizeof text, ERR_LIMIT },
	};
	struct secret *secret = secret_of("s");

	(void)state;
	memset(text, '%', sizeof text);
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct token_options opt = options(TOKEN_REFRESH, TOKEN_V2);
		struct secret *refresh = NULL, *form = NULL;
		struct token_request *r = NULL;
		struct err err;

		print_message("  %s\n", tc[i].name);
		opt.client_secret = secret;
		assert_int_equal(token_request_new(&opt, &r, &err), ERR_OK);
		assert_int_equal(secret_new(text, tc[i].len, &refresh, &err), ERR_OK);
		assert_int_equal(token_request_form(r, refresh, &form, &err), tc[i].want);
		assert_int_equal(form != NULL, tc[i].want == ERR_OK);
		secret_free(form);
		secret_free(refresh);
		token_request_free(r);
	}
	secret_free(secret);
}

/* arg: the options */
static void
try_to_ask(void *arg)
{
	const struct token_options *opt = arg;
	struct token_request *r = NULL;
	struct secret *form = NULL;
	struct err err;
	enum err_code rc = token_request_new(opt, &r, &err);

	if (!rc)
		rc = token_request_form(r, opt->refresh_token, &form, &err);
	assert_int_equal(rc, alloc_fault_hit() ? ERR_NOMEM : ERR_OK);
	assert_int_equal(form != NULL, rc == ERR_OK);
	secret_free(form);
	token_request_free(r);
}

static void
try_to_prove(void *arg)
{
	const struct secret *text = arg;
	struct secret *whole = NULL;
	struct err err;
	enum err_code rc = token_request_prove(text, text, &whole, &err);

	assert_int_equal(rc, alloc_fault_hit() ? ERR_NOMEM : ERR_OK);
	assert_int_equal(whole != NULL, rc == ERR_OK);
	secret_free(whole);
}

static void
memory_runs_out(void **state)
{
	struct secret *secret = secret_of("SECRET"), *other = secret_of("SECRET");
	struct token_options opt = options(TOKEN_REFRESH, TOKEN_V2);

	(void)state;
	free_watch("SECRET"); /* on all these ways nothing is left behind either */
	opt.refresh_token = secret;
	opt.client_secret = secret;
	assert_int_equal(alloc_fault_sweep(try_to_ask, &opt), 4);
	opt.client_secret = NULL;
	opt.assertion = TOKEN_RS256;
	opt.certificate = secret;
	opt.key.pem = other;
	assert_int_equal(alloc_fault_sweep(try_to_ask, &opt), 4);
	assert_int_equal(alloc_fault_sweep(try_to_prove, secret), 2);
	secret_free(secret);
	secret_free(other);
	assert_int_equal(free_watch_seen(), 0);
	free_watch(NULL);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms),
		cmocka_unit_test(encoding),
		cmocka_unit_test(addresses),
		cmocka_unit_test(with_a_certificate),
		cmocka_unit_test(another_endpoint),
		cmocka_unit_test(bad_certificate),
		cmocka_unit_test(too_long),
		cmocka_unit_test(memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
