/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/assertion_fake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "auth/client_assertion.h"

struct client_assertion {
	char something;
};

struct assertion_signing {
	client_assertion_fn *done;
	void *arg;
};

static struct assertion_fake fake;
static struct assertion_signing signing;
static enum err_code refusal;

struct assertion_fake *
assertion_fake(void)
{
	return &fake;
}

void
assertion_fake_refuse(enum err_code code)
{
	refusal = code;
}

void
assertion_fake_end(enum err_code code)
{
	struct assertion_signing ended = signing;
	const struct err failed = { code, "no signature" };
	struct secret *assertion = NULL;
	struct err err;

	assert_true(fake.pending);
	fake.pending = false;
	if (code == ERR_OK)
		assert_int_equal(secret_new("ey.SECRET.+", 11, &assertion, &err), ERR_OK);
	ended.done(ended.arg, &assertion, code ? &failed : NULL);
	secret_free(assertion);
}

enum err_code
client_assertion_new(const struct client_assertion_options *opt, struct client_assertion **out,
    struct err *err)
{
	struct client_assertion *a;

	assert_int_equal(opt->form, TOKEN_RS256);
	if (opt->certificate == opt->key.pem)
		return err_set(err, ERR_FORMAT, "no pair");
	a = calloc(1, sizeof *a);
	if (!a)
		return err_set(err, ERR_NOMEM, "out of memory");
	*out = a;
	return ERR_OK;
}

void
client_assertion_free(struct client_assertion *a)
{
	assert_false(fake.pending);
	free(a);
}

int64_t
client_assertion_not_after_unix_s(const struct client_assertion *a)
{
	assert_non_null(a);
	return ASSERTION_FAKE_NOT_AFTER;
}

enum err_code
client_assertion_start(struct client_assertion *a, const struct assertion_claims *claims,
    const struct random *random, client_assertion_fn *done, void *arg,
    struct assertion_signing **out, struct err *err)
{
	enum err_code code = refusal;

	assert_non_null(a);
	assert_ptr_equal(random, random_system());
	assert_false(fake.pending);
	fake.started++;
	refusal = ERR_OK;
	if (code)
		return err_set(err, code, "no signing");
	fake.pending = true;
	fake.cancelled = false;
	(void)snprintf(fake.audience, sizeof fake.audience, "%s", claims->audience);
	(void)snprintf(fake.client_id, sizeof fake.client_id, "%s", claims->client_id);
	fake.now_unix_s = claims->now_unix_s;
	signing = (struct assertion_signing){ done, arg };
	*out = &signing;
	return ERR_OK;
}

void
client_assertion_cancel(struct assertion_signing *g)
{
	assert_ptr_equal(g, &signing);
	assert_true(fake.pending);
	fake.cancelled = true;
}

struct token_result
client_assertion_judge(const struct err *why)
{
	enum token_trouble trouble = TOKEN_WAIT;

	if (why->code == ERR_FORMAT)
		trouble = TOKEN_CREDENTIAL;
	else if (why->code == ERR_CANCELLED || why->code == ERR_NOMEM)
		trouble = TOKEN_STOPPED;
	return (struct token_result){
		.trouble = trouble,
		.retry_after_ms = -1,
		.advice = "mend the key",
	};
}
