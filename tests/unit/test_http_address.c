/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define LENGTH(array) (sizeof array / sizeof(array)[0])
#define X50 "x2345678901234567890123456789012345678901234567890"
#define X250 X50 X50 X50 X50 X50

static void
accepted(void **state)
{
	static const struct {
		const char *url;
		bool unix_socket;
		bool plain;
		bool local;
		const char *authority;
	} tc[] = {
		{ "https://graph.microsoft.com/v1.0/x?$top=1", false, false, false,
		    "graph.microsoft.com" },
		{ "HTTPS://graph.microsoft.com", false, false, false, "graph.microsoft.com" },
		{ "https://oem.example:8443/", false, false, false, "oem.example:8443" },
		{ "https://192.0.2.7/", false, false, false, "192.0.2.7" },
		{ "https://[2001:db8::1]:8443/", false, false, false, "[2001:db8::1]:8443" },
		{ "https://" X250 ".test:65535/", false, false, false, X250 ".test:65535" },
		{ "https://localhost/", false, false, true, "localhost" },
		{ "https://127.0.0.1/", false, false, true, "127.0.0.1" },

		{ "http://127.0.0.1:8400/", false, true, true, "127.0.0.1:8400" },
		{ "http://127.1.2.3/", false, true, true, "127.1.2.3" },
		{ "http://localhost:1/", false, true, true, "localhost:1" },
		{ "http://LocalHost/", false, true, true, "LocalHost" },
		{ "http://[::1]:8400/", false, true, true, "[::1]:8400" },
		{ "http://agent/v1/status", true, true, true, "agent" },
		{ "https://agent/", true, false, true, "agent" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct http_address a;
		struct err err = { ERR_OK, "" };

		print_message("  %s\n", tc[i].url);
		assert_int_equal(http_address_parse(tc[i].url, tc[i].unix_socket, &a, &err),
		    ERR_OK);
		assert_int_equal(a.plain, tc[i].plain);
		assert_int_equal(a.local, tc[i].local);
		assert_string_equal(a.authority, tc[i].authority);
	}
}

static void
refused(void **state)
{
	static const struct {
		const char *url;
		const char *msg; /* its beginning */
	} tc[] = {
		{ "", "the address is none that can be called: " },
		{ "/v1/devices", "the address is none that can be called: " },
		{ "graph.microsoft.com/x", "the address is none that can be called: " },
		{ "https://", "the address is none that can be called: " },
		{ "https://host:99999/", "the address is none that can be called: " },
		{ "https://me:secret@host/", "the address is none that can be called: " },
		{ "https://me@host/", "the address is none that can be called: " },
		{ "https://ho st/", "the address is none that can be called: " },
		{ "https://host/a\r\nX: y", "the address is none that can be called: " },
		{ "gopher2://host/", "the address is none that can be called: " },
		{ "file:///etc/passwd", "the address is none that can be called: " },
		{ "ftp://host/x?secret", "host: the address has to begin with https://" },
		{ "https://" X250 "." X50 "/", "the address has a host name that is too long" },
		{ "http://graph.microsoft.com/x?secret",
		    "graph.microsoft.com: plain http is for this machine only; use https://" },
		{ "http://127.example.com/", "127.example.com: plain http" },
		{ "http://localhost.example.com/", "localhost.example.com: plain http" },
		{ "http://0.0.0.0/", "0.0.0.0: plain http" },
		{ "http://128.0.0.1/", "128.0.0.1: plain http" },
		{ "http://[::2]/", "[::2]: plain http" },
		{ "http://[::ffff:192.0.2.7]/", "[::ffff:192.0.2.7]: plain http" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct http_address a = { .authority = "untouched" };
		struct err err = { ERR_OK, "" };

		print_message("  %s\n", tc[i].url);
		assert_int_equal(http_address_parse(tc[i].url, false, &a, &err), ERR_USAGE);
		assert_int_equal(strncmp(err.msg, tc[i].msg, strlen(tc[i].msg)), 0);
		assert_null(strstr(err.msg, "secret"));
		assert_string_equal(a.authority, "untouched");
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepted),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
