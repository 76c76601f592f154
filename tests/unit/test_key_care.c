/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/key_care.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "auth/token_request.h"
#include "base/buf.h"
#include "oem/oem_credential.h"
#include "store/store.h"
#include "tests/unit/config_fixture.h"
#include "tests/unit/sandbox.h"
#include "tests/unit/store_async_fake.h"

#define IDS \
	"tenant: 11111111-1111-4111-8111-111111111111, client_id: " \
	"33333333-3333-4333-8333-333333333333"

static const char config_text[] =
    "version: 1\n"
    "partners:\n"
    "  a: {" IDS ", auth: {method: client_credentials, client_secret: {env: S}}}\n"
    "  b: {" IDS ", auth: {method: client_credentials, certificate: {env: C},\n"
    "    private_key: {pkcs11: 'pkcs11:token=t'}, private_key_pin: {env: P}}}\n"
    "oems:\n"
    "  c: {profile: reference-v1, base_url: https://c.example,"
    " auth: {method: bearer, token: {env: T}}}\n"
    "  d: {profile: reference-v1, base_url: https://d.example,"
    " auth: {method: oauth2_client_credentials, token_url: https://d.example/t, client_id: me,\n"
    "    certificate: {env: C}, private_key: {tpm2: 'handle:0x81000001'}}}\n";

/* --- doubles: of the two keys that are outside, the test says how they sign --- */

struct token_source {
	char something;
};

struct oem_credential {
	struct token_source tokens;
};

static struct token_source partner_b;
static struct oem_credential oem_d;

struct token_source *
connections_tokens(const struct connections *c, size_t partner)
{
	(void)c;
	return partner == 1 ? &partner_b : NULL;
}

struct oem_credential *
connections_credential(const struct connections *c, size_t oem)
{
	(void)c;
	return oem == 1 ? &oem_d : NULL;
}

struct token_source *
oem_credential_tokens(const struct oem_credential *c)
{
	return c == &oem_d ? &oem_d.tokens : NULL;
}

const struct token_request *
token_source_request(const struct token_source *ts)
{
	return (const void *)ts;
}

enum { B, D, NKEY };

static struct {
	client_assertion_fn *done; /* NULL: it does not sign */
	void *arg;
} signing[NKEY];
static enum err_code refusal;

enum err_code
token_request_sign(const struct token_request *r, int64_t now_unix_s, client_assertion_fn *done,
    void *arg, struct assertion_signing **out, struct err *err)
{
	size_t i = (const void *)r == &partner_b ? B : D;

	(void)now_unix_s;
	(void)out;
	assert_non_null(r);
	assert_null(signing[i].done);
	if (refusal)
		return err_set(err, refusal, "no signing");
	signing[i].done = done;
	signing[i].arg = arg;
	return ERR_OK;
}

static void
end_signing(size_t i, enum err_code code)
{
	client_assertion_fn *done = signing[i].done;
	const struct err failed = { code, "something is wrong" };
	struct secret *none = NULL;

	assert_non_null(done);
	signing[i].done = NULL;
	done(signing[i].arg, &none, code ? &failed : NULL);
}

/* --- the bench --- */

static struct {
	struct store *store;
	struct store_async *writer;
	struct config *config;
	struct key_care *care;
	unsigned lost, closed;
} bench;

static void
on_lost(void *arg)
{
	assert_ptr_equal(arg, &bench);
	bench.lost++;
}

static void
on_closed(void *arg)
{
	assert_ptr_equal(arg, &bench);
	bench.closed++;
}

static void
open_care(void)
{
	const struct key_care_options opt = {
		.clock = clock_system(),
		.config = bench.config,
		.writer = bench.writer,
		.arg = &bench,
		.on_lost = on_lost,
	};
	struct err err;

	assert_int_equal(key_care_open(&opt, &bench.care, &err), ERR_OK);
}

static void
close_care(void)
{
	key_care_close(bench.care, on_closed, &bench);
}

static int
enter(void **state)
{
	struct err err;

	memset(&bench, 0, sizeof bench);
	memset(signing, 0, sizeof signing);
	refusal = ERR_OK;
	if (sandbox_enter(state) ||
	    store_open("store", STORE_WRITE, clock_system(), &bench.store, &err))
		return -1;
	bench.writer = store_async_fake_open(bench.store);
	bench.config = config_fixture_parse(config_text, ".");
	return 0;
}

static int
leave(void **state)
{
	assert_int_equal(bench.closed, 1);
	store_close(bench.store);
	config_free(bench.config);
	return sandbox_leave(state);
}

static enum err_code
add_hold(void *arg, const struct store_hold *h, struct err *err)
{
	(void)err;
	buf_addf(arg, SLICE_FMT " " SLICE_FMT ": " SLICE_FMT "\n", SLICE_ARG(h->scope),
	    SLICE_ARG(h->reason), SLICE_ARG(h->message));
	return ERR_OK;
}

static void
assert_holds(const char *want)
{
	struct buf text;
	struct err err;

	buf_init(&text, 4096);
	assert_int_equal(store_holds(bench.store, add_hold, &text, &err), ERR_OK);
	assert_string_equal(text.ptr ? text.ptr : "", want);
	buf_done(&text);
}

/* --- tests --- */

static void
all_is_well(void **state)
{
	(void)state;
	open_care();
	end_signing(B, ERR_OK);
	end_signing(D, ERR_OK);
	assert_int_equal(store_async_fake_waiting(), 0);
	close_care();
	assert_holds("");
}

/* What may pass is told, and no more; what a person has to mend makes customers wait. */
static void
what_fails(void **state)
{
	(void)state;
	open_care();
	end_signing(D, ERR_NOT_FOUND);
	assert_int_equal(store_async_fake_waiting(), 0);
	end_signing(B, ERR_FORMAT);
	assert_int_equal(bench.lost, 0);
	assert_true(store_async_fake_step());
	assert_int_equal(bench.lost, 1);
	close_care();
	assert_holds(
	    "partner/b credentials: the private key: something is wrong. Mend what is said of "
	    "the private key, then run 'autoreg reload'.\n");
}

static void
of_a_maker(void **state)
{
	(void)state;
	open_care();
	end_signing(B, ERR_OK);
	end_signing(D, ERR_FORMAT);
	store_async_fake_fail();
	assert_true(store_async_fake_step());
	assert_int_equal(bench.lost, 0); /* it could not be written down */
	close_care();
	assert_holds("");
}

static void
closed_meanwhile(void **state)
{
	(void)state;
	open_care();
	close_care();
	end_signing(B, ERR_FORMAT);
	end_signing(D, ERR_OK);
	assert_int_equal(bench.closed, 0);
	assert_true(store_async_fake_step());
	assert_int_equal(bench.closed, 1);
	assert_int_equal(bench.lost, 0); /* nobody is there any more */
}

static void
cannot_be_tried(void **state)
{
	(void)state;
	refusal = ERR_NOMEM;
	open_care();
	close_care();
	assert_holds("");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(all_is_well, enter, leave),
		cmocka_unit_test_setup_teardown(what_fails, enter, leave),
		cmocka_unit_test_setup_teardown(of_a_maker, enter, leave),
		cmocka_unit_test_setup_teardown(closed_meanwhile, enter, leave),
		cmocka_unit_test_setup_teardown(cannot_be_tried, enter, leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
