/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/proxy_setting.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/slice.h"
#include "tests/unit/sandbox.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

static void
readings(void **state)
{
	static const char *const hosts[] = { "a.example", ".b", "::1" };
	static const struct {
		const char *name;
		struct http_settings settings;
		const char *url, *direct, *authorization; /* NULL: the same there */
	} tc[] = {
		{ "nothing", { .proxy = NULL }, NULL, NULL, NULL },
		{ "none", { .proxy = CONFIG_OFF }, "", NULL, NULL },
		{ "one", { .proxy = "http://p:1" }, "http://p:1", NULL, NULL },
		{ "around it", { .no_proxy = { hosts, 1 } }, NULL, "a.example", NULL },
		{ "much around it", { .no_proxy = { hosts, 3 } }, NULL, "a.example,.b,::1", NULL },
		{ "with a password",
		    { .proxy = "http://p:1", .proxy_credential = { SECRET_FILE, "credential" } },
		    "http://p:1", NULL, "Basic dXNlcjpwYXNzIHdvcmQ=" },
	};

	(void)state;
	sandbox_write_private("credential", slice_of("user:pass word\n"));
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct http_proxy *p;
		struct err err;

		print_message("  %s\n", tc[i].name);
		assert_int_equal(proxy_setting_read(&tc[i].settings, &p, &err), ERR_OK);
		assert_int_equal(!p->url, !tc[i].url);
		assert_int_equal(!p->direct, !tc[i].direct);
		assert_int_equal(!p->authorization, !tc[i].authorization);
		if (p->url)
			assert_string_equal(p->url, tc[i].url);
		if (p->direct)
			assert_string_equal(p->direct, tc[i].direct);
		if (p->authorization)
			assert_true(
			    slice_eq(secret_get(p->authorization), slice_of(tc[i].authorization)));
		http_proxy_free(p);
	}
}

static void
bad_credentials(void **state)
{
	static const struct {
		const char *name;
		const char *content; /* NULL: it is not there */
		enum err_code code;
		const char *msg;
	} tc[] = {
		{ "not there", NULL, ERR_NOT_FOUND,
		    "http: proxy_credential: credential: it is not there" },
		{ "no colon", "hidden", ERR_FORMAT,
		    "http: proxy_credential: it is not of the form user:password" },
	};
	const struct http_settings settings = { .proxy_credential = { SECRET_FILE, "credential" } };

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct http_proxy *p = NULL;
		struct err err;

		print_message("  %s\n", tc[i].name);
		if (tc[i].content) {
			sandbox_write("credential", tc[i].content);
			assert_int_equal(chmod("credential", 0600), 0);
		}
		assert_int_equal(proxy_setting_read(&settings, &p, &err), tc[i].code);
		assert_null(p);
		assert_string_equal(err.msg, tc[i].msg);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(readings, sandbox_enter, sandbox_leave),
		cmocka_unit_test_setup_teardown(bad_credentials, sandbox_enter, sandbox_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
