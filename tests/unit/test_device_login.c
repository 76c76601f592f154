/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/device_login.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "auth/entra_json.h"
#include "auth/token_request.h"
#include "tests/unit/alloc_fault.h"
#include "tests/unit/assertion_fake.h"
#include "tests/unit/free_watch.h"
#include "tests/unit/http_call_fake.h"

#define TENANT "11111111-1111-4111-8111-111111111111"

#define CODE \
	"{\"device_code\":\"SECRETd\",\"user_code\":\"ABCD\"," \
	"\"verification_uri\":\"https://login.example/device\",\"expires_in\":60,\"interval\":5}"
#define TOKENS \
	"\"token_type\":\"Bearer\",\"expires_in\":3600,\"access_token\":\"SECRETa\"," \
	"\"refresh_token\":\"SECRETr\""
#define PENDING "{\"error\":\"authorization_pending\",\"error_codes\":[70016]}"
#define SLOW_DOWN "{\"error\":\"slow_down\"}"
#define PROOF_WANTED "{\"error\":\"invalid_client\",\"error_codes\":[7000218]}"
#define PROOF_UNWANTED "{\"error\":\"invalid_client\",\"error_codes\":[700025]}"

static uint64_t mono_ms;

static int64_t
read_unix(void *arg)
{
	(void)arg;
	return 1894700000000;
}

static uint64_t
read_mono(void *arg)
{
	(void)arg;
	return mono_ms;
}

static const struct clock test_clock = { read_unix, read_mono, NULL };

/* What the login's owner was told. */
static struct {
	struct device_login *login; /* NULL: it is over */
	unsigned shown;
	char user[USER_CODE_SIZE];
	bool waiting;
	uint64_t wait_ms;
	bool cancel_when_shown;
	unsigned done;
	struct device_login_end end;
	char access[16];
	char refresh[16];
} owner;

static void
show(void *arg, const struct device_code *code)
{
	assert_ptr_equal(arg, &owner);
	owner.shown++;
	(void)snprintf(owner.user, sizeof owner.user, "%s", code->user);
	assert_int_equal(code->life_s, 60);
	if (owner.cancel_when_shown)
		device_login_cancel(owner.login);
}

static void
wait_for(void *arg, uint64_t ms)
{
	assert_ptr_equal(arg, &owner);
	owner.waiting = true;
	owner.wait_ms = ms;
}

static void
copy(const struct secret *s, char out[16])
{
	(void)snprintf(out, 16, SLICE_FMT, SLICE_ARG(s ? secret_get(s) : slice_of("")));
}

static void
done(void *arg, struct device_login_end *end)
{
	assert_ptr_equal(arg, &owner);
	owner.login = NULL;
	owner.done++;
	owner.end = *end;
	copy(end->token.access, owner.access);
	copy(end->token.refresh, owner.refresh);
}

static struct token_request *request;
static struct secret *client_secret;

static enum err_code
start(struct err *err)
{
	const struct device_login_options opt = {
		.clock = &test_clock,
		.request = request,
		.tenant = TENANT,
		.arg = &owner,
		.show = show,
		.wait = wait_for,
		.done = done,
	};

	return device_login_start(&opt, &owner.login, err);
}

static int
enter(void **state)
{
	struct err err;

	memset(&owner, 0, sizeof owner);
	mono_ms = 1000;
	free_watch("SECRET");
	if (secret_new("SECRETs", 7, &client_secret, &err) ||
	    token_request_new(&(struct token_options){ .random = random_system(),
	                          .login = "https://login.example",
	                          .tenant = "t",
	                          .client_id = "c",
	                          .audience = "https://api.example",
	                          .grant = TOKEN_REFRESH,
	                          .client_secret = client_secret },
	        &request, &err))
		return -1;
	return http_call_fake_enter(state);
}

static int
leave(void **state)
{
	assert_null(owner.login);
	token_request_free(request);
	secret_free(client_secret);
	assert_int_equal(free_watch_seen(), 0);
	free_watch(NULL);
	return http_call_fake_leave(state);
}

/* --- what happens --- */

static void
begin(void)
{
	struct err err;

	assert_int_equal(start(&err), ERR_OK);
	assert_string_equal(http_call_fake_last()->url,
	    "https://login.example/t/oauth2/v2.0/devicecode");
	assert_string_equal(http_call_fake_last()->text,
	    "client_id=c&scope=https%3A%2F%2Fapi.example%2Fuser_impersonation%20offline_access"
	    "%20openid%20profile");
}

static void
begin_with_code(void)
{
	begin();
	http_call_fake_answer(200, -1, CODE);
	assert_int_equal(owner.shown, 1);
	assert_string_equal(owner.user, "ABCD");
}

/* The time it wished to wait has gone by. */
static void
poll_after(uint64_t want_ms)
{
	assert_true(owner.waiting);
	assert_int_equal(owner.wait_ms, want_ms);
	owner.waiting = false;
	mono_ms += owner.wait_ms;
	device_login_wake(owner.login);
}

static void
assert_sent(bool proof)
{
	assert_string_equal(http_call_fake_last()->url,
	    "https://login.example/t/oauth2/v2.0/token");
	assert_string_equal(http_call_fake_last()->text,
	    proof ? "client_id=c&client_secret=SECRETs"
	            "&grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code"
	            "&device_code=SECRETd"
	          : "client_id=c&grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code"
	            "&device_code=SECRETd");
}

static void
assert_refused(enum token_trouble trouble, unsigned aadsts, const char *advice)
{
	assert_int_equal(owner.done, 1);
	assert_string_equal(owner.access, "");
	assert_string_equal(owner.refresh, "");
	assert_int_not_equal(owner.end.err.code, ERR_OK);
	assert_int_equal(owner.end.result.trouble, trouble);
	assert_int_equal(owner.end.result.aadsts, aadsts);
	if (!strstr(owner.end.result.advice, advice))
		fail_msg("advice: %s", owner.end.result.advice);
}

static void
assert_granted(void)
{
	assert_int_equal(owner.done, 1);
	assert_int_equal(owner.end.err.code, ERR_OK);
	assert_string_equal(owner.access, "SECRETa");
	assert_string_equal(owner.refresh, "SECRETr");
}

static void
signs_in(void **state)
{
	(void)state;
	begin_with_code();
	poll_after(5000);
	assert_sent(false);
	http_call_fake_answer(400, -1, PENDING);
	poll_after(5000);
	http_call_fake_answer(200, -1, "{" TOKENS "}");
	assert_granted();
	assert_string_equal(owner.end.claims.account, "");
}

static void
slower_and_slower(void **state)
{
	(void)state;
	begin_with_code();
	poll_after(5000);
	http_call_fake_answer(400, -1, SLOW_DOWN);
	poll_after(10000);
	http_call_fake_answer(400, -1, PENDING);
	poll_after(10000);
	http_call_fake_fail(ERR_TIMEOUT, "no answer");
	poll_after(15000);
	http_call_fake_answer(503, 18000, "");
	poll_after(20000); /* which is also all that is left */
	assert_refused(TOKEN_WAIT, 0, "Begin the sign-in again");
	assert_int_equal(owner.end.err.code, ERR_TIMEOUT);
}

static void
waits_as_long_as_it_is_told(void **state)
{
	(void)state;
	begin_with_code();
	poll_after(5000);
	http_call_fake_answer(429, 40000, "{}");
	poll_after(40000);
	http_call_fake_answer(200, -1, "{" TOKENS "}");
	assert_granted();
}

/* The first poll is refused without a proof; the second has one, or signs it first. */
static void
begin_until_proof(void)
{
	begin_with_code();
	poll_after(5000);
	http_call_fake_answer(401, -1, PROOF_WANTED);
	poll_after(5000);
}

static void
proof_is_wanted(void **state)
{
	(void)state;
	begin_until_proof();
	assert_sent(true);
	http_call_fake_answer(401, -1, PROOF_UNWANTED);
	poll_after(5000);
	assert_sent(false);
	http_call_fake_answer(401, -1, PROOF_WANTED);
	assert_refused(TOKEN_CREDENTIAL, 7000218, "public client flows");
}

/* In place of the request with a client secret. */
static void
use_certificate(void)
{
	struct secret *certificate = NULL, *key = NULL;
	struct err err;

	token_request_free(request);
	assert_int_equal(secret_new("c", 1, &certificate, &err), ERR_OK);
	assert_int_equal(secret_new("k", 1, &key, &err), ERR_OK);
	assert_int_equal(token_request_new(&(struct token_options){ .random = random_system(),
	                                       .login = "https://login.example",
	                                       .tenant = "t",
	                                       .client_id = "c",
	                                       .audience = "https://api.example",
	                                       .grant = TOKEN_REFRESH,
	                                       .assertion = TOKEN_RS256,
	                                       .certificate = certificate,
	                                       .key = { .pem = key } },
	                     &request, &err),
	    ERR_OK);
	secret_free(key);
	secret_free(certificate);
}

static void
proof_is_signed(void **state)
{
	(void)state;
	use_certificate();
	begin_until_proof();
	assertion_fake_end(ERR_NOT_FOUND); /* the token was pulled out: the code is still good */
	poll_after(10000);
	assertion_fake_end(ERR_OK);
	assert_non_null(strstr(http_call_fake_last()->text,
	    "&device_code=SECRETd&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3A"
	    "client-assertion-type%3Ajwt-bearer&client_assertion=ey.SECRET.%2B"));
	http_call_fake_answer(200, -1, "{" TOKENS "}");
	assert_granted();
}

static void
proof_is_not_signed(void **state)
{
	(void)state;
	use_certificate();
	begin_until_proof();
	assertion_fake_end(ERR_FORMAT);
	assert_refused(TOKEN_CREDENTIAL, 0, "mend the key");

	memset(&owner, 0, sizeof owner);
	begin_until_proof();
	device_login_cancel(owner.login);
	device_login_cancel(owner.login);
	assert_true(assertion_fake()->cancelled);
	assert_int_equal(owner.done, 0);
	assertion_fake_end(ERR_CANCELLED);
	assert_refused(TOKEN_STOPPED, 0, "");
}

static void
refusals(void **state)
{
	static const struct {
		const char *name;
		const char *body;
		enum token_trouble trouble;
		unsigned aadsts;
		const char *advice;
	} tc[] = {
		{ "declined", "{\"error\":\"authorization_declined\"}", TOKEN_SIGN_IN, 0,
		    "approve what is asked" },
		{ "expired", "{\"error\":\"expired_token\",\"error_codes\":[70019]}", TOKEN_WAIT, 0,
		    "Begin the sign-in again" },
		{ "another code", "{\"error\":\"bad_verification_code\",\"error_codes\":[70018]}",
		    TOKEN_SIGN_IN, 70018, "as it was shown last" },
		{ "conditional access", "{\"error\":\"access_denied\",\"error_codes\":[53003]}",
		    TOKEN_ADMIN, 53003, "Conditional Access" },
		{ "security policy", "{\"error\":\"access_denied\",\"error_codes\":[530032]}",
		    TOKEN_ADMIN, 530032, "security policy" },
		{ "no consent", "{\"error\":\"invalid_grant\",\"error_codes\":[65001]}",
		    TOKEN_CONFIG, 65001, "Grant consent to the application" },
		{ "wrong secret", "{\"error\":\"invalid_client\",\"error_codes\":[7000215]}",
		    TOKEN_CREDENTIAL, 7000215, "client secret's value" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		print_message("  %s\n", tc[i].name);
		memset(&owner, 0, sizeof owner);
		begin_with_code();
		poll_after(5000);
		http_call_fake_answer(400, -1, tc[i].body);
		assert_refused(tc[i].trouble, tc[i].aadsts, tc[i].advice);
	}
}

static void
no_code(void **state)
{
	(void)state;
	begin();
	http_call_fake_answer(400, -1,
	    "{\"error\":\"unauthorized_client\",\"error_codes\":[700016]}");
	assert_refused(TOKEN_CONFIG, 700016, "client_id and tenant");
	memset(&owner, 0, sizeof owner);
	begin();
	http_call_fake_answer(200, -1, "{}");
	assert_refused(TOKEN_CONFIG, 0, "what answers is not Entra ID");
	memset(&owner, 0, sizeof owner);
	begin();
	http_call_fake_fail(ERR_CONNECT, "refused");
	assert_refused(TOKEN_WAIT, 0, "");
	assert_int_equal(owner.shown, 0);
}

/* {"tid":"t2"} */
#define ELSEWHERE "a.eyJ0aWQiOiJ0MiJ9.c"
/* {"tid":"11111111-1111-4111-8111-111111111111","upn":"admin@northwind.example","amr":["pwd"]} */
#define HERE \
	"a.eyJ0aWQiOiIxMTExMTExMS0xMTExLTQxMTEtODExMS0xMTExMTExMTExMTEiLCJ1cG4iOiJhZG1pbkBub3J0aH" \
	"dpbmQuZXhhbXBsZSIsImFtciI6WyJwd2QiXX0.c"

static void
who_signed_in(void **state)
{
	(void)state;
	begin_with_code();
	poll_after(5000);
	http_call_fake_answer(200, -1, "{" TOKENS ",\"id_token\":\"" HERE "\"}");
	assert_granted();
	assert_string_equal(owner.end.claims.account, "admin@northwind.example");
	assert_string_equal(owner.end.claims.tenant, TENANT);
	assert_int_equal(owner.end.claims.mfa, TOKEN_MFA_MISSING);
}

static void
tokens_that_will_not_do(void **state)
{
	static const struct {
		const char *name;
		const char *body;
		enum token_trouble trouble;
		const char *advice;
	} tc[] = {
		{ "another tenant", "{" TOKENS ",\"id_token\":\"" ELSEWHERE "\"}", TOKEN_SIGN_IN,
		    "the partner's own tenant" },
		{ "no refresh token",
		    "{\"token_type\":\"Bearer\",\"expires_in\":3600,\"access_token\":\"SECRETa\"}",
		    TOKEN_CONFIG, "offline_access" },
		{ "no token", "{}", TOKEN_CONFIG, "what answers is not Entra ID" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		print_message("  %s\n", tc[i].name);
		memset(&owner, 0, sizeof owner);
		begin_with_code();
		poll_after(5000);
		http_call_fake_answer(200, -1, tc[i].body);
		assert_refused(tc[i].trouble, 0, tc[i].advice);
	}
}

/* --- cancelling --- */

static void
assert_cancelled(void)
{
	assert_refused(TOKEN_STOPPED, 0, "");
	assert_int_equal(owner.end.err.code, ERR_CANCELLED);
}

static void
cancelled_in_each_state(void **state)
{
	(void)state;
	begin();
	device_login_cancel(owner.login);
	device_login_cancel(owner.login);
	assert_true(http_call_fake_last()->cancelled);
	http_call_fake_fail(ERR_CANCELLED, "cancelled");
	assert_cancelled();

	memset(&owner, 0, sizeof owner);
	begin_with_code();
	device_login_cancel(owner.login);
	assert_int_equal(owner.done, 0);
	poll_after(0);
	assert_cancelled();

	memset(&owner, 0, sizeof owner);
	begin_with_code();
	poll_after(5000);
	device_login_cancel(owner.login);
	http_call_fake_fail(ERR_CANCELLED, "cancelled");
	assert_cancelled();

	memset(&owner, 0, sizeof owner);
	owner.cancel_when_shown = true;
	begin_with_code();
	poll_after(0);
	assert_cancelled();
}

static void
does_not_start(void **state)
{
	struct err err;

	(void)state;
	http_call_fake_refuse(ERR_CANCELLED);
	assert_int_equal(start(&err), ERR_CANCELLED);
	assert_null(owner.login);
	begin_with_code();
	http_call_fake_refuse(ERR_NOMEM);
	poll_after(5000);
	assert_refused(TOKEN_STOPPED, 0, "");
}

static void
try_all(void *arg)
{
	struct err err;

	(void)arg;
	memset(&owner, 0, sizeof owner);
	if (start(&err)) {
		assert_true(alloc_fault_hit());
		assert_int_equal(err.code, ERR_NOMEM);
		return;
	}
	http_call_fake_answer(200, -1, CODE);
	if (owner.waiting)
		poll_after(5000);
	if (!owner.done)
		http_call_fake_answer(200, -1, "{" TOKENS ",\"id_token\":\"" HERE "\"}");
	assert_int_equal(owner.done, 1);
	if (owner.end.err.code)
		assert_true(alloc_fault_hit());
}

static void
memory_runs_out(void **state)
{
	(void)state;
	assert_true(alloc_fault_sweep(try_all, NULL) > 15);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(signs_in, enter, leave),
		cmocka_unit_test_setup_teardown(slower_and_slower, enter, leave),
		cmocka_unit_test_setup_teardown(waits_as_long_as_it_is_told, enter, leave),
		cmocka_unit_test_setup_teardown(proof_is_wanted, enter, leave),
		cmocka_unit_test_setup_teardown(proof_is_signed, enter, leave),
		cmocka_unit_test_setup_teardown(proof_is_not_signed, enter, leave),
		cmocka_unit_test_setup_teardown(refusals, enter, leave),
		cmocka_unit_test_setup_teardown(no_code, enter, leave),
		cmocka_unit_test_setup_teardown(who_signed_in, enter, leave),
		cmocka_unit_test_setup_teardown(tokens_that_will_not_do, enter, leave),
		cmocka_unit_test_setup_teardown(cancelled_in_each_state, enter, leave),
		cmocka_unit_test_setup_teardown(does_not_start, enter, leave),
		cmocka_unit_test_setup_teardown(memory_runs_out, enter, leave),
	};

	entra_json_wipe_freed();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
