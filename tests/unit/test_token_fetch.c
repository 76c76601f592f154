/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/token_fetch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "auth/token_request.h"
#include "tests/unit/alloc_fault.h"
#include "tests/unit/assertion_fake.h"
#include "tests/unit/http_call_fake.h"

#define URL "https://login.microsoftonline.com/t/oauth2/v2.0/token"
#define GRANTED "{\"token_type\":\"Bearer\",\"expires_in\":3599,\"access_token\":\"eyJ0\"}"
#define REPLACED \
	"{\"token_type\":\"Bearer\",\"expires_in\":3599,\"access_token\":\"eyJ0\"," \
	"\"refresh_token\":\"1.NEW\"}"

/* --- a keeper whose saves the test ends --- */

static struct {
	unsigned asked;
	enum err_code refusal; /* of the next save */
	token_saved_fn *done;  /* NULL: none is under way */
	void *done_arg;
	char saved[64];
} keeping;

static enum err_code
save(void *arg, const struct secret *token, token_saved_fn *done, void *done_arg, struct err *err)
{
	struct slice text = secret_get(token);

	assert_ptr_equal(arg, &keeping);
	keeping.asked++;
	if (keeping.refusal)
		return err_set(err, keeping.refusal, "no room");
	assert_null(keeping.done);
	keeping.done = done;
	keeping.done_arg = done_arg;
	memcpy(keeping.saved, text.ptr, text.len);
	keeping.saved[text.len] = '\0';
	return ERR_OK;
}

static const struct token_keeper keeper = { .arg = &keeping, .save = save };

static void
saved(const struct err *err)
{
	token_saved_fn *done = keeping.done;

	assert_non_null(done);
	keeping.done = NULL;
	done(keeping.done_arg, err);
}

/* --- what the callback was told --- */

static struct {
	unsigned calls;
	bool has_access;
	bool has_refresh;
	struct token_result result;
	struct err err;
} told;

static void
on_done(void *arg, struct token_outcome *o)
{
	assert_ptr_equal(arg, &told);
	told.calls++;
	told.has_access = o->token.access != NULL;
	told.has_refresh = o->token.refresh != NULL;
	told.result = o->result;
	told.err = o->err;
	if (o->token.access)
		assert_true(slice_eq(secret_get(o->token.access), slice_of("eyJ0")));
	if (o->token.refresh)
		assert_true(slice_eq(secret_get(o->token.refresh), slice_of("1.NEW")));
}

static int
enter(void **state)
{
	memset(&keeping, 0, sizeof keeping);
	memset(&told, 0, sizeof told);
	return http_call_fake_enter(state);
}

static int
leave(void **state)
{
	assert_null(keeping.done);
	return http_call_fake_leave(state);
}

static enum err_code
start_with(struct token_fetch_options opt, struct token_fetch **out, struct err *err)
{
	struct secret *form = NULL;
	enum err_code rc = secret_new("client_id=c", 11, &form, err);

	if (rc)
		return rc;
	opt.form = form;
	rc = token_fetch_start(&opt, on_done, &told, out, err);
	secret_free(form); /* read during start */
	return rc;
}

static enum err_code
start(const struct token_keeper *k, struct token_fetch **out, struct err *err)
{
	return start_with((struct token_fetch_options){ .keeper = k, .url = URL }, out, err);
}

static struct token_fetch *
started(void)
{
	struct token_fetch *f = NULL;
	struct err err;

	assert_int_equal(start(&keeper, &f, &err), ERR_OK);
	assert_int_equal(told.calls, 0);
	return f;
}

/* --- tests --- */

static void
what_is_sent(void **state)
{
	const struct http_call_fake *sent = http_call_fake_last();

	(void)state;
	(void)started();
	assert_int_equal(sent->method, HTTP_POST);
	assert_string_equal(sent->url, URL);
	assert_string_equal(sent->headers,
	    "Content-Type: application/x-www-form-urlencoded\nAccept: application/json\n");
	assert_string_equal(sent->text, "client_id=c");
	assert_int_equal(sent->total_ms, 30000);
	assert_int_equal(sent->answer_max, TOKEN_ANSWER_MAX);
	http_call_fake_fail(ERR_CANCELLED, "");
}

static void
answers(void **state)
{
	static const struct {
		const char *name;
		unsigned status;
		const char *body;
		bool access;
		enum token_trouble trouble;
		int64_t retry_after_ms;
		enum err_code code;
		const char *msg;
	} tc[] = {
		{ "granted", 200, GRANTED, true, 0, 0, ERR_OK, "" },
		{ "no token in it", 200, "{}", false, TOKEN_CONFIG, -1, ERR_FORMAT,
		    "the answer holds no token: token_type is not Bearer" },
		{ "no JSON", 200, "<html>", false, TOKEN_CONFIG, -1, ERR_FORMAT,
		    "the answer holds no token: the answer is not a JSON object" },
		{ "a token with another status", 201, GRANTED, false, TOKEN_CONFIG, -1, ERR_FORMAT,
		    "token request: status 201" },
		{ "refused", 401, "{\"error\":\"invalid_client\",\"error_codes\":[7000222]}", false,
		    TOKEN_CREDENTIAL, -1, ERR_FORMAT,
		    "token request: status 401, invalid_client, AADSTS7000222" },
		{ "throttled", 429, "", false, TOKEN_WAIT, 7000, ERR_FORMAT,
		    "token request: status 429" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		print_message("  %s\n", tc[i].name);
		(void)started();
		http_call_fake_answer(tc[i].status, 7000, tc[i].body);
		assert_int_equal(told.calls, 1);
		assert_int_equal(told.has_access, tc[i].access);
		assert_false(told.has_refresh);
		assert_int_equal(told.err.code, tc[i].code);
		assert_string_equal(told.err.msg, tc[i].msg);
		assert_int_equal(told.result.trouble, tc[i].trouble);
		assert_int_equal(told.result.retry_after_ms, tc[i].retry_after_ms);
		assert_int_equal(keeping.asked, 0);
		told.calls = 0;
	}
}

/* Another endpoint than Entra ID's: its TLS goes along, and its refusals are not Entra ID's. */
static void
another_endpoint(void **state)
{
	static const struct http_tls tls = { .tls_1_3 = true };
	static const struct {
		const char *name;
		unsigned status; /* 0: no answer */
		const char *body;
		const char *advice;
	} tc[] = {
		{ "refused", 400, "{\"error\":\"invalid_grant\"}", "Ask whoever runs the service" },
		{ "no token in it", 200, "{}", "Check token_url" },
		{ "not trusted", 0, "", "Check the clock, ca_file and pins" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct token_fetch_options opt = { .url = URL, .tls = &tls, .other = true };
		struct secret *form = NULL;
		struct token_fetch *f = NULL;
		struct err err;

		print_message("  %s\n", tc[i].name);
		assert_int_equal(secret_new("f", 1, &form, &err), ERR_OK);
		opt.form = form;
		assert_int_equal(token_fetch_start(&opt, on_done, &told, &f, &err), ERR_OK);
		secret_free(form);
		assert_ptr_equal(http_call_fake_last()->tls, &tls);
		if (tc[i].status)
			http_call_fake_answer(tc[i].status, -1, tc[i].body);
		else
			http_call_fake_fail(ERR_TLS, "no");
		assert_false(told.has_access);
		assert_int_equal(strncmp(told.result.advice, tc[i].advice, strlen(tc[i].advice)),
		    0);
	}
}

static void
no_answer(void **state)
{
	(void)state;
	(void)started();
	http_call_fake_fail(ERR_CONNECT, "no connection");
	assert_int_equal(told.calls, 1);
	assert_false(told.has_access);
	assert_int_equal(told.err.code, ERR_CONNECT);
	assert_string_equal(told.err.msg, "no connection");
	assert_int_equal(told.result.trouble, TOKEN_WAIT);
}

/* Nobody gets to see the new tokens before the refresh token is safe. */
static void
save_comes_first(void **state)
{
	(void)state;
	(void)started();
	http_call_fake_answer(200, -1, REPLACED);
	assert_int_equal(keeping.asked, 1);
	assert_string_equal(keeping.saved, "1.NEW");
	assert_int_equal(told.calls, 0);
	saved(NULL);
	assert_int_equal(told.calls, 1);
	assert_true(told.has_access && told.has_refresh);
	assert_int_equal(told.err.code, ERR_OK);
}

static void
assert_not_saved(void)
{
	assert_int_equal(told.calls, 1);
	assert_true(told.has_access);
	assert_false(told.has_refresh);
	assert_int_equal(told.err.code, ERR_IO);
	assert_string_equal(told.err.msg,
	    "the new refresh token is not saved, the old one stays in use: no room");
	assert_int_equal(told.result.trouble, TOKEN_WAIT);
	assert_int_equal(told.result.retry_after_ms, -1);
	assert_non_null(strstr(told.result.advice, "disk"));
}

static void
save_fails(void **state)
{
	const struct err no_room = { ERR_IO, "no room" };

	(void)state;
	(void)started();
	http_call_fake_answer(200, -1, REPLACED);
	saved(&no_room);
	assert_not_saved();
}

static void
save_does_not_begin(void **state)
{
	(void)state;
	keeping.refusal = ERR_IO;
	(void)started();
	http_call_fake_answer(200, -1, REPLACED);
	assert_int_equal(keeping.asked, 1);
	assert_not_saved();
}

static void
nothing_to_keep(void **state)
{
	struct token_fetch *f = NULL;
	struct err err;

	(void)state;
	assert_int_equal(start(NULL, &f, &err), ERR_OK);
	http_call_fake_answer(200, -1, REPLACED);
	assert_int_equal(told.calls, 1);
	assert_true(told.has_access);
	assert_false(told.has_refresh);
	assert_int_equal(told.err.code, ERR_OK);
}

static void
cancelled_in_request(void **state)
{
	struct token_fetch *f = started();

	(void)state;
	token_fetch_cancel(f);
	token_fetch_cancel(f);
	assert_true(http_call_fake_last()->cancelled);
	assert_int_equal(told.calls, 0);
	http_call_fake_fail(ERR_CANCELLED, "cancelled");
	assert_int_equal(told.calls, 1);
	assert_int_equal(told.err.code, ERR_CANCELLED);
	assert_int_equal(told.result.trouble, TOKEN_STOPPED);
}

static void
cancelled_in_save(void **state)
{
	struct token_fetch *f = started();

	(void)state;
	http_call_fake_answer(200, -1, REPLACED);
	token_fetch_cancel(f);
	token_fetch_cancel(f);
	assert_int_equal(told.calls, 0);
	saved(NULL);
	assert_int_equal(told.calls, 1);
	assert_true(told.has_access && told.has_refresh);
}

static void
does_not_start(void **state)
{
	char somewhere;
	struct token_fetch *f = (void *)&somewhere;
	struct err err;

	(void)state;
	http_call_fake_refuse(ERR_CANCELLED);
	assert_int_equal(start(&keeper, &f, &err), ERR_CANCELLED);
	assert_ptr_equal(f, &somewhere);
	assert_int_equal(told.calls, 0);
}

/* --- with an assertion --- */

static struct secret *certificate, *key; /* of request */
static struct token_request *request;

static int
enter_signing(void **state)
{
	const struct token_options opt = {
		.random = random_system(),
		.login = "https://login.example",
		.tenant = "t",
		.client_id = "c",
		.audience = "https://api.example",
		.grant = TOKEN_CLIENT_CREDENTIALS,
		.assertion = TOKEN_RS256,
	};
	struct token_options with_key = opt;
	struct err err;

	if (enter(state) || secret_new("c", 1, &certificate, &err) ||
	    secret_new("k", 1, &key, &err))
		return -1;
	with_key.certificate = certificate;
	with_key.key.pem = key;
	return token_request_new(&with_key, &request, &err) ? -1 : 0;
}

static int
leave_signing(void **state)
{
	token_request_free(request);
	secret_free(key);
	secret_free(certificate);
	return leave(state);
}

static enum err_code
start_signing(struct token_fetch **out, struct err *err)
{
	const struct token_fetch_options opt = {
		.url = URL,
		.keeper = &keeper,
		.prove = request,
		.now_unix_s = 1894700000,
	};

	return start_with(opt, out, err);
}

static void
signed_first(void **state)
{
	struct token_fetch *f = NULL;
	struct err err;

	(void)state;
	assert_int_equal(start_signing(&f, &err), ERR_OK);
	assert_false(http_call_fake_last()->under_way);
	assert_int_equal(assertion_fake()->now_unix_s, 1894700000);
	assertion_fake_end(ERR_OK);
	assert_int_equal(told.calls, 0);
	assert_string_equal(http_call_fake_last()->url, URL);
	assert_string_equal(http_call_fake_last()->text,
	    "client_id=c&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3A"
	    "client-assertion-type%3Ajwt-bearer&client_assertion=ey.SECRET.%2B");
	http_call_fake_answer(200, -1, REPLACED);
	saved(NULL);
	assert_int_equal(told.calls, 1);
	assert_true(told.has_access);
}

static void
not_signed(void **state)
{
	static const struct {
		const char *name;
		enum err_code code;
		enum token_trouble trouble;
	} tc[] = {
		{ "not there", ERR_NOT_FOUND, TOKEN_WAIT },
		{ "another one's key", ERR_FORMAT, TOKEN_CREDENTIAL },
		{ "cancelled", ERR_CANCELLED, TOKEN_STOPPED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct token_fetch *f = NULL;
		struct err err;

		print_message("  %s\n", tc[i].name);
		assert_int_equal(start_signing(&f, &err), ERR_OK);
		if (tc[i].code == ERR_CANCELLED) {
			token_fetch_cancel(f);
			token_fetch_cancel(f);
			assert_true(assertion_fake()->cancelled);
			assert_int_equal(told.calls, 0);
		}
		assertion_fake_end(tc[i].code);
		assert_int_equal(told.calls, 1);
		assert_false(told.has_access);
		assert_int_equal(told.err.code, tc[i].code);
		assert_int_equal(told.result.trouble, tc[i].trouble);
		assert_string_equal(told.result.advice, "mend the key");
		assert_false(http_call_fake_last()->under_way);
		told.calls = 0;
	}
}

static void
signed_but_not_sent(void **state)
{
	struct token_fetch *f = NULL;
	struct err err;

	(void)state;
	assert_int_equal(start_signing(&f, &err), ERR_OK);
	http_call_fake_refuse(ERR_CANCELLED);
	assertion_fake_end(ERR_OK);
	assert_int_equal(told.calls, 1);
	assert_int_equal(told.err.code, ERR_CANCELLED);
	assert_int_equal(told.result.trouble, TOKEN_STOPPED);

	assertion_fake_refuse(ERR_IO);
	assert_int_equal(start_signing(&f, &err), ERR_IO);
	assert_int_equal(told.calls, 1);
}

static void
try_to_fetch(void *arg)
{
	struct token_fetch *f = NULL;
	struct err err;
	enum err_code rc = start(&keeper, &f, &err);

	(void)arg;
	memset(&told, 0, sizeof told);
	if (rc) {
		assert_true(alloc_fault_hit());
		assert_int_equal(rc, ERR_NOMEM);
		return;
	}
	http_call_fake_answer(200, -1, REPLACED);
	if (keeping.done)
		saved(NULL);
	assert_int_equal(told.calls, 1);
	assert_int_equal(told.err.code, alloc_fault_hit() ? ERR_NOMEM : ERR_OK);
	assert_int_equal(told.has_access, !alloc_fault_hit());
	if (alloc_fault_hit())
		assert_int_equal(told.result.trouble, TOKEN_STOPPED);
}

static void
memory_runs_out(void **state)
{
	(void)state;
	assert_int_equal(alloc_fault_sweep(try_to_fetch, NULL), 4);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_sent, enter, leave),
		cmocka_unit_test_setup_teardown(answers, enter, leave),
		cmocka_unit_test_setup_teardown(another_endpoint, enter, leave),
		cmocka_unit_test_setup_teardown(no_answer, enter, leave),
		cmocka_unit_test_setup_teardown(save_comes_first, enter, leave),
		cmocka_unit_test_setup_teardown(save_fails, enter, leave),
		cmocka_unit_test_setup_teardown(save_does_not_begin, enter, leave),
		cmocka_unit_test_setup_teardown(nothing_to_keep, enter, leave),
		cmocka_unit_test_setup_teardown(cancelled_in_request, enter, leave),
		cmocka_unit_test_setup_teardown(cancelled_in_save, enter, leave),
		cmocka_unit_test_setup_teardown(does_not_start, enter, leave),
		cmocka_unit_test_setup_teardown(signed_first, enter_signing, leave_signing),
		cmocka_unit_test_setup_teardown(not_signed, enter_signing, leave_signing),
		cmocka_unit_test_setup_teardown(signed_but_not_sent, enter_signing, leave_signing),
		cmocka_unit_test_setup_teardown(memory_runs_out, enter, leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
