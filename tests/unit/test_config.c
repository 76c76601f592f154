/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/config_example.h"
#include "config/config_schema.h"
#include "config/config_show.h"
#include "config/event_kinds.h"
#include "config/json_schema.h"
#include "tests/unit/alloc_fault.h"
#include "tests/unit/config_fixture.h"
#include "tests/unit/sandbox.h"

/* Every key, none at its default; shown again it must read the same. */
static const char full[] =
    "version: 1\n"
    "state: state\n"
    "spool: /spool\n"
    "seal_key:\n"
    "  file: /etc/autoreg/seal\n"
    "listen: \"[::1]:80\"\n"
    "control: /run/c.sock\n"
    "clouds:\n"
    "  lab:\n"
    "    login: http://localhost:1\n"
    "    partner_center: https://pc.example/v1/\n"
    "    graph: http://127.9.9.9\n"
    "    audience: api://pc\n"
    "partners:\n"
    "  nw:\n"
    "    cloud: lab\n"
    "    tenant: 11111111-1111-4111-8111-111111111111\n"
    "    client_id: AAAAAAAA-aaaa-4aaa-8aaa-aaaaaaaaaaaa\n"
    "    role: indirect_provider\n"
    "    auth:\n"
    "      method: client_credentials\n"
    "      certificate: {file: c.pem}\n"
    "      private_key: {credential: c.key}\n"
    "  token: {tenant: 11111111-1111-4111-8111-111111111111,\n"
    "    client_id: aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa,\n"
    "    auth: {method: refresh_token, client_secret: {env: S}, refresh_token: {file: /t}}}\n"
    "oems:\n"
    "  b: {base_url: https://b, profile: p/b.yaml, consent_link: \"https://l?a=b\",\n"
    "    auth: {method: bearer, token: {env: T}}, flush: {devices: 1, after: 1s},\n"
    "    not_found: {every: 1s, for: 2s}}\n"
    "  m: {base_url: https://m, auth: {method: mtls, certificate: {env: C}, private_key: {env: K}}}\n"
    "  o: {base_url: https://o, auth: {method: oauth2_client_credentials,\n"
    "    token_url: https://t/x?y, client_id: me, client_secret: {env: S}, scope: s,\n"
    "    tls_certificate: {file: t.pem}, tls_private_key: {env: K}}}\n"
    "  a: {base_url: https://a, auth: {method: oauth2_client_credentials,\n"
    "    token_url: https://t, client_id: me, certificate: {env: C}, private_key: {env: K}}}\n"
    "  q: {base_url: https://q, auth: {method: oauth2_client_credentials,\n"
    "    token_url: https://t, client_id: me, certificate: {env: C},\n"
    "    private_key: {pkcs11: \"pkcs11:token=t;object=o\"}, private_key_pin: {credential: pin}}}\n"
    "  r: {base_url: https://r, auth: {method: oauth2_client_credentials,\n"
    "    token_url: https://t, client_id: me, certificate: {env: C}, private_key: {tpm2: k.tss}}}\n"
    "  s: {base_url: https://s, auth: {method: oauth2_client_credentials,\n"
    "    token_url: https://t, client_id: me, certificate: {env: C},\n"
    "    private_key: {tpm2: \"handle:0x81000001\"}}}\n"
    "  h: {base_url: https://h, auth: {method: header, token: {env: T}}}\n"
    "  p: {base_url: https://p, auth: {method: mtls, certificate: {file: p.p12}}}\n"
    "customers:\n"
    "  c:\n"
    "    via: partner/nw\n"
    "    tenant: 22222222-2222-4222-8222-222222222222\n"
    "    domain: contoso.example\n"
    "    group_tag: T\n"
    "    allowed_tags: [A, T]\n"
    "    columns: {serial: \"S/N\", product_id: b, hash: c, manufacturer: d, model: e, tag: f,\n"
    "      user: g, order: h}\n"
    "    only: {serials_from: wanted.txt, models: [\"A*\", B], manufacturers: [M]}\n"
    "    accept_serial_mismatch: true\n"
    "    gate: {needs: [image, accepted, sent]}\n"
    "  i: {via: intune, tenant: 22222222-2222-4222-8222-222222222222, group_tag: \"yes\",\n"
    "    cloud: usgov, " CONFIG_APP "}\n"
    "  f: {via: oem/m, tenant: 22222222-2222-4222-8222-222222222222, domain: a.example}\n"
    "batch: {max_devices: 1000, max_bytes: 1024KiB, uploads: 64, in_flight: 1}\n"
    "poll: {first: 1ms, max: 2ms, deadline: 30d}\n"
    "retry: {base: 1ms, max: 1ms, attempts: 1}\n"
    "claims: {recheck: [90s, 90s, 2h]}\n"
    "consent: {recheck: 1s, max_age: 1s}\n"
    "login: {renew: 12h, lifetime: 1d}\n"
    "hooks: {on: [list_done, device_claimed], webhook: \"https://h/?a\", secret: {env: H},\n"
    "  timeout: 5m, attempts: 1}\n"
    "images: images.yaml\n";

static void
assert_ref(const struct secret_ref *ref, enum secret_kind kind, const char *where)
{
	assert_int_equal(ref->kind, kind);
	assert_string_equal(ref->where, where);
}

static void
every_key_is_read(void **state)
{
	struct config *c = config_fixture_parse(full, "/etc/autoreg");
	const struct partner *p = config_partner(c, "nw");
	const struct oem *o = config_oem(c, "b");
	const struct customer *k = c->customers.item;

	(void)state;
	assert_string_equal(c->state, "/etc/autoreg/state");
	assert_string_equal(c->spool, "/spool");
	assert_ref(&c->seal_key, SECRET_FILE, "/etc/autoreg/seal");
	assert_string_equal(c->listen.host, "::1");
	assert_int_equal(c->listen.port, 80);
	assert_string_equal(c->control, "/run/c.sock");

	assert_int_equal(c->clouds.n, 4);
	assert_string_equal(config_cloud(c, "lab")->partner_center, "https://pc.example/v1");
	assert_string_equal(config_cloud(c, "lab")->audience, "api://pc");
	assert_string_equal(config_cloud(c, "china")->graph,
	    "https://microsoftgraph.chinacloudapi.cn");
	assert_null(config_cloud(c, "mars"));

	assert_string_equal(p->cloud, "lab");
	assert_int_equal(p->role, PARTNER_INDIRECT_PROVIDER);
	assert_int_equal(p->auth.method, PARTNER_CLIENT_CREDENTIALS);
	assert_ref(&p->auth.proof.certificate, SECRET_FILE, "/etc/autoreg/c.pem");
	assert_ref(&p->auth.proof.private_key, SECRET_CREDENTIAL, "c.key");
	assert_int_equal(p->auth.proof.client_secret.kind, SECRET_NONE);
	p = config_partner(c, "token");
	assert_int_equal(p->auth.method, PARTNER_REFRESH_TOKEN);
	assert_ref(&p->auth.refresh_token, SECRET_FILE, "/t");
	assert_null(config_partner(c, "b"));

	assert_string_equal(o->profile, "/etc/autoreg/p/b.yaml");
	assert_string_equal(o->consent_link, "https://l?a=b");
	assert_int_equal(o->flush.devices, 1);
	assert_int_equal(o->flush.after_ms, 1000);
	assert_int_equal(o->not_found.for_ms, 2000);
	assert_string_equal(config_oem(c, "m")->profile, "reference-v1");
	assert_int_equal(config_oem(c, "o")->auth.method, OEM_OAUTH2);
	assert_string_equal(config_oem(c, "o")->auth.token_url, "https://t/x?y");
	assert_ref(&config_oem(c, "o")->auth.tls_certificate, SECRET_FILE, "/etc/autoreg/t.pem");
	assert_int_equal(config_oem(c, "a")->auth.client_secret.kind, SECRET_NONE);
	assert_int_equal(config_oem(c, "h")->auth.method, OEM_HEADER);
	assert_int_equal(config_oem(c, "p")->auth.private_key.kind, SECRET_NONE);
	assert_ref(&config_oem(c, "q")->auth.private_key, SECRET_PKCS11, "pkcs11:token=t;object=o");
	assert_ref(&config_oem(c, "q")->auth.private_key_pin, SECRET_CREDENTIAL, "pin");
	assert_ref(&config_oem(c, "r")->auth.private_key, SECRET_TPM2, "/etc/autoreg/k.tss");
	assert_ref(&config_oem(c, "s")->auth.private_key, SECRET_TPM2, "handle:0x81000001");
	assert_null(config_oem(c, "nw"));

	assert_int_equal(c->customers.n, 3);
	assert_int_equal(k[0].via.kind, VIA_PARTNER);
	assert_string_equal(k[0].via.name, "nw");
	assert_int_equal(k[0].allowed_tags.n, 2);
	assert_string_equal(k[0].columns.heading[0], "S/N");
	assert_string_equal(k[0].columns.heading[7], "h");
	assert_string_equal(k[0].only.serials_from, "/etc/autoreg/wanted.txt");
	assert_int_equal(k[0].only.models.n, 2);
	assert_string_equal(k[0].only.models.item[1], "B");
	assert_true(k[0].accept_serial_mismatch);
	assert_int_equal(k[0].gate.needs.n, 3);
	assert_string_equal(k[0].gate.needs.item[0], "image");
	assert_null(k[0].app);
	assert_int_equal(k[1].via.kind, VIA_INTUNE);
	assert_null(k[1].via.name);
	assert_string_equal(k[1].cloud, "usgov");
	assert_ref(&k[1].app->auth.proof.client_secret, SECRET_ENV, "S");
	assert_int_equal(k[2].via.kind, VIA_OEM);
	assert_int_equal(k[2].allowed_tags.n, 0);

	assert_int_equal(c->batch.max_bytes, 1024 * 1024);
	assert_int_equal(c->poll.deadline_ms, UINT64_C(30) * 24 * 60 * 60 * 1000);
	assert_int_equal(c->claims.recheck.n, 3);
	assert_int_equal(c->claims.recheck.item_ms[2], 2 * 60 * 60 * 1000);
	assert_int_equal(c->login.renew_ms, 12 * 60 * 60 * 1000);
	assert_int_equal(c->login.lifetime_ms, 24 * 60 * 60 * 1000);
	assert_int_equal(c->hooks.on.n, 2);
	assert_string_equal(c->hooks.on.item[1], "device_claimed");
	assert_int_equal(c->hooks.exec.n, 0);
	assert_string_equal(c->hooks.webhook, "https://h/?a");
	assert_ref(&c->hooks.secret, SECRET_ENV, "H");
	assert_int_equal(c->hooks.timeout_ms, 5 * 60 * 1000);
	assert_int_equal(c->hooks.attempts, 1);
	assert_string_equal(c->images, "/etc/autoreg/images.yaml");
	config_free(c);
}

static void
defaults_apply(void **state)
{
	struct config *c =
	    config_fixture_parse(CONFIG_CUSTOMER("via: partner/nw, group_tag: T"), "/nowhere");

	(void)state;
	assert_string_equal(c->state, "/var/lib/autoreg");
	assert_string_equal(c->listen.host, "127.0.0.1");
	assert_int_equal(c->listen.port, 9417);
	assert_int_equal(c->seal_key.kind, SECRET_NONE);
	assert_string_equal(c->partners.item[0].cloud, "global");
	assert_int_equal(c->partners.item[0].role, PARTNER_DIRECT);
	assert_int_equal(c->customers.item[0].allowed_tags.n, 1);
	assert_string_equal(c->customers.item[0].allowed_tags.item[0], "T");
	assert_string_equal(config_cloud(c, "usgov")->audience,
	    "https://api.partnercenter.microsoft.com");
	assert_int_equal(c->batch.max_devices, 500);
	assert_int_equal(c->claims.recheck.n, 3);
	assert_int_equal(c->claims.recheck.item_ms[0], 6 * 60 * 60 * 1000);
	assert_int_equal(c->customers.item[0].gate.needs.n, 1);
	assert_string_equal(c->customers.item[0].gate.needs.item[0], "registered");
	assert_int_equal(c->login.renew_ms, UINT64_C(24) * 60 * 60 * 1000);
	assert_int_equal(c->login.lifetime_ms, UINT64_C(90) * 24 * 60 * 60 * 1000);
	assert_int_equal(c->hooks.on.n, 0);
	assert_null(c->hooks.webhook);
	assert_int_equal(c->hooks.timeout_ms, 30 * 1000);
	assert_int_equal(c->hooks.attempts, 8);
	assert_null(c->images);
	config_free(c);

	c = config_fixture_parse("\xef\xbb\xbfversion: 1\nlisten: off\n", "");
	assert_null(c->listen.host);
	config_free(c);
	c = config_fixture_parse("version: 1\nclouds: {lab: {login: https://l, partner_center: "
	                         "https://p, graph: https://g}, global: {login: https://o, "
	                         "partner_center: https://p, graph: https://g}}\n",
	    "");
	assert_string_equal(config_cloud(c, "lab")->audience, "https://p");
	assert_string_equal(config_cloud(c, "global")->login, "https://o");
	assert_int_equal(c->clouds.n, 4);
	config_free(c);
}

static void
a_hook_may_be_a_program(void **state)
{
	struct config *c = config_fixture_parse(
	    "version: 1\nhooks: {on: [login_lost], exec: [/bin/tell, -q]}\n", "");

	(void)state;
	assert_int_equal(c->hooks.exec.n, 2);
	assert_string_equal(c->hooks.exec.item[0], "/bin/tell");
	assert_string_equal(c->hooks.exec.item[1], "-q");
	config_free(c);
}

/* Scripts ask for them; and what cannot be told of must not be asked for. */
static void
event_kinds_are_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < EVENT_KINDS; i++) {
		assert_int_equal(strspn(event_kinds[i], "abcdefghijklmnopqrstuvwxyz_"),
		    strlen(event_kinds[i]));
		assert_string_not_equal(event_kinds[i], "hook_failed");
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(event_kinds[i], event_kinds[k]);
	}
	assert_null(event_kinds[EVENT_KINDS]);
}

/* What is shown is read again and shown the same, as YAML and as JSON, which is YAML too. */
static void
what_is_shown_reads_the_same(void **state)
{
	struct config *c = config_fixture_parse(full, "/etc/autoreg");
	struct buf yaml, again;

	(void)state;
	buf_init(&yaml, CONFIG_BYTES_MAX);
	buf_init(&again, CONFIG_BYTES_MAX);
	config_show(c, DOC_YAML, &yaml);
	config_free(c);

	c = config_fixture_parse(yaml.ptr, "/elsewhere");
	config_show(c, DOC_YAML, &again);
	assert_string_equal(again.ptr, yaml.ptr);
	buf_reset(&again);
	config_show(c, DOC_JSON, &again);
	config_free(c);

	c = config_fixture_parse(again.ptr, "/elsewhere");
	buf_reset(&again);
	config_show(c, DOC_YAML, &again);
	assert_string_equal(again.ptr, yaml.ptr);
	config_free(c);
	buf_done(&again);
	buf_done(&yaml);
}

/* What counts is the path that is opened. */
static void
a_relative_path_is_as_long_as_with_its_folder(void **state)
{
	static struct problems problems;
	char folder[SOCKET_PATH_MAX] = "/";
	struct config *c = NULL;
	struct err err;

	(void)state;
	memset(folder + 1, 'f', sizeof folder - 2 - strlen("/sock"));
	c = config_fixture_parse("version: 1\ncontrol: sock\n", folder);
	config_free(c);
	c = NULL;
	assert_int_equal(config_parse(slice_of("version: 1\ncontrol: sockets\n"), folder,
	                     CONFIG_NO_LOOK, &c, &problems, &err),
	    ERR_FORMAT);
	assert_string_equal(problems.item[0].message, "control: \"sockets\" is too long");
	assert_null(c);
}

static void
the_example_is_good(void **state)
{
	struct buf text;
	struct config *c;

	(void)state;
	buf_init(&text, CONFIG_BYTES_MAX);
	config_example_write(&text);
	c = config_fixture_parse(text.ptr, "");
	assert_non_null(config_partner(c, "northwind"));
	assert_int_equal(c->customers.n, 1);
	config_free(c);
	buf_done(&text);
}

static void
assert_load(const char *path, const char *place, const char *message)
{
	static struct problems problems;
	struct config *c = NULL;
	struct err err;
	char got[64];

	assert_int_equal(config_load(path, CONFIG_LOOK_AT_FILES, &c, &problems, &err), ERR_FORMAT);
	assert_null(c);
	assert_int_equal(problems.n, 1);
	(void)snprintf(got, sizeof got, "%zu:%zu", problems.item[0].at.line,
	    problems.item[0].at.column);
	assert_string_equal(got, place);
	assert_string_equal(problems.item[0].message, message);
}

static void
files_are_judged(void **state)
{
	static char large[CONFIG_BYTES_MAX + 2];
	static struct problems problems;
	struct config *c = NULL;
	struct err err;

	(void)state;
	assert_load("none.yaml", "0:0", "No such file or directory");
	assert_load(".", "0:0", "Is a directory");
	memset(large, '#', sizeof large - 1);
	sandbox_write("large.yaml", large);
	assert_load("large.yaml", "0:0", "the file is larger than 1 MiB");

	sandbox_write("a.yaml", "version: 1\nseal_key: {file: key}\n");
	assert_load("a.yaml", "2:11", "seal_key: key: No such file or directory");
	assert_load("./a.yaml", "2:11", "seal_key: ./key: No such file or directory");
	sandbox_write("key", "x");
	assert_int_equal(chmod("key", 0640), 0);
	assert_load("a.yaml", "2:11", "seal_key: key is open to others (mode 0640)");
	assert_int_equal(chmod("key", 0600), 0);
	assert_int_equal(config_load("a.yaml", CONFIG_LOOK_AT_FILES, &c, &problems, &err), ERR_OK);
	config_free(c);
	assert_int_equal(mkdir("d", 0700), 0);
	sandbox_write("a.yaml", "version: 1\nseal_key: {file: d}\n");
	assert_load("a.yaml", "2:11", "seal_key: d is not a file");

	sandbox_write("a.yaml", "version: 1\nseal_key: {credential: k}\n");
	assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
	assert_int_equal(config_load("a.yaml", CONFIG_LOOK_AT_FILES, &c, &problems, &err), ERR_OK);
	config_free(c);
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", "/nowhere", 1), 0);
	assert_load("a.yaml", "2:11", "seal_key: /nowhere/k: No such file or directory");
	assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);

	sandbox_write("a.yaml", CONFIG_CUSTOMER("via: partner/nw, only: {serials_from: w.txt}"));
	assert_load("a.yaml", "5:91", "serials_from: w.txt: No such file or directory");
	assert_int_equal(chmod("key", 0644), 0);
	sandbox_write("a.yaml", CONFIG_OEM("auth: {method: mtls, certificate: {file: key}}"));
	assert_load("a.yaml", "3:72", "certificate: key is open to others (mode 0644)");
	assert_int_equal(chmod("key", 0600), 0);
	sandbox_write("a.yaml",
	    CONFIG_OEM("profile: ./p, auth: {method: mtls, certificate: "
	               "{file: key}, private_key: {file: key}}"));
	assert_load("a.yaml", "3:47", "profile: ./p: No such file or directory");
}

/* With their own names and places. */
static void
profiles_are_judged(void **state)
{
	static struct problems problems;
	struct config *c = NULL;
	struct err err;

	(void)state;
	sandbox_write("p.yaml", "version: 2\n");
	sandbox_write("a.yaml",
	    CONFIG_OEM("profile: ./p.yaml, auth: {method: bearer, token: {env: T}}"));
	assert_int_equal(config_load("a.yaml", CONFIG_NO_LOOK, &c, &problems, &err), ERR_OK);
	config_free(c);
	c = NULL;
	assert_int_equal(config_load("a.yaml", CONFIG_LOOK_AT_FILES, &c, &problems, &err),
	    ERR_FORMAT);
	assert_null(c);
	assert_string_equal(err.msg, "10 problems");
	assert_int_equal(problems.item[9].at.line, 0);
	assert_string_equal(problems.item[9].message,
	    "oems: ./p.yaml:1:10: version: \"2\" is out of range");
	assert_string_equal(problems.item[9].advice, "Write 1.");
	assert_string_equal(problems.item[0].message,
	    "oems: ./p.yaml:1:1: the file: name is missing");

	sandbox_write("a.yaml", CONFIG_OEM("auth: {method: header, token: {env: T}}"));
	assert_load("a.yaml", "0:0", "oems: f: method header, but the profile has no auth_header");
	sandbox_write("a.yaml", CONFIG_OEM("auth: {method: bearer, token: {env: T}}"));
	assert_int_equal(config_load("a.yaml", CONFIG_LOOK_AT_FILES, &c, &problems, &err), ERR_OK);
	config_free(c);
}

static void
try_all(void *arg)
{
	static struct problems problems;
	struct config *c = NULL;
	struct err err;
	enum err_code rc;

	rc = config_parse(slice_of(full), arg, CONFIG_NO_LOOK, &c, &problems, &err);
	assert_int_equal(rc, alloc_fault_hit() ? ERR_NOMEM : ERR_OK);
	assert_int_equal(c == NULL, alloc_fault_hit());
	config_free(c);
}

static void
running_out_of_memory_is_an_error(void **state)
{
	char folder[] = "/etc/autoreg";

	(void)state;
	assert_true(alloc_fault_sweep(try_all, folder) > 2);
}

static void
try_write(void *arg)
{
	const struct config *c = arg;
	struct buf text[3];

	for (size_t i = 0; i < 3; i++)
		buf_init(&text[i], CONFIG_BYTES_MAX);
	config_show(c, DOC_YAML, &text[0]);
	config_example_write(&text[1]);
	json_schema_write(&text[2]);
	assert_int_equal(text[0].failed || text[1].failed || text[2].failed, alloc_fault_hit());
	for (size_t i = 0; i < 3; i++)
		buf_done(&text[i]);
}

/* As far as it can be told, whatever else is wrong. */
static void
the_socket_of_a_bad_file(void **state)
{
	static const struct {
		const char *text; /* NULL: no file */
		const char *want;
	} tc[] = {
		{ "version: 1\ncontrol: /tmp/c.sock\n", "/tmp/c.sock" },
		{ "version: 1\ncontrol: c.sock\n", "d/c.sock" },
		{ "vresion: 1\ncontrol: c.sock\ncustomers: {x: }\n", "d/c.sock" },
		{ "version: 1\n", "/run/autoreg/control.sock" },
		{ "version: 1\ncontrol: [c.sock]\n", "/run/autoreg/control.sock" },
		{ "version: [\n", "/run/autoreg/control.sock" },
		{ "- version\n", "/run/autoreg/control.sock" },
		{ NULL, "/run/autoreg/control.sock" },
	};

	(void)state;
	assert_int_equal(mkdir("d", 0700), 0);
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		char *control = NULL;
		struct err err;

		print_message("  %s\n", tc[i].text ? tc[i].text : "no file");
		if (tc[i].text)
			sandbox_write("d/a.yaml", tc[i].text);
		else
			assert_int_equal(unlink("d/a.yaml"), 0);
		assert_int_equal(config_read_control("d/a.yaml", &control, &err), ERR_OK);
		assert_string_equal(control, tc[i].want);
		free(control);
	}
}

static void
nothing_is_written_in_part(void **state)
{
	struct config *c = config_fixture_parse(full, "");

	(void)state;
	assert_true(alloc_fault_sweep(try_write, c) > 10);
	config_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_is_read),
		cmocka_unit_test(defaults_apply),
		cmocka_unit_test(a_hook_may_be_a_program),
		cmocka_unit_test(event_kinds_are_words),
		cmocka_unit_test(what_is_shown_reads_the_same),
		cmocka_unit_test(a_relative_path_is_as_long_as_with_its_folder),
		cmocka_unit_test(the_example_is_good),
		cmocka_unit_test_setup_teardown(files_are_judged, sandbox_enter, sandbox_leave),
		cmocka_unit_test_setup_teardown(profiles_are_judged, sandbox_enter, sandbox_leave),
		cmocka_unit_test_setup_teardown(the_socket_of_a_bad_file, sandbox_enter,
		    sandbox_leave),
		cmocka_unit_test(running_out_of_memory_is_an_error),
		cmocka_unit_test(nothing_is_written_in_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
