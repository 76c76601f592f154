/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server/http_access.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/config_fixture.h"
#include "tests/unit/key_pair.h"
#include "tests/unit/sandbox.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])
#define TOKEN "0123456789abcdef"
#define TLS "certificate: {file: c.pem}, private_key: {file: c.key}"
#define HERE "version: 1\nserver: "
#define BEYOND "version: 1\nlisten: 192.0.2.1:9417\nserver: "

static int
enter(void **state)
{
	struct key_pair pair = key_pair_new(0, NULL), other = key_pair_new(0, NULL);
	struct key_pair closed = key_pair_new(0, "passphrase");

	if (sandbox_enter(state))
		return -1;
	sandbox_write_private("c.pem", secret_get(pair.certificate));
	sandbox_write_private("c.key", secret_get(pair.key));
	sandbox_write_private("other.pem", secret_get(other.certificate));
	sandbox_write_private("other.key", secret_get(other.key));
	sandbox_write_private("closed.pem", secret_get(closed.certificate));
	sandbox_write_private("closed.key", secret_get(closed.key));
	sandbox_write_private("token", slice_of(TOKEN "\n"));
	sandbox_write_private("another", slice_of(TOKEN "x"));
	sandbox_write_private("short", slice_of("0123456789abcde"));
	key_pair_done(&pair);
	key_pair_done(&other);
	key_pair_done(&closed);
	return 0;
}

static enum err_code
try(const char *text, struct http_access **out, struct err *err)
{
	struct config *c = config_fixture_parse(text, "");
	enum err_code rc = http_access_new(c, out, err);

	config_free(c); /* it is not needed any more */
	return rc;
}

static struct http_access *
make(const char *text)
{
	struct http_access *a;
	struct err err;

	if (try(text, &a, &err))
		fail_msg("%s", err.msg);
	return a;
}

static void
what_cannot_be_used(void **state)
{
	static const struct {
		const char *name;
		const char *text;
		enum err_code code;
		const char *msg; /* its beginning */
	} tc[] = {
		{ "no token", HERE "{token: {file: none}}\n", ERR_NOT_FOUND,
		    "server: token: none: it is not there" },
		{ "a short token", HERE "{token: {file: short}}\n", ERR_FORMAT,
		    "server: token: it has fewer than 16 characters" },
		{ "another one's key",
		    HERE "{certificate: {file: c.pem}, private_key: {file: other.key}}\n",
		    ERR_FORMAT, "server: certificate and private_key do not belong together" },
		{ "a key with a passphrase",
		    HERE "{certificate: {file: closed.pem}, private_key: {file: closed.key}}\n",
		    ERR_FORMAT, "server: certificate and private_key cannot be used: " },
		{ "no certificate",
		    HERE "{certificate: {file: token}, private_key: {file: c.key}}\n", ERR_FORMAT,
		    "server: certificate and private_key cannot be used: " },
		{ "no authority", HERE "{" TLS ", client_ca: {file: token}}\n", ERR_FORMAT,
		    "server: client_ca holds no certificate (PEM)" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct http_access *a = NULL;
		struct err err;

		print_message("  %s\n", tc[i].name);
		assert_int_equal(try(tc[i].text, &a, &err), tc[i].code);
		assert_null(a);
		if (strncmp(err.msg, tc[i].msg, strlen(tc[i].msg)) != 0)
			fail_msg("%s", err.msg);
		assert_null(strstr(err.msg, "0123456789abcde"));
	}
}

static void
judgements(void **state)
{
	static const struct {
		const char *name;
		const char *text;
		const char *host, *authorization;
		unsigned status;
		const char *msg; /* part of it */
	} tc[] = {
		{ "localhost", HERE "{}\n", "localhost:9417", NULL, 0, "" },
		{ "127.0.0.1", HERE "{}\n", "127.1.2.3", NULL, 0, "" },
		{ "::1", HERE "{}\n", "[::1]:9417", NULL, 0, "" },
		{ "no host", HERE "{}\n", NULL, NULL, 403, "Host header" },
		{ "a stranger", HERE "{}\n", "evil.example", NULL, 403, "Host header" },
		{ "one that begins well", HERE "{}\n", "localhost.evil.example", NULL, 403,
		    "Host" },
		{ "another address, on loopback", HERE "{}\n", "192.0.2.1", NULL, 403, "Host" },
		{ "a name of its own", HERE "{names: [a.example]}\n", "A.Example:80", NULL, 0, "" },
		{ "the second", HERE "{names: [a.example, b]}\n", "b", NULL, 0, "" },
		{ "the end of one", HERE "{names: [a.example, b]}\n", "example", NULL, 403,
		    "Host" },
		{ "an address, beyond", BEYOND "{" TLS ", token: {file: token}}\n", "192.0.2.9:1",
		    "Bearer " TOKEN, 0, "" },
		{ "IPv6, beyond", BEYOND "{" TLS ", token: {file: token}}\n", "[2001:db8::1]:1",
		    "Bearer " TOKEN, 0, "" },
		{ "a stranger, beyond", BEYOND "{" TLS ", token: {file: token}}\n", "evil.example",
		    "Bearer " TOKEN, 403, "Host" },
		{ "the token", HERE "{token: {file: token}}\n", "localhost", "bearer  " TOKEN " ",
		    0, "" },
		{ "no token", HERE "{token: {file: token}}\n", "localhost", NULL, 401,
		    "a token is needed" },
		{ "less", HERE "{token: {file: token}}\n", "localhost", "Bearer 0123456789abcde",
		    401, "is not the one" },
		{ "more", HERE "{token: {file: token}}\n", "localhost", "Bearer " TOKEN "0", 401,
		    "is not the one" },
		{ "nothing", HERE "{token: {file: token}}\n", "localhost", "Bearer ", 401,
		    "is not the one" },
		{ "another scheme", HERE "{token: {file: token}}\n", "localhost", "Basic " TOKEN,
		    401, "is not the one" },
		{ "a token nobody wants", HERE "{}\n", "localhost", "Bearer x", 0, "" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		const struct http_access_claim claim = { tc[i].host, tc[i].authorization, NULL };
		struct http_access *a = make(tc[i].text);
		struct err err = { ERR_OK, "" };

		print_message("  %s\n", tc[i].name);
		assert_int_equal(http_access_judge(a, &claim, &err), tc[i].status);
		assert_non_null(strstr(err.msg, tc[i].msg));
		assert_null(strstr(err.msg, "0123456789abcde"));
		http_access_drop(a);
	}
}

/* All that may change, each by itself. */
static void
sameness(void **state)
{
	static const char *const text[] = {
		HERE "{}\n",
		HERE "{names: [a]}\n",
		HERE "{token: {file: token}}\n",
		HERE "{token: {file: another}}\n",
		HERE "{" TLS "}\n",
		HERE "{certificate: {file: other.pem}, private_key: {file: other.key}}\n",
		HERE "{" TLS ", client_ca: {file: c.pem}}\n",
		HERE "{" TLS ", client_ca: {file: other.pem}}\n",
		BEYOND "{" TLS ", client_ca: {file: c.pem}}\n",
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(text); i++) {
		struct http_access *a = make(text[i]);

		assert_int_equal(http_access_has_tls(a), i >= 4);
		for (size_t j = 0; j < LENGTH(text); j++) {
			struct http_access *b = make(text[j]);

			assert_int_equal(http_access_same(a, b), i == j);
			http_access_drop(b);
		}
		http_access_drop(a);
	}
}

static void
holders(void **state)
{
	struct http_access *a = make(HERE "{" TLS "}\n");

	(void)state;
	assert_ptr_equal(http_access_hold(a), a);
	http_access_drop(a);
	assert_true(http_access_has_tls(a));
	http_access_drop(a);
	http_access_drop(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_cannot_be_used, enter, sandbox_leave),
		cmocka_unit_test_setup_teardown(judgements, enter, sandbox_leave),
		cmocka_unit_test_setup_teardown(sameness, enter, sandbox_leave),
		cmocka_unit_test_setup_teardown(holders, enter, sandbox_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
