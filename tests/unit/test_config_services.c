/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/config_fixture.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

static void
bad_partners_are_refused(void **state)
{
	static const struct config_case tc[] = {
		{ "required keys", "version: 1\npartners: {nw: {}}\n",
		    "2:12 nw: tenant is missing\n"
		    "Add tenant. The partner's own tenant.\n"
		    "2:12 nw: client_id is missing\n"
		    "Add client_id. The application registered in that tenant.\n"
		    "2:12 nw: auth is missing\n"
		    "Add auth. How the application proves itself.\n" },
		{ "bad GUID",
		    "version: 1\npartners: {nw: {tenant: 1111-4111, client_id: aaaaaa"
		    "aa-aaaa-4aaa-8aaa-aaaaaaaaaaag, auth: {method: refresh_token, cl"
		    "ient_secret: {env: S}}}}\n",
		    "2:25 tenant: \"1111-4111\" is no GUID\n"
		    "It looks like 11111111-2222-4333-8444-555555555555.\n"
		    "2:47 client_id: \"aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaag\" is no GUID\n"
		    "It looks like 11111111-2222-4333-8444-555555555555.\n" },
		{ "unknown word",
		    CONFIG_PARTNER(
		        "role: indirect, auth: {method: refresh_token, client_secret: {en"
		        "v: S}}"),
		    "3:109 role: \"indirect\" is unknown; did you mean \"direct\"?\n"
		    "Known: direct, indirect_provider, indirect_reseller.\n" },
		{ "unknown word, nothing near",
		    CONFIG_PARTNER(
		        "role: xyz, auth: {method: refresh_token, client_secret: {env: S}"
		        "}"),
		    "3:109 role: \"xyz\" is unknown\n"
		    "Known: direct, indirect_provider, indirect_reseller.\n" },
		{ "inline secret",
		    CONFIG_PARTNER("auth: {method: refresh_token, client_secret: hunter2}"),
		    "3:148 client_secret: the secret itself stands here\n"
		    "Write client_secret: {file: PATH}, or {credential: NAME}, or {env: NAME}.\n" },
		{ "secret without value",
		    CONFIG_PARTNER("auth: {method: refresh_token, client_secret: }"),
		    "3:148 client_secret: there is no value\n"
		    "Write client_secret: {file: PATH}, or {credential: NAME}, or {env: NAME}.\n" },
		{ "secret as list",
		    CONFIG_PARTNER("auth: {method: refresh_token, client_secret: [hunter2]}"),
		    "3:148 client_secret: the secret itself stands here\n"
		    "Write client_secret: {file: PATH}, or {credential: NAME}, or {env: NAME}.\n" },
		{ "unknown reference",
		    CONFIG_PARTNER(
		        "auth: {method: refresh_token, client_secret: {hunter2: hunter2}}"),
		    "3:149 client_secret: this is none of credential, file and env\n"
		    "Write client_secret: {file: PATH}, or {credential: NAME}, or {env: NAME}.\n" },
		{ "two references",
		    CONFIG_PARTNER(
		        "auth: {method: refresh_token, client_secret: {env: A, file: B}}"),
		    "3:148 client_secret: exactly one of credential, file and env is needed\n"
		    "Write client_secret: {file: PATH}, or {credential: NAME}, or {env: NAME}.\n" },
		{ "no reference",
		    CONFIG_PARTNER("auth: {method: refresh_token, client_secret: {}}"),
		    "3:148 client_secret: exactly one of credential, file and env is needed\n"
		    "Write client_secret: {file: PATH}, or {credential: NAME}, or {env: NAME}.\n" },
		{ "bad variable",
		    CONFIG_PARTNER("auth: {method: refresh_token, client_secret: {env: hunter-2}}"),
		    "3:154 client_secret: this is not the name of a variable\n"
		    "Write client_secret: {env: NAME}.\n" },
		{ "bad credential",
		    CONFIG_PARTNER(
		        "auth: {method: refresh_token, client_secret: {credential: ../hun"
		        "ter2}}"),
		    "3:161 client_secret: this is not the name of a credential\n"
		    "Write client_secret: {credential: NAME}.\n" },
		{ "bad file",
		    CONFIG_PARTNER("auth: {method: refresh_token, client_secret: {file: \"hunter2"
		                   "\\n\"}}"),
		    "3:155 client_secret: this is not the path of a file\n"
		    "Write client_secret: {file: PATH}.\n" },
		{ "reference to a number",
		    CONFIG_PARTNER(
		        "auth: {method: refresh_token, client_secret: {credential: 1234}}"),
		    "3:161 client_secret: this is not the name of a credential\n"
		    "Write client_secret: {credential: NAME}.\n" },
		{ "reference to a map",
		    CONFIG_PARTNER(
		        "auth: {method: refresh_token, client_secret: {file: {hunter2: 1}"
		        "}}"),
		    "3:155 client_secret: this is not the path of a file\n"
		    "Write client_secret: {file: PATH}.\n" },
		{ "no proof", CONFIG_PARTNER("auth: {method: client_credentials}"),
		    "3:103 auth: client_secret is missing\n"
		    "Add client_secret, or certificate with private_key.\n" },
		{ "two proofs",
		    CONFIG_PARTNER(
		        "auth: {method: client_credentials, client_secret: {env: S}, cert"
		        "ificate: {env: C}, private_key: {env: K}}"),
		    "3:163 certificate and client_secret are both there\n"
		    "Keep client_secret, or certificate with private_key.\n" },
		{ "a PIN in the URI",
		    CONFIG_PARTNER("auth: {method: client_credentials, certificate: {env: C}, "
		                   "private_key: {pkcs11: \"pkcs11:token=t?pin-value=hunter2\"}}"),
		    "3:183 private_key: this is not a PKCS#11 URI, or the PIN stands in it\n"
		    "Write private_key: {pkcs11: \"pkcs11:token=NAME;object=NAME\"}.\n" },
		{ "a file with the PIN in the URI",
		    CONFIG_PARTNER("auth: {method: client_credentials, certificate: {env: C}, "
		                   "private_key: {pkcs11: \"pkcs11:token=t?pin-source=/p\"}}"),
		    "3:183 private_key: this is not a PKCS#11 URI, or the PIN stands in it\n"
		    "Write private_key: {pkcs11: \"pkcs11:token=NAME;object=NAME\"}.\n" },
		{ "no URI",
		    CONFIG_PARTNER("auth: {method: client_credentials, certificate: {env: C}, "
		                   "private_key: {pkcs11: /key}}"),
		    "3:183 private_key: this is not a PKCS#11 URI, or the PIN stands in it\n"
		    "Write private_key: {pkcs11: \"pkcs11:token=NAME;object=NAME\"}.\n" },
		{ "a secret in a TPM",
		    CONFIG_PARTNER(
		        "auth: {method: client_credentials, client_secret: {tpm2: /key}}"),
		    "3:154 client_secret: a token or TPM only keeps the private_key of a certificate "
		    "that signs\n"
		    "Write client_secret: {file: PATH}, or {credential: NAME}, or {env: NAME}.\n" },
		{ "a PIN of a file",
		    CONFIG_PARTNER("auth: {method: client_credentials, certificate: {env: C}, "
		                   "private_key: {env: K}, private_key_pin: {env: P}}"),
		    "3:184 private_key_pin does not go with a private_key that can be read\n"
		    "Remove it, or write private_key: {pkcs11: URI} or {tpm2: PATH}.\n" },
		{ "a PIN of nothing",
		    CONFIG_PARTNER("auth: {method: client_credentials, client_secret: {env: S}, "
		                   "private_key_pin: {env: P}}"),
		    "3:163 private_key_pin stands alone\n"
		    "Add private_key, or remove it.\n" },
		{ "half a proof",
		    CONFIG_PARTNER("auth: {method: client_credentials, certificate: {env: C}}"),
		    "3:138 certificate stands alone\n"
		    "A certificate takes both certificate and private_key.\n" },
		{ "other half",
		    CONFIG_PARTNER("auth: {method: client_credentials, private_key: {env: C}}"),
		    "3:138 private_key stands alone\n"
		    "A certificate takes both certificate and private_key.\n" },
		{ "seed for the application",
		    CONFIG_PARTNER(
		        "auth: {method: client_credentials, client_secret: {env: S}, refr"
		        "esh_token: {env: T}}"),
		    "3:163 refresh_token does not go with method client_credentials\n"
		    "Remove one of the two.\n" },
		{ "unknown cloud",
		    CONFIG_PARTNER(
		        "cloud: usgvo, auth: {method: refresh_token, client_secret: {env:"
		        " S}}"),
		    "3:110 cloud: there is no cloud \"usgvo\"; did you mean \"usgov\"?\n"
		    "Name one that stands under clouds, or add it there.\n" },
		{ "unknown cloud, nothing near",
		    CONFIG_PARTNER(
		        "cloud: mars, auth: {method: refresh_token, client_secret: {env: "
		        "S}}"),
		    "3:110 cloud: there is no cloud \"mars\"\n"
		    "Name one that stands under clouds, or add it there.\n" },
	};

	(void)state;
	config_fixture_refused(tc, LENGTH(tc));
}

#define OAUTH2 \
	"auth: {method: oauth2_client_credentials, token_url: \"https://t.example\", client_id: " \
	"a, "

static void
bad_oems_and_customers_are_refused(void **state)
{
	static const struct config_case tc[] = {
		{ "bearer without token", CONFIG_OEM("auth: {method: bearer}"),
		    "3:38 auth: token is missing, which method bearer needs\n"
		    "Add token. bearer, and header (auth_header of the profile): where the token is.\n" },
		{ "header without token", CONFIG_OEM("auth: {method: header}"),
		    "3:38 auth: token is missing, which method header needs\n"
		    "Add token. bearer, and header (auth_header of the profile): where the token is.\n" },
		{ "mtls with a key alone",
		    CONFIG_OEM("auth: {method: mtls, private_key: {env: K}}"),
		    "3:38 auth: certificate is missing, which method mtls needs\n"
		    "Add certificate. mtls: where ours is (PEM, or PKCS#12 alone); oauth2: what signs "
		    "(PEM).\n" },
		{ "oauth2 signs with half", CONFIG_OEM(OAUTH2 "certificate: {env: C}}"),
		    "3:126 certificate stands alone\n"
		    "A certificate takes both certificate and private_key.\n" },
		{ "oauth2 with two proofs",
		    CONFIG_OEM(
		        OAUTH2 "client_secret: {env: S}, certificate: {env: C}, private_key: "
		               "{env: K}}"),
		    "3:151 certificate and client_secret are both there\n"
		    "Keep client_secret, or certificate with private_key.\n" },
		{ "oauth2 with the key of no certificate",
		    CONFIG_OEM(OAUTH2 "client_secret: {env: S}, tls_private_key: {env: K}}"),
		    "3:151 tls_private_key stands alone\n"
		    "Add tls_certificate, or remove it.\n" },
		{ "mtls with what stands beside a token",
		    CONFIG_OEM("auth: {method: mtls, certificate: {env: C}, tls_certificate: {env: "
		               "T}}"),
		    "3:82 tls_certificate does not go with method mtls\n"
		    "Remove one of the two.\n" },
		{ "mtls with a key in a TPM",
		    CONFIG_OEM(
		        "auth: {method: mtls, certificate: {env: C}, private_key: {tpm2: /k}}"),
		    "3:95 private_key: a key in a token or TPM signs assertions, but not for TLS\n"
		    "With method mtls write private_key: {file: PATH}.\n" },
		{ "mtls with token",
		    CONFIG_OEM("auth: {method: mtls, token: {env: T}, certificate: {env: C}, pri"
		               "vate_key: {env: K}}"),
		    "3:59 token does not go with method mtls\n"
		    "Remove one of the two.\n" },
		{ "oauth2 without all",
		    CONFIG_OEM("auth: {method: oauth2_client_credentials, scope: x}"),
		    "3:38 auth: token_url is missing, which method oauth2_client_credentials needs\n"
		    "Add token_url. oauth2_client_credentials: where tokens come from.\n"
		    "3:38 auth: client_id is missing, which method oauth2_client_credentials needs\n"
		    "Add client_id. oauth2_client_credentials: the client's name there.\n"
		    "3:38 auth: client_secret is missing\n"
		    "Add client_secret, or certificate with private_key.\n" },
		{ "bad profile",
		    CONFIG_OEM("profile: reference-v2, auth: {method: bearer, token: {env: T}}"),
		    "3:47 profile: \"reference-v2\" is no profile\n"
		    "Write reference-v1, or the path of a file with a slash: ./oem.yaml.\n" },
		{ "bad link",
		    CONFIG_OEM("consent_link: consent.example, auth: {method: bearer, token: {en"
		               "v: T}}"),
		    "3:52 consent_link: the URL does not begin with https://\n"
		    "It looks like https://host/path?query; http is for loopback only.\n" },
		{ "every above for",
		    CONFIG_OEM("not_found: {every: 2h, for: 1h}, auth: {method: bearer, token: {"
		               "env: T}}"),
		    "3:57 for is 1h, but every is 2h\n"
		    "every may be at most for.\n" },
		{ "via nowhere", CONFIG_CUSTOMER("via: northwind"),
		    "5:58 via: \"northwind\" leads nowhere\n"
		    "Write partner/NAME, oem/NAME or intune.\n" },
		{ "via unknown partner", CONFIG_CUSTOMER("via: partner/nx"),
		    "5:58 via: there is no partner \"nx\"; did you mean \"nw\"?\n"
		    "Name one that stands under partners, or add it there.\n" },
		{ "via unknown partner, nothing near", CONFIG_CUSTOMER("via: partner/contoso"),
		    "5:58 via: there is no partner \"contoso\"\n"
		    "Name one that stands under partners, or add it there.\n" },
		{ "via unknown oem", CONFIG_CUSTOMER("via: oem/nw, domain: a.example"),
		    "5:58 via: there is no oem \"nw\"\n"
		    "Name one that stands under oems, or add it there.\n" },
		{ "via oem without domain", CONFIG_CUSTOMER("via: oem/nw"),
		    "5:3 c: domain is missing, which via oem needs\n"
		    "Add domain. A domain of that tenant; needed with oem.\n"
		    "5:58 via: there is no oem \"nw\"\n"
		    "Name one that stands under oems, or add it there.\n" },
		{ "intune with a name", CONFIG_CUSTOMER("via: intune/x"),
		    "5:58 via: \"intune/x\" leads nowhere\n"
		    "Write partner/NAME, oem/NAME or intune.\n" },
		{ "partner without a name", CONFIG_CUSTOMER("via: partner"),
		    "5:58 via: \"partner\" leads nowhere\n"
		    "Write partner/NAME, oem/NAME or intune.\n" },
		{ "intune without app", CONFIG_CUSTOMER("via: intune, group_tag: T"),
		    "5:3 c: app is missing, which via intune needs\n"
		    "Add app. intune: who registers the devices.\n" },
		{ "intune without tag", CONFIG_CUSTOMER("via: intune, " CONFIG_APP),
		    "5:3 c: group_tag is missing, which via intune needs\n"
		    "Add group_tag. The tag of devices whose rows have none; needed with intune.\n" },
		{ "app without intune", CONFIG_CUSTOMER("via: partner/nw, " CONFIG_APP),
		    "5:70 app does not go with via partner\n"
		    "Remove one of the two.\n" },
		{ "cloud without intune", CONFIG_CUSTOMER("via: partner/nw, cloud: china"),
		    "5:70 cloud does not go with via partner\n"
		    "Remove one of the two.\n" },
		{ "intune in an unknown cloud",
		    CONFIG_CUSTOMER("via: intune, cloud: moon, group_tag: T, " CONFIG_APP),
		    "5:73 cloud: there is no cloud \"moon\"\n"
		    "Name one that stands under clouds, or add it there.\n" },
		{ "tag with a blank", CONFIG_CUSTOMER("via: partner/nw, group_tag: \"T \""),
		    "5:81 group_tag: \"T \" has a blank at an end\n"
		    "The service compares tags to the letter: remove the blank.\n" },
		{ "tag with a hard blank",
		    CONFIG_CUSTOMER("via: partner/nw, group_tag: \"T\\u00a0\""),
		    "5:81 group_tag: \"T\302\240\" has a blank at an end\n"
		    "The service compares tags to the letter: remove the blank.\n" },
		{ "tag too long",
		    CONFIG_CUSTOMER(
		        "via: partner/nw, group_tag: tttttttttttttttttttttttttttttttttttt"
		        "tttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt"
		        "tttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt"
		        "tttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt"
		        "tttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt"
		        "tttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt"
		        "tttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt"
		        "tttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt"
		        "ttttttttttttttttttttttttttttt"),
		    "5:81 group_tag: \"tttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt\" is too long\n"
		    "At most 512 characters.\n" },
		{ "tag not allowed",
		    CONFIG_CUSTOMER("via: partner/nw, group_tag: T, allowed_tags: [A, B]"),
		    "5:98 allowed_tags: the group_tag \"T\" is not among them\n"
		    "Add it to the list.\n" },
		{ "bad domain", CONFIG_CUSTOMER("via: partner/nw, domain: contoso"),
		    "5:78 domain: \"contoso\" is no domain name\n"
		    "It looks like contoso.onmicrosoft.com.\n" },
		{ "worse domain", CONFIG_CUSTOMER("via: partner/nw, domain: a..b"),
		    "5:78 domain: \"a..b\" is no domain name\n"
		    "It looks like contoso.onmicrosoft.com.\n" },
		{ "worst domain", CONFIG_CUSTOMER("via: partner/nw, domain: a_b.c"),
		    "5:78 domain: \"a_b.c\" is no domain name\n"
		    "It looks like contoso.onmicrosoft.com.\n" },
		{ "boolean yes", CONFIG_CUSTOMER("via: partner/nw, accept_serial_mismatch: yes"),
		    "5:94 accept_serial_mismatch: \"yes\" is neither true nor false\n"
		    "Write true, without quotes.\n" },
		{ "boolean in quotes",
		    CONFIG_CUSTOMER("via: partner/nw, accept_serial_mismatch: \"true\""),
		    "5:94 accept_serial_mismatch: \"true\" is neither true nor false\n"
		    "Write true, without quotes.\n" },
		{ "boolean off", CONFIG_CUSTOMER("via: partner/nw, accept_serial_mismatch: off"),
		    "5:94 accept_serial_mismatch: \"off\" is neither true nor false\n"
		    "Write false, without quotes.\n" },
		{ "unknown column", CONFIG_CUSTOMER("via: partner/nw, columns: {serials: x}"),
		    "5:80 unknown key \"serials\" in columns; did you mean \"serial\"?\n"
		    "Known: serial, product_id, hash, manufacturer, model, tag, user, order. Notes may stand under keys that begin with x-.\n" },
	};

	(void)state;
	config_fixture_refused(tc, LENGTH(tc));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_partners_are_refused),
		cmocka_unit_test(bad_oems_and_customers_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
