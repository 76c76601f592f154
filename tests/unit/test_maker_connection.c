/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/maker_connection.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "oem/oem_credential.h"
#include "tests/unit/config_fixture.h"
#include "tests/unit/key_pair.h"
#include "tests/unit/sandbox.h"

#define OEM(auth) \
	"version: 1\noems:\n  fabrikam: {profile: reference-v1, base_url: https://oem.example, auth: " auth \
	"}\n"

/* What lies in the folder: a pair, another one's key, both in one, and a token. */
static int
enter(void **state)
{
	struct key_pair pair = key_pair_new(2048, NULL), other = key_pair_new(2048, NULL);
	struct secret *both = key_pair_pkcs12(&pair, NULL);

	if (sandbox_enter(state))
		return -1;
	sandbox_write_private("c.pem", secret_get(pair.certificate));
	sandbox_write_private("c.key", secret_get(pair.key));
	sandbox_write_private("other.key", secret_get(other.key));
	sandbox_write_private("c.p12", secret_get(both));
	sandbox_write_private("token", slice_of("secret token\n"));
	assert_int_equal(chmod("c.pem", 0644), 0); /* everybody may see it */
	secret_free(both);
	key_pair_done(&pair);
	key_pair_done(&other);
	return 0;
}

static enum err_code
open(const struct config *config, struct maker_connection *out, struct err *err)
{
	struct oem_profile *profile = NULL;
	struct problems problems = { .n = 0 };
	enum err_code rc;

	assert_int_equal(oem_profile_load("reference-v1", &profile, &problems, err), ERR_OK);
	rc = maker_connection_open(&(struct maker_connection_options){ NULL, clock_system(),
	                               random_system(), &config->oems.item[0], profile, NULL },
	    out, err);
	if (rc == ERR_OK) {
		assert_non_null(out->channel);
		maker_connection_close(out);
	}
	oem_profile_free(profile);
	return rc;
}

static void
opens(void **state)
{
	static const struct {
		const char *name;
		const char *config;
		const char *msg; /* NULL: it succeeds */
	} tc[] = {
		{ "a token", OEM("{method: bearer, token: {file: token}}"), NULL },
		{ "a certificate and its key",
		    OEM("{method: mtls, certificate: {file: c.pem}, private_key: {file: c.key}}"),
		    NULL },
		{ "both in one", OEM("{method: mtls, certificate: {file: c.p12}}"), NULL },
		{ "all that there is",
		    OEM("{method: oauth2_client_credentials, token_url: 'https://t.example/', client_id: "
		        "c, certificate: {file: c.pem}, private_key: {file: c.key}, tls_certificate: "
		        "{file: c.p12}}"),
		    NULL },
		{ "another's key",
		    OEM("{method: mtls, certificate: {file: c.pem}, private_key: {file: other.key}}"),
		    "oem fabrikam: certificate and private key do not belong together; give those of one "
		    "pair" },
		{ "no such file", OEM("{method: bearer, token: {file: none}}"), "oem fabrikam: " },
		{ "everybody may see the key", OEM("{method: mtls, certificate: {file: c.pem}}"),
		    "oem fabrikam: " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct config *config = config_fixture_parse(tc[i].config, ".");
		struct maker_connection m = { .credential = NULL };
		struct err err = { ERR_OK, "" };

		print_message("  %s\n", tc[i].name);
		if (open(config, &m, &err) != ERR_OK && !tc[i].msg)
			fail_msg("%s", err.msg);
		assert_int_equal(err.code == ERR_OK, tc[i].msg == NULL);
		if (tc[i].msg) {
			assert_int_equal(strncmp(err.msg, tc[i].msg, strlen(tc[i].msg)), 0);
			assert_null(m.credential);
		}
		config_free(config);
	}
}

/* Before a configuration is taken. */
static void
is_checked(void **state)
{
	struct config *good =
	    config_fixture_parse(OEM("{method: mtls, certificate: {file: c.p12}}"), ".");
	struct config *bad =
	    config_fixture_parse(OEM("{method: header, token: {file: token}}"), ".");
	struct err err;

	(void)state;
	assert_int_equal(maker_connection_check(good, NULL, clock_system(), random_system(), &err),
	    ERR_OK);
	assert_int_equal(maker_connection_check(bad, NULL, clock_system(), random_system(), &err),
	    ERR_FORMAT);
	assert_non_null(strstr(err.msg, "the profile has no auth_header"));
	config_free(good);
	config_free(bad);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(opens, enter, sandbox_leave),
		cmocka_unit_test_setup_teardown(is_checked, enter, sandbox_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
