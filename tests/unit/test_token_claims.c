/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/token_claims.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "tests/unit/alloc_fault.h"

enum { PAYLOAD_MAX = 16 * 1024, JWT_MAX = 32 * 1024 };

/* A token with that payload. */
static const char *
jwt(const char *payload, char out[JWT_MAX])
{
	static const char alphabet[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	static const char head[] = "eyJhbGciOiJub25lIn0.";
	size_t at = sizeof head - 1;
	uint32_t bits = 0;
	unsigned have = 0;

	memcpy(out, head, at);
	for (; *payload; payload++) {
		bits = bits << 8 | (unsigned char)*payload;
		for (have += 8; have >= 6; have -= 6)
			out[at++] = alphabet[bits >> (have - 6) & 63];
	}
	if (have)
		out[at++] = alphabet[bits << (6 - have) & 63];
	memcpy(out + at, ".c2ln", sizeof ".c2ln");
	return out;
}

#define GLOBAL "62e90394-69f5-4237-9190-012177145e10"
#define USER "b79fbf4d-3ef9-4689-8143-76b194e85509"
#define OTHER "00000000-1111-4222-8333-444444444444"

static const struct {
	const char *name;
	const char *payload;
	const char *tenant;
	const char *account;
	const char *roles;
	enum token_mfa mfa;
} cases[] = {
	{ "an access token",
	    "{\"tid\":\"t1\",\"upn\":\"a@x.example\",\"amr\":[\"pwd\",\"mfa\"],\"wids\":[\"" GLOBAL
	    "\",\"" USER "\"]}",
	    "t1", "a@x.example", "Global Administrator", TOKEN_MFA_DONE },
	{ "an identity token", "{\"tid\":\"t1\",\"preferred_username\":\"b@x.example\"}", "t1",
	    "b@x.example", "", TOKEN_MFA_UNKNOWN },
	{ "of version 1", "{\"unique_name\":\"live.com#c@x.example\"}", "", "live.com#c@x.example",
	    "", TOKEN_MFA_UNKNOWN },
	{ "the first name that is there", "{\"unique_name\":\"c\",\"upn\":\"a\"}", "", "a", "",
	    TOKEN_MFA_UNKNOWN },
	{ "with a password alone", "{\"amr\":[\"pwd\"]}", "", "", "", TOKEN_MFA_MISSING },
	{ "amr of something else", "{\"amr\":[1,null,{}]}", "", "", "", TOKEN_MFA_MISSING },
	{ "amr that is no list", "{\"amr\":\"mfa\"}", "", "", "", TOKEN_MFA_UNKNOWN },
	{ "windows hello", "{\"amr\":[\"ngcmfa\"]}", "", "", "", TOKEN_MFA_DONE },
	{ "an unknown role", "{\"wids\":[\"" OTHER "\",\"" GLOBAL "\"]}", "", "",
	    OTHER ", Global Administrator", TOKEN_MFA_UNKNOWN },
	{ "roles of other types", "{\"wids\":[1,[],\"\"]}", "", "", "", TOKEN_MFA_UNKNOWN },
	{ "numbers for texts", "{\"tid\":1,\"upn\":[\"a\"]}", "", "", "", TOKEN_MFA_UNKNOWN },
	{ "a tenant that is too long", "{\"tid\":\"" OTHER OTHER "\"}", "", "", "",
	    TOKEN_MFA_UNKNOWN },
	{ "nothing", "{}", "", "", "", TOKEN_MFA_UNKNOWN },
};

static void
claims(void **state)
{
	static char text[JWT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct token_claims c = { .mfa = TOKEN_MFA_UNKNOWN };

		print_message("  %s\n", cases[i].name);
		assert_true(token_claims_add(&c, slice_of(jwt(cases[i].payload, text))));
		assert_string_equal(c.tenant, cases[i].tenant);
		assert_string_equal(c.account, cases[i].account);
		assert_string_equal(c.roles, cases[i].roles);
		assert_int_equal(c.mfa, cases[i].mfa);
	}
}

static void
unreadable(void **state)
{
	static const char *const token[] = { "", "opaque", "a.b", "a..c", "a.e30", "e30", ".e30 .",
		"a.e30=.c", "a.e.c", "a.bnVsbA.c", "a.W10.c", "a.eyJ1cG4iOiJhXHUwMDAwYiJ9.c",
		"a.eyJhIjoxLCJhIjoyfQ.c" };
	static char text[JWT_MAX], payload[PAYLOAD_MAX];
	struct token_claims c, before;

	(void)state;
	memset(&before, 'x', sizeof before);
	c = before;
	for (size_t i = 0; i < sizeof token / sizeof token[0]; i++) {
		print_message("  \"%s\"\n", token[i]);
		assert_false(token_claims_add(&c, slice_of(token[i])));
	}
	assert_false(token_claims_add(&c, (struct slice){ NULL, 0 }));
	(void)snprintf(payload, sizeof payload, "{\"upn\":\"%*s\"}", PAYLOAD_MAX - 20, "a");
	assert_false(token_claims_add(&c, slice_of(jwt(payload, text))));
	assert_memory_equal(&c, &before, sizeof c);
}

static void
the_first_word_stands(void **state)
{
	static char text[JWT_MAX];
	struct token_claims c = { .mfa = TOKEN_MFA_UNKNOWN };

	(void)state;
	assert_true(token_claims_add(&c, slice_of(jwt("{\"tid\":\"t1\"}", text))));
	assert_true(token_claims_add(&c,
	    slice_of(jwt("{\"tid\":\"t2\",\"upn\":\"a\",\"amr\":[\"mfa\"]}", text))));
	assert_true(token_claims_add(&c, slice_of(jwt("{\"upn\":\"b\",\"amr\":[]}", text))));
	assert_string_equal(c.tenant, "t1");
	assert_string_equal(c.account, "a");
	assert_int_equal(c.mfa, TOKEN_MFA_DONE);
}

static void
as_many_roles_as_fit(void **state)
{
	static char text[JWT_MAX];
	struct token_claims c = { .mfa = TOKEN_MFA_UNKNOWN };
	struct buf payload;

	(void)state;
	buf_init(&payload, PAYLOAD_MAX);
	buf_add_str(&payload, "{\"wids\":[\"" OTHER "\"");
	for (int i = 0; i < 50; i++)
		buf_add_str(&payload, ",\"" OTHER "\"");
	buf_add_str(&payload, "]}");
	assert_true(token_claims_add(&c, slice_of(jwt(payload.ptr, text))));
	buf_done(&payload);
	assert_int_equal(strlen(c.roles), 13 * 36 + 12 * 2);
}

static void
try_all(void *arg)
{
	static char text[JWT_MAX];
	struct token_claims c = { .mfa = TOKEN_MFA_UNKNOWN };

	(void)arg;
	if (!token_claims_add(&c, slice_of(jwt("{\"tid\":\"t1\"}", text)))) {
		assert_true(alloc_fault_hit());
		assert_string_equal(c.tenant, "");
	}
}

static void
memory_runs_out(void **state)
{
	(void)state;
	assert_true(alloc_fault_sweep(try_all, NULL) >= 1);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(claims),
		cmocka_unit_test(unreadable),
		cmocka_unit_test(the_first_word_stands),
		cmocka_unit_test(as_many_roles_as_fit),
		cmocka_unit_test(memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
