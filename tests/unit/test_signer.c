/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/signer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <uv.h>

#include "auth/pem_text.h"
#include "auth/signer_evp.h"
#include "tests/unit/alloc_fault.h"
#include "tests/unit/key_pair.h"

/*
 * Keys outside are played here: the double of a token has a key in memory, and does as the test says. Real
 * tokens are for tests/e2e/test_signer.py.
 */
static struct key_pair pair, other;

enum { CALLS_MAX = 8 };

/* Of a double; used by one thread at a time, which signer.h promises. */
static struct {
	enum err_code fail[CALLS_MAX]; /* what each call of sign ends with */
	bool signs_otherwise;          /* PKCS #1 v1.5 where PSS is wanted */
	unsigned signs;
	unsigned closes;
	unsigned frees;
	bool busy;
	EVP_PKEY *key;
} token;

static enum err_code
token_new(const struct signer_key *from, EVP_PKEY *public_key, void **out, struct err *err)
{
	(void)public_key;
	(void)err;
	assert_string_equal(from->where, "pkcs11:token=t");
	*out = &token;
	return ERR_OK;
}

static enum err_code
token_sign(void *key, const struct signer_task *task, struct err *err)
{
	struct signer_task really = *task;
	enum err_code fail;

	assert_ptr_equal(key, &token);
	assert_false(token.busy); /* one after the other */
	token.busy = true;
	assert_true(token.signs < CALLS_MAX);
	fail = token.fail[token.signs++];
	really.pss = task->pss && !token.signs_otherwise;
	if (fail == ERR_OK)
		fail = signer_evp_sign(token.key, NULL, NULL, &really, err);
	else
		(void)err_set(err, fail, "failure %u", token.signs);
	token.busy = false;
	return fail;
}

static void
token_close(void *key)
{
	assert_ptr_equal(key, &token);
	token.closes++;
}

static void
token_free(void *key)
{
	assert_ptr_equal(key, &token);
	token.frees++;
}

const struct signer_kind signer_pkcs11 = { token_new, token_sign, token_close, token_free };
const struct signer_kind signer_tpm2 = { token_new, token_sign, token_close, token_free };

/* --- one who waits --- */

struct waiter {
	unsigned calls;
	size_t len;
	struct err err;
	struct signer_job *job;
};

static void
on_signed(void *arg, struct slice signature, const struct err *err)
{
	struct waiter *w = arg;

	w->calls++;
	w->len = signature.len;
	w->err = err ? *err : (struct err){ .code = ERR_OK };
}

static void
run(void)
{
	(void)uv_run(uv_default_loop(), UV_RUN_DEFAULT);
	assert_int_equal(ERR_peek_error(), 0);
}

static enum err_code
make(const struct secret *certificate_pem, struct signer_key key, struct signer **out,
    struct err *err)
{
	X509 *certificate = pem_text_certificate(certificate_pem);
	enum err_code rc;

	assert_non_null(certificate);
	rc = signer_new(
	    &(struct signer_options){
	        .loop = uv_default_loop(),
	        .certificate = certificate,
	        .key = key,
	        .pss = true,
	    },
	    out, err);
	X509_free(certificate);
	return rc;
}

static struct signer *
make_token(void)
{
	const struct signer_key key = { .place = SIGNER_PKCS11, .where = "pkcs11:token=t" };
	struct signer *s = NULL;
	struct err err;

	assert_int_equal(make(pair.certificate, key, &s, &err), ERR_OK);
	return s;
}

static void
start(struct signer *s, struct waiter *w)
{
	struct err err;

	*w = (struct waiter){ .calls = 0 };
	assert_int_equal(signer_start(s, slice_of("text"), on_signed, w, &w->job, &err), ERR_OK);
	assert_int_equal(w->calls, 0);
}

/* Starts, and returns when it is over. */
static void
sign(struct signer *s, struct waiter *w)
{
	start(s, w);
	run();
	assert_int_equal(w->calls, 1);
}

static int
enter(void **state)
{
	(void)state;
	memset(&token, 0, sizeof token);
	token.key = pem_text_key(pair.key);
	return token.key ? 0 : -1;
}

static int
leave(void **state)
{
	(void)state;
	EVP_PKEY_free(token.key);
	return uv_loop_alive(uv_default_loop());
}

/* --- tests --- */

static void
in_memory(void **state)
{
	struct signer *s = NULL;
	struct waiter w;
	struct err err;

	(void)state;
	assert_int_equal(make(pair.certificate, (struct signer_key){ .pem = pair.key }, &s, &err),
	    ERR_OK);
	sign(s, &w);
	assert_int_equal(w.err.code, ERR_OK);
	assert_int_equal(w.len, 256);
	signer_free(s);
	signer_free(NULL);
}

/* A key outside: how often it is asked, and what is told. */
static void
outcomes(void **state)
{
	static const struct {
		const char *name;
		enum err_code fail[2];
		unsigned signs, closes;
		enum err_code want;
		const char *msg;
	} tc[] = {
		{ "signs", { ERR_OK }, 1, 0, ERR_OK, "" },
		{ "was lost, and is opened again", { ERR_IO, ERR_OK }, 2, 1, ERR_OK, "" },
		{ "does not sign", { ERR_IO, ERR_IO }, 2, 2, ERR_IO, "failure 2" },
		{ "was pulled out", { ERR_IO, ERR_NOT_FOUND }, 2, 2, ERR_NOT_FOUND, "failure 2" },
		{ "is not there", { ERR_NOT_FOUND }, 1, 1, ERR_NOT_FOUND, "failure 1" },
		{ "wrong PIN", { ERR_FORMAT }, 1, 1, ERR_FORMAT, "failure 1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct signer *s = make_token();
		struct waiter w;

		print_message("  %s\n", tc[i].name);
		memcpy(token.fail, tc[i].fail, sizeof tc[i].fail);
		token.signs = token.closes = token.frees = 0;
		sign(s, &w);
		assert_int_equal(w.err.code, tc[i].want);
		assert_int_equal(w.len, tc[i].want ? 0 : 256);
		if (tc[i].want)
			assert_string_equal(w.err.msg, tc[i].msg);
		assert_int_equal(token.signs, tc[i].signs);
		assert_int_equal(token.closes, tc[i].closes);
		signer_free(s);
		assert_int_equal(token.frees, 0); /* closing may block: that is for the pool */
		run();
		assert_int_equal(token.closes, tc[i].closes + 1);
		assert_int_equal(token.frees, 1);
	}
}

/* A token locks itself when a wrong PIN comes again and again. What may pass is tried again. */
static void
not_tried_again(void **state)
{
	static const struct {
		const char *name;
		enum err_code fail;
		enum err_code want;
		unsigned signs;
	} tc[] = {
		{ "wrong PIN", ERR_FORMAT, ERR_FORMAT, 1 },
		{ "not there", ERR_NOT_FOUND, ERR_OK, 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct signer *s = make_token();
		struct waiter w;

		print_message("  %s\n", tc[i].name);
		token.signs = 0;
		token.fail[0] = tc[i].fail;
		sign(s, &w);
		assert_int_equal(w.err.code, tc[i].fail);
		sign(s, &w);
		assert_int_equal(w.err.code, tc[i].want);
		assert_int_equal(token.signs, tc[i].signs);
		signer_free(s);
		run();
	}
}

/* What does not fit the certificate is never handed out. */
static void
checked(void **state)
{
	struct signer *s;
	struct waiter w;

	(void)state;
	s = make_token();
	token.signs_otherwise = true;
	sign(s, &w);
	assert_int_equal(w.err.code, ERR_FORMAT);
	assert_string_equal(w.err.msg,
	    "certificate and private key do not belong together; give those of one pair");
	assert_int_equal(w.len, 0);
	signer_free(s);
	run();

	token.signs_otherwise = false;
	EVP_PKEY_free(token.key);
	token.key = pem_text_key(other.key);
	s = make_token();
	sign(s, &w);
	assert_int_equal(w.err.code, ERR_FORMAT);
	signer_free(s);
	run();
}

static void
one_after_the_other(void **state)
{
	struct signer *s = make_token();
	struct waiter w[3];

	(void)state;
	for (size_t i = 0; i < 3; i++)
		start(s, &w[i]);
	run();
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(w[i].calls, 1);
		assert_int_equal(w[i].err.code, ERR_OK);
	}
	assert_int_equal(token.signs, 3);
	signer_free(s);
	run();
}

/* One that the pool has is waited for, one that waits never gets there. */
static void
cancelled(void **state)
{
	struct signer *s = make_token();
	struct waiter w[2];

	(void)state;
	for (size_t i = 0; i < 2; i++)
		start(s, &w[i]);
	for (size_t i = 0; i < 2; i++) {
		signer_cancel(w[i].job);
		signer_cancel(w[i].job);
		assert_int_equal(w[i].calls, 0);
	}
	run();
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(w[i].calls, 1);
		assert_int_equal(w[i].err.code, ERR_CANCELLED);
		assert_int_equal(w[i].len, 0);
	}
	assert_int_equal(token.signs, 1);
	signer_free(s);
	run();
}

/* Who has such a key and never signs pays nothing for it, and a check of the configuration asks nobody. */
static void
never_opened(void **state)
{
	struct signer *s = make_token();

	(void)state;
	signer_free(s);
	assert_int_equal(token.signs + token.closes, 0);
	assert_int_equal(token.frees, 1);
}

static void
refused(void **state)
{
	struct key_pair small = key_pair_new(1024, NULL), curve = key_pair_new(0, NULL);
	const struct {
		const char *name;
		const struct secret *certificate;
		const char *msg;
	} tc[] = {
		{ "small", small.certificate,
		    "the certificate is for a key of 1024 bits; at least 2048 are needed" },
		{ "elliptic curve", curve.certificate,
		    "the certificate is not for an RSA key; make an RSA pair" },
	};
	const struct signer_key key = { .place = SIGNER_TPM2, .where = "pkcs11:token=t" };
	char somewhere;

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct signer *s = (void *)&somewhere;
		struct err err;

		print_message("  %s\n", tc[i].name);
		assert_int_equal(make(tc[i].certificate, key, &s, &err), ERR_FORMAT);
		assert_string_equal(err.msg, tc[i].msg);
		assert_ptr_equal(s, &somewhere);
	}
	key_pair_done(&curve);
	key_pair_done(&small);
}

static void
try_to_sign(void *arg)
{
	struct waiter w = { .calls = 0 };
	struct signer *s = NULL;
	struct err err;
	enum err_code rc = make(pair.certificate, (struct signer_key){ .pem = pair.key }, &s, &err);

	(void)arg;
	if (!rc)
		rc = signer_start(s, slice_of("text"), on_signed, &w, &w.job, &err);
	run();
	assert_int_equal(rc, alloc_fault_hit() ? ERR_NOMEM : ERR_OK);
	assert_int_equal(w.calls, rc == ERR_OK);
	signer_free(s);
}

static void
memory_runs_out(void **state)
{
	(void)state;
	assert_int_equal(alloc_fault_sweep(try_to_sign, NULL), 2);
}

static int
make_pairs(void **state)
{
	(void)state;
	pair = key_pair_new(2048, NULL);
	other = key_pair_new(2048, NULL);
	return 0;
}

static int
drop_pairs(void **state)
{
	(void)state;
	key_pair_done(&pair);
	key_pair_done(&other);
	return uv_loop_close(uv_default_loop());
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(in_memory, enter, leave),
		cmocka_unit_test_setup_teardown(outcomes, enter, leave),
		cmocka_unit_test_setup_teardown(not_tried_again, enter, leave),
		cmocka_unit_test_setup_teardown(checked, enter, leave),
		cmocka_unit_test_setup_teardown(one_after_the_other, enter, leave),
		cmocka_unit_test_setup_teardown(cancelled, enter, leave),
		cmocka_unit_test_setup_teardown(never_opened, enter, leave),
		cmocka_unit_test_setup_teardown(refused, enter, leave),
		cmocka_unit_test_setup_teardown(memory_runs_out, enter, leave),
	};

	return cmocka_run_group_tests(tests, make_pairs, drop_pairs);
}
