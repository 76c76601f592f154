/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/config_fixture.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

#define WHAT_TO_ADD \
	"Add server: {certificate: {file: PATH}, private_key: {file: PATH}, token: {file: PATH}}," \
	" with client_ca in place of token or beside it; or listen on 127.0.0.1, [::1] or" \
	" localhost.\n"
#define TLS "certificate: {file: /c}, private_key: {file: /k}"
#define PROXY_LOOK \
	"It looks like http://proxy.example:3128; who we are there says proxy_credential.\n"

static void
bad_values_are_refused(void **state)
{
	static const struct config_case tc[] = {
		{ "number out of range", "version: 1\nbatch: {uploads: 0}\n",
		    "2:18 uploads: \"0\" is out of range\n"
		    "Write 1 to 64 requests.\n" },
		{ "number too large", "version: 1\nbatch: {max_devices: 1001}\n",
		    "2:22 max_devices: \"1001\" is out of range\n"
		    "Write 1 to 1000 devices.\n" },
		{ "number huge", "version: 1\nbatch: {max_devices: 99999999999999999999}\n",
		    "2:22 max_devices: \"99999999999999999999\" is out of range\n"
		    "Write 1 to 1000 devices.\n" },
		{ "duration without unit", "version: 1\npoll: {first: 5}\n",
		    "2:15 first: \"5\" has no unit\n"
		    "Write ms, s, m, h or d behind the number: 30s.\n" },
		{ "duration with a blank", "version: 1\npoll: {first: 5 s}\n",
		    "2:15 first: \"5 s\" is no duration\n"
		    "Write a number and ms, s, m, h or d without a blank: 30s.\n" },
		{ "unknown unit", "version: 1\npoll: {first: 5w}\n",
		    "2:15 first: \"5w\" is no duration\n"
		    "Write a number and ms, s, m, h or d without a blank: 30s.\n" },
		{ "duration out of range", "version: 1\npoll: {first: 2h}\n",
		    "2:15 first: \"2h\" is out of range\n"
		    "Write 1ms to 1h.\n" },
		{ "duration that overflows", "version: 1\npoll: {first: 999999999999999999d}\n",
		    "2:15 first: \"999999999999999999d\" is out of range\n"
		    "Write 1ms to 1h.\n" },
		{ "size without unit", "version: 1\nbatch: {max_bytes: 8}\n",
		    "2:20 max_bytes: \"8\" has no unit\n"
		    "Write B, KiB, MiB or GiB behind the number: 8MiB.\n" },
		{ "size in other units", "version: 1\nbatch: {max_bytes: 8MB}\n",
		    "2:20 max_bytes: \"8MB\" is no size\n"
		    "Write a number and B, KiB, MiB or GiB without a blank: 8MiB.\n" },
		{ "size out of range", "version: 1\nbatch: {max_bytes: 1GiB}\n",
		    "2:20 max_bytes: \"1GiB\" is out of range\n"
		    "Write 1MiB to 64MiB.\n" },
		{ "first above max", "version: 1\npoll: {first: 2m}\n",
		    "2:15 max is 1m, but first is 2m\n"
		    "first may be at most max.\n" },
		{ "max below the default of first", "version: 1\npoll: {max: 1s}\n",
		    "2:13 max is 1s, but first is 5s\n"
		    "first may be at most max.\n" },
		{ "text that is a number", "version: 1\nstate: 12\n",
		    "2:8 state: \"12\" is not text\n"
		    "If it is meant, put quotes around it.\n" },
		{ "text that is null", "version: 1\nstate: null\n",
		    "2:8 state: \"null\" is not text\n"
		    "If it is meant, put quotes around it.\n" },
		{ "empty text", "version: 1\nstate: \"\"\n",
		    "2:8 state: there is no value\n"
		    "Give it one, or remove the key.\n" },
		{ "control in text", "version: 1\nstate: \"a\\nb\"\n",
		    "2:8 state: \"a?b\" holds a control character\n"
		    "Write it on one line.\n" },
		{ "long path",
		    "version: 1\ncontrol: /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		    "a\n",
		    "2:10 control: \"/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\" is too long\n"
		    "At most 107 characters.\n" },
		{ "listen without port", "version: 1\nlisten: 127.0.0.1\n",
		    "2:9 listen: \"127.0.0.1\" is no address\n"
		    "Write host:port, as in 127.0.0.1:9417 or [::1]:9417, or off.\n" },
		{ "listen on all", "version: 1\nlisten: 0.0.0.0:9417\n",
		    "2:9 listen: \"0.0.0.0\" is not on loopback, and there is no TLS\n" WHAT_TO_ADD },
		{ "listen on a name", "version: 1\nlisten: agent.example:9417\n",
		    "2:9 listen: \"agent.example:9417\" is no address\n"
		    "Write host:port, as in 127.0.0.1:9417 or [::1]:9417, or off.\n" },
		{ "listen on port 0", "version: 1\nlisten: localhost:0\n",
		    "2:9 listen: \"localhost:0\" is no address\n"
		    "Write host:port, as in 127.0.0.1:9417 or [::1]:9417, or off.\n" },
		{ "bad name",
		    "version: 1\nclouds: {Lab: {login: https://a, partner_center: htt"
		    "ps://a, graph: https://a}}\n",
		    "2:10 clouds: \"Lab\" is no name\n"
		    "Names are made of a to z, 0 to 9, - and _, and begin with a letter or digit.\n" },
		{ "name that is a number",
		    "version: 1\nclouds: {1: {login: https://a, partner_center: https"
		    "://a, graph: https://a}}\n",
		    "2:10 clouds: \"1\" is not text\n"
		    "If it is meant, put quotes around it.\n" },
		{ "entry without keys", "version: 1\nclouds: {lab: }\n",
		    "2:15 lab: keys belong here\n"
		    "Write keys with their values on lines of their own, indented; or remove this one.\n" },
		{ "http to the world",
		    "version: 1\nclouds: {lab: {login: http://example.com, partner_ce"
		    "nter: ftp://a, graph: https://}}\n",
		    "2:23 login: the URL is http, which is for loopback only\n"
		    "It looks like https://host/path; http is for loopback only.\n"
		    "2:59 partner_center: the URL does not begin with https://\n"
		    "It looks like https://host/path; http is for loopback only.\n"
		    "2:75 graph: the URL names no host\n"
		    "It looks like https://host/path; http is for loopback only.\n" },
		{ "URLs",
		    "version: 1\nclouds: {lab: {login: https://u@a, partner_center: h"
		    "ttps://a/?b, graph: \"https://a b\"}}\n",
		    "2:23 login: the URL holds a user name\n"
		    "It looks like https://host/path; http is for loopback only.\n"
		    "2:52 partner_center: the URL holds a query\n"
		    "It looks like https://host/path; http is for loopback only.\n"
		    "2:73 graph: the URL holds characters that a URL must escape\n"
		    "It looks like https://host/path; http is for loopback only.\n" },
		{ "more URLs",
		    "version: 1\nclouds: {lab: {login: https://a:0, partner_center: h"
		    "ttps://a#b, graph: https://a_b}}\n",
		    "2:23 login: the URL has a port that is none\n"
		    "It looks like https://host/path; http is for loopback only.\n"
		    "2:52 partner_center: the URL holds a fragment\n"
		    "It looks like https://host/path; http is for loopback only.\n"
		    "2:72 graph: the URL names no host\n"
		    "It looks like https://host/path; http is for loopback only.\n" },
	};

	(void)state;
	config_fixture_refused(tc, LENGTH(tc));
}

static void
bad_networks_are_refused(void **state)
{
	static const struct config_case tc[] = {
		{ "the world, and no question",
		    "version: 1\nlisten: \"[::]:1\"\nserver: {" TLS "}\n",
		    "2:9 listen: \"::\" is not on loopback, and nobody is asked who it is\n" WHAT_TO_ADD },
		{ "the world, and no TLS",
		    "version: 1\nlisten: 192.0.2.1:1\nserver: {token: {env: T}}\n",
		    "2:9 listen: \"192.0.2.1\" is not on loopback, and there is no TLS\n" WHAT_TO_ADD },
		{ "certificate alone", "version: 1\nserver: {certificate: {file: /c}}\n",
		    "2:10 certificate stands alone\n"
		    "Add private_key, or remove it.\n" },
		{ "key alone", "version: 1\nserver: {private_key: {file: /k}}\n",
		    "2:10 private_key stands alone\n"
		    "Add certificate, or remove it.\n" },
		{ "clients without TLS", "version: 1\nserver: {client_ca: {file: /a}}\n",
		    "2:10 client_ca stands alone\n"
		    "Add certificate, or remove it.\n" },
		{ "token in the file", "version: 1\nserver: {token: abc}\n",
		    "2:17 token: the secret itself stands here\n"
		    "Write token: {file: PATH}, or {credential: NAME}, or {env: NAME}.\n" },
		{ "name with a port", "version: 1\nserver: {names: [\"a:1\"]}\n",
		    "2:18 names: \"a:1\" is no host\n"
		    "Write its name or its address, without a port.\n" },
		{ "proxy without a scheme", "version: 1\nhttp: {proxy: \"p:1\"}\n",
		    "2:15 proxy: the URL does not begin with http:// or https://\n" PROXY_LOOK },
		{ "proxy without a port", "version: 1\nhttp: {proxy: http://p}\n",
		    "2:15 proxy: the URL is not just a host and a port\n" PROXY_LOOK },
		{ "proxy with a path", "version: 1\nhttp: {proxy: http://p:1/}\n",
		    "2:15 proxy: the URL is not just a host and a port\n" PROXY_LOOK },
		{ "proxy with a password", "version: 1\nhttp: {proxy: http://u:hidden@p:1}\n",
		    "2:15 proxy: the URL holds a user name\n" PROXY_LOOK },
		{ "credential for nobody", "version: 1\nhttp: {proxy_credential: {env: P}}\n",
		    "2:8 proxy_credential stands alone\n"
		    "Add proxy, or remove it.\n" },
	};

	(void)state;
	config_fixture_refused(tc, LENGTH(tc));
}

static void
good_networks_are_read(void **state)
{
	static const char text[] = "version: 1\nlisten: \"[2001:db8::1]:9417\"\n"
	                           "server: {" TLS ", token: {env: T}, names: [agent, \"::1\"]}\n"
	                           "http: {proxy: \"http://[::1]:3128\", no_proxy: [.example],"
	                           " proxy_credential: {env: P}}\n";
	struct config *c = config_fixture_parse(text, "");

	(void)state;
	assert_string_equal(c->listen.host, "2001:db8::1");
	assert_int_equal(c->listen.port, 9417);
	assert_string_equal(c->server.certificate.where, "/c");
	assert_string_equal(c->server.private_key.where, "/k");
	assert_int_equal(c->server.token.kind, SECRET_ENV);
	assert_int_equal(c->server.client_ca.kind, SECRET_NONE);
	assert_int_equal(c->server.names.n, 2);
	assert_string_equal(c->server.names.item[1], "::1");
	assert_string_equal(c->http.proxy, "http://[::1]:3128");
	assert_int_equal(c->http.no_proxy.n, 1);
	assert_string_equal(c->http.proxy_credential.where, "P");
	config_free(c);
	c = config_fixture_parse("version: 1\nhttp: {proxy: off}\n", "");
	assert_string_equal(c->http.proxy, CONFIG_OFF);
	config_free(c);
	c = config_fixture_parse("version: 1\n", "");
	assert_null(c->http.proxy);
	assert_int_equal(c->server.token.kind, SECRET_NONE);
	config_free(c);
}

static void
bad_hooks_and_logins_are_refused(void **state)
{
	static const struct config_case tc[] = {
		{ "unknown need",
		    CONFIG_CUSTOMER("via: partner/nw, gate: {needs: [registered, imag]}"),
		    "5:97 needs: \"imag\" is unknown; did you mean \"image\"?\n"
		    "Known: accepted, sent, registered, image.\n" },
		{ "no needs", CONFIG_CUSTOMER("via: partner/nw, gate: {needs: []}"),
		    "5:84 needs: the list is empty\n"
		    "At least one, and at most 4.\n" },
		{ "renewed too late", "version: 1\nlogin: {renew: 25h, lifetime: 2d}\n",
		    "2:16 login: renew is more than half of lifetime\n"
		    "Renew at least twice in that time.\n" },
		{ "short-lived", "version: 1\nlogin: {lifetime: 47h}\n",
		    "2:19 login: renew is more than half of lifetime\n"
		    "Renew at least twice in that time.\n" },
		{ "bad lifetime", "version: 1\nlogin: {renew: 25h, lifetime: 401d}\n",
		    "2:31 lifetime: \"401d\" is out of range\n"
		    "Write 1d to 400d.\n" },
		{ "unknown kind", "version: 1\nhooks: {on: [list_don], exec: [/x]}\n",
		    "2:14 on: \"list_don\" is unknown; did you mean \"list_done\"?\n"
		    "Known: list_received, list_done, device_contested, device_claimed, claim_asked, claim_released, claim_note, claim_case, claim_stopped, claim_resumed, consent_requested, consent_granted, consent_denied, consent_withdrawn, login_done, login_expiring, login_lost, login_renewed, login_forgotten, certificate_expiring, image_acknowledged, unit_superseded, unit_taken_back, paused, resumed, retried, released, reloaded, reload_refused, agent_started, agent_stopped.\n" },
		{ "what a hook is not told", "version: 1\nhooks: {on: [hook_failed], exec: [/x]}\n",
		    "2:14 on: \"hook_failed\" is unknown\n"
		    "Known: list_received, list_done, device_contested, device_claimed, claim_asked, claim_released, claim_note, claim_case, claim_stopped, claim_resumed, consent_requested, consent_granted, consent_denied, consent_withdrawn, login_done, login_expiring, login_lost, login_renewed, login_forgotten, certificate_expiring, image_acknowledged, unit_superseded, unit_taken_back, paused, resumed, retried, released, reloaded, reload_refused, agent_started, agent_stopped.\n" },
		{ "both", "version: 1\nhooks: {on: [list_done], exec: [/x], webhook: https://h}\n",
		    "2:38 hooks: exec and webhook are both there\n"
		    "Keep one of them; the program of exec may post as well.\n" },
		{ "neither", "version: 1\nhooks: {on: [list_done]}\n",
		    "2:9 hooks: neither exec nor webhook is there\n"
		    "Add exec: [PATH], or webhook: URL.\n" },
		{ "of nothing", "version: 1\nhooks: {webhook: http://127.0.0.1:1/x?y}\n",
		    "2:9 hooks: on is missing\n"
		    "Add on: with the kinds of events that are meant, as in [claim_released].\n" },
		{ "no path", "version: 1\nhooks: {on: [list_done], exec: [tell, -q]}\n",
		    "2:33 exec: the program is not an absolute path\n"
		    "Write where it is: [/usr/local/bin/tell].\n" },
		{ "program with secret",
		    "version: 1\nhooks: {on: [list_done], exec: [/x], secret: {env: S}}\n",
		    "2:38 hooks: secret does not go with exec\n"
		    "Remove one of the two.\n" },
		{ "http to the world", "version: 1\nhooks: {on: [list_done], webhook: http://h}\n",
		    "2:35 webhook: the URL is http, which is for loopback only\n"
		    "It looks like https://host/path?query; http is for loopback only.\n" },
		{ "times", "version: 1\nhooks: {timeout: 6m, attempts: 101}\n",
		    "2:18 timeout: \"6m\" is out of range\n"
		    "Write 1s to 5m.\n"
		    "2:32 attempts: \"101\" is out of range\n"
		    "Write 1 to 100 attempts.\n" },
	};

	(void)state;
	config_fixture_refused(tc, LENGTH(tc));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_values_are_refused),
		cmocka_unit_test(bad_networks_are_refused),
		cmocka_unit_test(good_networks_are_read),
		cmocka_unit_test(bad_hooks_and_logins_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
