/* SPDX-License-Identifier: Apache-2.0 */
#include "oem/oem_credential.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "auth/entra_json.h"
#include "tests/unit/alloc_fault.h"
#include "tests/unit/http_call_fake.h"
#include "tests/unit/key_pair.h"

#define BASE_URL "https://api.maker.example"
#define TOKEN_URL "https://api.maker.example/oauth/token"
#define GRANTED "{\"token_type\":\"Bearer\",\"expires_in\":3600,\"access_token\":\"granted\"}"

enum { DAY_S = 24 * 60 * 60 };

/* --- what there is --- */

static struct key_pair shown, signer;
static struct secret *both, *text, *client_secret;

static struct secret *
secret_of(const char *s)
{
	struct secret *out = NULL;
	struct err err;

	assert_int_equal(secret_new(s, strlen(s), &out, &err), ERR_OK);
	return out;
}

static int
make_secrets(void **state)
{
	(void)state;
	shown = key_pair_make(&(struct key_wish){ .valid_s = 30 * DAY_S });
	signer = key_pair_make(&(struct key_wish){ .bits = 2048, .valid_s = 3 * DAY_S });
	both = key_pair_pkcs12(&shown, NULL);
	text = secret_of("fixed token");
	client_secret = secret_of("secret");
	return 0;
}

static int
free_secrets(void **state)
{
	(void)state;
	key_pair_done(&shown);
	key_pair_done(&signer);
	secret_free(both);
	secret_free(text);
	secret_free(client_secret);
	return 0;
}

static const struct oem_auth oauth2 = {
	.method = OEM_OAUTH2,
	.token_url = TOKEN_URL,
	.client_id = "c",
	.scope = "devices",
};

static struct oem_credential_options
options(const struct oem_auth *auth, const struct oem_profile *profile)
{
	return (struct oem_credential_options){
		.clock = clock_system(),
		.random = random_system(),
		.auth = auth,
		.profile = profile,
		.base_url = BASE_URL,
	};
}

static struct oem_credential *
open(const struct oem_credential_options *opt)
{
	struct oem_credential *c = NULL;
	struct err err;

	if (oem_credential_new(opt, &c, &err))
		fail_msg("%s", err.msg);
	return c;
}

/* --- one who waits --- */

static struct {
	unsigned calls;
	char access[32]; /* "": none */
	const struct secret *handed_out;
	enum token_trouble trouble;
	char advice[128];
	struct err err;
} told;

static void
on_token(void *arg, const struct token_result *r, const struct err *err)
{
	struct slice access = r->access ? secret_get(r->access) : slice_of("");

	assert_null(arg);
	told.calls++;
	told.handed_out = r->access;
	(void)snprintf(told.access, sizeof told.access, SLICE_FMT, SLICE_ARG(access));
	told.trouble = r->trouble;
	(void)snprintf(told.advice, sizeof told.advice, "%s", r->advice ? r->advice : "");
	told.err = err ? *err : (struct err){ .code = ERR_OK };
}

static struct token_wait *
ask(struct oem_credential *c, const struct secret *refused)
{
	struct token_wait *w = NULL;
	struct err err;

	memset(&told, 0, sizeof told);
	assert_int_equal(
	    token_source_get(oem_credential_tokens(c), refused, on_token, NULL, &w, &err), ERR_OK);
	assert_int_equal(told.calls, 0);
	return w;
}

/* --- what a request carries --- */

static void
methods(void **state)
{
	const struct {
		const char *name;
		enum oem_method method;
		const char *header;
		struct oem_secrets secrets;
		bool certificate;
		bool tokens;       /* are asked for */
		const char *token; /* that is fixed */
		int64_t days;      /* until the first certificate ends; 0: there is none */
	} tc[] = {
		{ "bearer", OEM_BEARER, NULL, { .token = text }, false, false, "fixed token", 0 },
		{ "header", OEM_HEADER, "X-Key", { .token = text }, false, false, "fixed token",
		    0 },
		{ "mtls", OEM_MTLS, NULL,
		    { .certificate = shown.certificate, .private_key = shown.key }, true, false,
		    NULL, 30 },
		{ "mtls, PKCS#12", OEM_MTLS, NULL, { .certificate = both }, true, false, NULL, 30 },
		{ "oauth2", OEM_OAUTH2, NULL, { .client_secret = client_secret }, false, true, NULL,
		    0 },
		{ "oauth2, signed", OEM_OAUTH2, NULL,
		    { .certificate = signer.certificate, .signing_key = { .pem = signer.key } },
		    false, true, NULL, 3 },
		{ "oauth2, signed in a token", OEM_OAUTH2, NULL,
		    { .certificate = signer.certificate,
		        .signing_key = { .place = SIGNER_PKCS11, .where = "pkcs11:token=t" } },
		    false, true, NULL, 3 },
		{ "oauth2 and mtls", OEM_OAUTH2, NULL,
		    { .client_secret = client_secret, .tls_certificate = both }, true, true, NULL,
		    30 },
		{ "oauth2, signed, and mtls", OEM_OAUTH2, NULL,
		    { .certificate = signer.certificate,
		        .signing_key = { .pem = signer.key },
		        .tls_certificate = shown.certificate,
		        .tls_private_key = shown.key },
		    true, true, NULL, 3 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct oem_auth auth = oauth2;
		const struct oem_profile profile = { .auth_header = tc[i].header };
		struct oem_credential_options opt = options(&auth, &profile);
		const struct secret *token;
		const struct http_tls *tls;
		struct oem_credential *c;
		int64_t left;

		print_message("  %s\n", tc[i].name);
		auth.method = tc[i].method;
		opt.secrets = tc[i].secrets;
		c = open(&opt);
		tls = oem_credential_tls(c);
		assert_int_equal(tls != NULL, tc[i].certificate);
		if (tls) {
			assert_true(
			    slice_eq(secret_get(tls->certificate), secret_get(shown.certificate)));
			assert_true(slice_eq(secret_get(tls->private_key), secret_get(shown.key)));
			assert_true(tls->ca.len == 0 && !tls->pins && !tls->tls_1_3);
		}
		assert_int_equal(oem_credential_tokens(c) != NULL, tc[i].tokens);
		token = oem_credential_token(c);
		assert_int_equal(token != NULL, tc[i].token != NULL);
		if (token)
			assert_true(slice_eq(secret_get(token), slice_of(tc[i].token)));
		left = oem_credential_not_after_unix_s(c) - (int64_t)time(NULL);
		if (tc[i].days == 0)
			assert_int_equal(oem_credential_not_after_unix_s(c), 0);
		else
			assert_true(left <= tc[i].days * DAY_S && left > tc[i].days * DAY_S - 600);
		oem_credential_free(c);
	}
	oem_credential_free(NULL);
}

static void
wishes_of_the_profile(void **state)
{
	static const char *const pins[] = { "sha256//one", "sha256//two" };
	static const struct oem_auth auth = { .method = OEM_BEARER };
	const struct {
		const char *name;
		struct oem_tls tls;
		const struct secret *ca;
		const char *pins;
		bool any;
	} tc[] = {
		{ "none", { .minimum = OEM_TLS_1_2 }, NULL, NULL, false },
		{ "version", { .minimum = OEM_TLS_1_3 }, NULL, NULL, true },
		{ "authority", { .ca_file = "ca.pem" }, shown.certificate, NULL, true },
		{ "a pin", { .pins = { pins, 1 } }, NULL, "sha256//one", true },
		{ "pins", { .pins = { pins, 2 } }, NULL, "sha256//one;sha256//two", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		const struct oem_profile profile = { .tls = tc[i].tls };
		struct oem_credential_options opt = options(&auth, &profile);
		const struct http_tls *tls;
		struct oem_credential *c;

		print_message("  %s\n", tc[i].name);
		opt.secrets.token = text;
		opt.secrets.ca = tc[i].ca;
		c = open(&opt);
		tls = oem_credential_tls(c);
		assert_int_equal(tls != NULL, tc[i].any);
		if (tls) {
			assert_int_equal(tls->tls_1_3, tc[i].tls.minimum == OEM_TLS_1_3);
			assert_true(slice_eq(tls->ca,
			    tc[i].ca ? secret_get(tc[i].ca) : (struct slice){ NULL, 0 }));
			assert_null(tls->certificate);
		}
		if (tc[i].pins)
			assert_string_equal(tls->pins, tc[i].pins);
		oem_credential_free(c);
	}
}

/* What holds for the service holds for its own host; all see our certificate. */
static void
token_endpoints(void **state)
{
	static const char *const pins[] = { "sha256//one" };
	static const struct oem_profile profile = {
		.tls = { .ca_file = "ca.pem", .pins = { pins, 1 }, .minimum = OEM_TLS_1_3 },
	};
	static const struct {
		const char *token_url;
		bool own;
	} tc[] = {
		{ TOKEN_URL, true },
		{ "https://API.maker.example/t", true },
		{ "https://login.example/t", false },
		{ "https://api.maker.example:8443/t", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct oem_auth auth = oauth2;
		struct oem_credential_options opt = options(&auth, &profile);
		const struct http_tls *tls;
		struct oem_credential *c;

		print_message("  %s\n", tc[i].token_url);
		auth.token_url = tc[i].token_url;
		opt.secrets = (struct oem_secrets){
			.client_secret = client_secret,
			.tls_certificate = both,
			.ca = signer.certificate,
		};
		c = open(&opt);
		(void)ask(c, NULL);
		assert_string_equal(http_call_fake_last()->url, tc[i].token_url);
		assert_string_equal(http_call_fake_last()->text,
		    "client_id=c&client_secret=secret&grant_type=client_credentials"
		    "&scope=devices");
		tls = http_call_fake_last()->tls;
		assert_true(slice_eq(secret_get(tls->certificate), secret_get(shown.certificate)));
		assert_int_equal(tls->ca.len > 0, tc[i].own);
		assert_int_equal(tls->pins != NULL, tc[i].own);
		assert_int_equal(tls->tls_1_3, tc[i].own);
		http_call_fake_answer(200, -1, GRANTED);
		assert_string_equal(told.access, "granted");
		assert_true(slice_eq(secret_get(token_source_cached(oem_credential_tokens(c))),
		    slice_of("granted")));
		oem_credential_free(c);
	}
}

static void
refusals(void **state)
{
	struct secret *two_lines = secret_of("one\ntwo"), *umlaut = secret_of("t\xc3\xb6ken");
	const struct {
		const char *name;
		enum oem_method method;
		const char *token_url;
		struct oem_secrets secrets;
		enum err_code code;
		const char *msg;
	} tc[] = {
		{ "header of no name", OEM_HEADER, NULL, { .token = text }, ERR_FORMAT,
		    "method is header, but the profile has no auth_header" },
		{ "two lines", OEM_BEARER, NULL, { .token = two_lines }, ERR_FORMAT,
		    "the token has characters that no header takes" },
		{ "no ASCII", OEM_BEARER, NULL, { .token = umlaut }, ERR_FORMAT,
		    "the token has characters that no header takes" },
		{ "another's key", OEM_MTLS, NULL,
		    { .certificate = shown.certificate, .private_key = signer.key }, ERR_FORMAT,
		    "certificate and private key do not belong together" },
		{ "no certificate", OEM_OAUTH2, TOKEN_URL,
		    { .client_secret = client_secret, .tls_certificate = text }, ERR_FORMAT,
		    "the certificate is neither PEM" },
		{ "another's key to sign", OEM_OAUTH2, TOKEN_URL,
		    { .certificate = signer.certificate, .signing_key = { .pem = shown.key } },
		    ERR_FORMAT, "the private key is not an RSA key" },
		{ "a key that cannot sign so", OEM_OAUTH2, TOKEN_URL,
		    { .certificate = shown.certificate, .signing_key = { .pem = shown.key } },
		    ERR_FORMAT, "the private key is not an RSA key" },
		{ "tokens over plain http", OEM_OAUTH2, "http://login.example/t",
		    { .client_secret = client_secret }, ERR_USAGE,
		    "login.example: plain http is for this machine only" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct oem_auth auth = oauth2;
		static const struct oem_profile profile = { .auth_header = NULL };
		struct oem_credential_options opt = options(&auth, &profile);
		struct oem_credential *c = NULL;
		struct err err;

		print_message("  %s\n", tc[i].name);
		auth.method = tc[i].method;
		auth.token_url = tc[i].token_url;
		opt.secrets = tc[i].secrets;
		assert_int_equal(oem_credential_new(&opt, &c, &err), tc[i].code);
		assert_int_equal(strncmp(err.msg, tc[i].msg, strlen(tc[i].msg)), 0);
		assert_null(c);
	}
	secret_free(two_lines);
	secret_free(umlaut);
}

/* --- asking --- */

static void
asked_token(void **state)
{
	static const struct oem_profile profile = { .auth_header = NULL };
	struct oem_credential_options opt = options(&oauth2, &profile);
	struct oem_credential *c;
	struct token_wait *w;

	(void)state;
	opt.secrets.client_secret = client_secret;
	c = open(&opt);
	(void)ask(c, NULL);
	http_call_fake_answer(401, -1, "{\"error\":\"invalid_client\"}");
	assert_int_equal(told.calls, 1);
	assert_int_equal(told.trouble, TOKEN_CREDENTIAL);
	assert_string_equal(told.err.msg, "token request: status 401, invalid_client");

	(void)ask(c, NULL);
	http_call_fake_answer(200, -1, GRANTED);
	assert_string_equal(told.access, "granted");
	assert_ptr_equal(token_source_cached(oem_credential_tokens(c)), told.handed_out);

	w = ask(c, told.handed_out);
	assert_null(token_source_cached(oem_credential_tokens(c)));
	token_wait_cancel(w);
	http_call_fake_answer(200, -1, GRANTED);
	assert_int_equal(told.calls, 1);
	assert_int_equal(told.err.code, ERR_CANCELLED);
	oem_credential_free(c);
}

static void
does_not_start(void **state)
{
	static const struct oem_profile profile = { .auth_header = NULL };
	struct oem_credential_options opt = options(&oauth2, &profile);
	struct token_wait *w = NULL;
	struct oem_credential *c;
	struct err err;

	(void)state;
	opt.secrets.client_secret = client_secret;
	c = open(&opt);
	memset(&told, 0, sizeof told);
	http_call_fake_refuse(ERR_CANCELLED);
	assert_int_equal(token_source_get(oem_credential_tokens(c), NULL, on_token, NULL, &w, &err),
	    ERR_CANCELLED);
	assert_null(w);
	assert_int_equal(told.calls, 0);
	oem_credential_free(c);
}

/* arg: the options */
static void
try_to_open(void *arg)
{
	struct oem_credential *c = NULL;
	struct token_wait *w = NULL;
	struct err err;
	enum err_code rc = oem_credential_new(arg, &c, &err);

	assert_int_equal(c != NULL, rc == ERR_OK);
	if (rc == ERR_OK &&
	    (rc = token_source_get(oem_credential_tokens(c), NULL, on_token, NULL, &w, &err)) ==
	        ERR_OK)
		http_call_fake_fail(ERR_CONNECT, "no");
	assert_int_equal(rc, alloc_fault_hit() ? ERR_NOMEM : ERR_OK);
	oem_credential_free(c);
}

static void
memory_runs_out(void **state)
{
	static const char *const pins[] = { "sha256//one" };
	static const struct oem_profile profile = {
		.tls = { .ca_file = "ca.pem", .pins = { pins, 1 } },
	};
	struct oem_credential_options opt = options(&oauth2, &profile);

	(void)state;
	opt.secrets = (struct oem_secrets){
		.client_secret = client_secret,
		.tls_certificate = both,
		.ca = signer.certificate,
	};
	assert_true(alloc_fault_sweep(try_to_open, &opt) > 8);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, http_call_fake_enter, http_call_fake_leave)
	static const struct CMUnitTest tests[] = {
		TEST(methods),
		TEST(wishes_of_the_profile),
		TEST(token_endpoints),
		TEST(refusals),
		TEST(asked_token),
		TEST(does_not_start),
		TEST(memory_runs_out),
	};

	entra_json_wipe_freed();
	return cmocka_run_group_tests(tests, make_secrets, free_secrets);
}
