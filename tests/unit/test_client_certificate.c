/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/client_certificate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <openssl/err.h>

#include "base/buf.h"
#include "tests/unit/alloc_fault.h"
#include "tests/unit/key_pair.h"

enum { DAY_S = 24 * 60 * 60 };

static struct secret *
secret_of(const void *bytes, size_t len)
{
	struct secret *s = NULL;
	struct err err;

	assert_int_equal(secret_new(bytes, len, &s, &err), ERR_OK);
	return s;
}

static struct secret *
join(const struct secret *a, const struct secret *b)
{
	struct secret *s;
	struct buf text;

	buf_init(&text, 64 * 1024);
	buf_add_slice(&text, secret_get(a));
	buf_add_slice(&text, secret_get(b));
	assert_int_equal(text.failed, ERR_OK);
	s = secret_of(text.ptr, text.len);
	buf_done(&text);
	return s;
}

static unsigned
count(const struct secret *text, const char *what)
{
	struct slice s = secret_get(text);
	const char *at;
	unsigned n = 0;

	while (s.len > 0 && (at = memmem(s.ptr, s.len, what, strlen(what)))) {
		n++;
		s = slice_from(s, (size_t)(at - s.ptr) + strlen(what));
	}
	return n;
}

/* It ends so many seconds from now; the test may have been slow since it was made. */
static void
assert_end(int64_t unix_s, long valid_s)
{
	int64_t left = unix_s - (int64_t)time(NULL);

	assert_true(left <= valid_s && left > valid_s - 600);
}

static void
assert_whole(const struct client_certificate *c, unsigned ncertificate, long valid_s)
{
	assert_int_equal(count(c->certificate, "-----BEGIN CERTIFICATE-----"), ncertificate);
	assert_int_equal(count(c->certificate, "PRIVATE KEY"), 0);
	assert_int_equal(count(c->private_key, "-----BEGIN PRIVATE KEY-----"), 1);
	assert_int_equal(count(c->private_key, "CERTIFICATE"), 0);
	assert_end(c->not_after_unix_s, valid_s);
}

static void
forms(void **state)
{
	static const struct {
		const char *name;
		struct key_wish wish;
		enum { APART, TOGETHER, TURNED, WITH_ISSUER, PKCS12 } form;
		unsigned ncertificate;
	} tc[] = {
		{ "PEM", { .valid_s = 30 * DAY_S }, APART, 1 },
		{ "an RSA key", { .bits = 2048, .valid_s = DAY_S }, APART, 1 },
		{ "expired", { .valid_s = -3600 }, APART, 1 },
		{ "both in one text", { .valid_s = DAY_S }, TOGETHER, 1 },
		{ "the key first", { .valid_s = DAY_S }, TURNED, 1 },
		{ "with what it was issued by", { .valid_s = DAY_S }, WITH_ISSUER, 2 },
		{ "PKCS#12", { .valid_s = 400 * DAY_S }, PKCS12, 1 },
	};
	struct key_pair issuer = key_pair_new(0, NULL);

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct key_pair p = key_pair_make(&tc[i].wish);
		bool apart = tc[i].form == APART || tc[i].form == WITH_ISSUER;
		struct client_certificate c = { .certificate = NULL };
		struct secret *text;
		struct err err;

		print_message("  %s\n", tc[i].name);
		switch (tc[i].form) {
		case APART:
			text =
			    secret_of(secret_get(p.certificate).ptr, secret_get(p.certificate).len);
			break;
		case WITH_ISSUER:
			text = join(p.certificate, issuer.certificate);
			break;
		case TOGETHER:
			text = join(p.certificate, p.key);
			break;
		case TURNED:
			text = join(p.key, p.certificate);
			break;
		default:
			text = key_pair_pkcs12(&p, NULL);
			break;
		}
		if (client_certificate_read(text, apart ? p.key : NULL, &c, &err))
			fail_msg("%s", err.msg);
		assert_whole(&c, tc[i].ncertificate, tc[i].wish.valid_s);
		client_certificate_done(&c);
		assert_null(c.certificate);
		secret_free(text);
		key_pair_done(&p);
	}
	key_pair_done(&issuer);
}

/* Whatever is wrong, nothing of the texts is told, and OpenSSL's errors do not stay. */
static void
refusals(void **state)
{
	static const char none[] = "there is no certificate in it";
	static const char no_key[] = "the private key is not PEM, or it needs a passphrase";
	static const char no_form[] = "the certificate is neither PEM";
	struct key_pair p = key_pair_new(0, NULL), other = key_pair_new(0, NULL);
	struct key_pair locked = key_pair_new(0, "pass");
	struct secret *pkcs12 = key_pair_pkcs12(&p, NULL);
	struct secret *locked12 = key_pair_pkcs12(&p, "pass");
	struct secret *text = secret_of("hello", 5), *huge;
	struct secret *cut = secret_of(secret_get(pkcs12).ptr, secret_get(pkcs12).len / 2);
	static char room[65 * 1024];
	const struct {
		const char *name;
		const struct secret *certificate;
		const struct secret *key;
		const char *msg;
	} tc[] = {
		{ "text", text, p.key, none },
		{ "text alone", text, NULL, no_form },
		{ "key in its place", p.key, p.key, none },
		{ "certificate without key", p.certificate, NULL, no_key },
		{ "text as key", p.certificate, text, no_key },
		{ "certificate as key", p.certificate, p.certificate, no_key },
		{ "key with a passphrase", locked.certificate, locked.key, no_key },
		{ "another's key", p.certificate, other.key,
		    "certificate and private key do not belong together" },
		{ "PKCS#12 with a passphrase", locked12, NULL, "the PKCS#12 cannot be opened" },
		{ "half a PKCS#12", cut, NULL, no_form },
		{ "PKCS#12 beside a key", pkcs12, p.key, none },
		{ "too long", (huge = secret_of(room, sizeof room)), NULL, no_form },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct client_certificate c = { .not_after_unix_s = 9 };
		struct err err;

		print_message("  %s\n", tc[i].name);
		assert_int_equal(client_certificate_read(tc[i].certificate, tc[i].key, &c, &err),
		    ERR_FORMAT);
		assert_int_equal(strncmp(err.msg, tc[i].msg, strlen(tc[i].msg)), 0);
		assert_null(c.certificate);
		assert_int_equal(c.not_after_unix_s, 9);
		assert_int_equal(ERR_peek_error(), 0);
	}
	secret_free(huge);
	secret_free(cut);
	secret_free(text);
	secret_free(locked12);
	secret_free(pkcs12);
	key_pair_done(&locked);
	key_pair_done(&other);
	key_pair_done(&p);
}

/* arg: a pair */
static void
try_to_read(void *arg)
{
	const struct key_pair *p = arg;
	struct client_certificate c = { .certificate = NULL };
	struct err err;
	enum err_code rc = client_certificate_read(p->certificate, p->key, &c, &err);

	assert_int_equal(rc, alloc_fault_hit() ? ERR_NOMEM : ERR_OK);
	client_certificate_done(&c);
}

static void
memory_runs_out(void **state)
{
	struct key_pair p = key_pair_new(0, NULL);

	(void)state;
	assert_int_equal(alloc_fault_sweep(try_to_read, &p), 2);
	key_pair_done(&p);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms),
		cmocka_unit_test(refusals),
		cmocka_unit_test(memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
