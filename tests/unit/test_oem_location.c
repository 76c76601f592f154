/* SPDX-License-Identifier: Apache-2.0 */
#include "oem/oem_location.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define URL "https://oem.example/api/v1/registrations?x=/y"
#define A100 \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A510 A100 A100 A100 A100 A100 "aaaaaaaaaa"

static void
reads(void **state)
{
	static const struct {
		const char *location;
		const char *want; /* NULL: refused */
		const char *url;  /* NULL: URL */
	} tc[] = {
		{ "/v1/operations/1", .want = "/v1/operations/1" },
		{ "/v1/operations/1?a=b#c", .want = "/v1/operations/1?a=b" },
		{ "operations/1", .want = "/api/v1/operations/1" },
		{ "../operations/1", .want = "/api/v1/../operations/1" },
		{ "operations/1", "/operations/1", "https://oem.example" },
		{ "https://oem.example/v1/operations/1", .want = "/v1/operations/1" },
		{ "HTTPS://OEM.example/v1/operations/1", .want = "/v1/operations/1" },
		{ "https://oem.example:443/1", .want = "/1" },
		{ "https://oem.example/1", "/1", "https://oem.example:443/a" },
		{ "https://oem.example:8443/1", "/1", "https://oem.example:8443/a" },
		{ "http://127.0.0.1:80/1", "/1", "http://127.0.0.1/a" },
		{ "//oem.example/1", .want = "/1" },
		{ "https://oem.example//evil.example/1", .want = "//evil.example/1" },
		{ "/" A510, .want = "/" A510 },
		{ "/" A510 "a", .want = NULL },
		{ "", .want = NULL },
		{ "?a=b", .want = NULL },
		{ "#c", .want = NULL },
		{ "https://oem.example", .want = NULL },
		{ "https://oem.example?a=b", .want = NULL },
		{ "https://oem.example:8443/1", .want = NULL },
		{ "https://oem.example:80/1", .want = NULL },
		{ "http://oem.example/1", .want = NULL },
		{ "https://evil.example/1", .want = NULL },
		{ "https://oem.example.evil.example/1", .want = NULL },
		{ "https://oem.example@evil.example/1", .want = NULL },
		{ "https://user@oem.example/1", .want = NULL },
		{ "//evil.example/1", .want = NULL },
		{ "mailto:a@b", .want = NULL },
		{ "javascript:1", .want = NULL },
		{ "/with blank", .want = NULL },
		{ "/\x7f", .want = NULL },
		{ "/\xC3\xA9", .want = NULL },
		{ "/line\nend", .want = NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		char out[BATCH_TRACKING_SIZE] = "untouched";

		print_message("  %.60s\n", tc[i].location);
		assert_int_equal(
		    oem_location_read(slice_of(tc[i].location), tc[i].url ? tc[i].url : URL, out),
		    tc[i].want != NULL);
		assert_string_equal(out, tc[i].want ? tc[i].want : "untouched");
	}
}

static void
goes_back(void **state)
{
	static const struct {
		const char *base_url;
		const char *path;
		const char *want;
	} tc[] = {
		{ "https://oem.example/api", "/v1/1?a=b", "https://oem.example/v1/1?a=b" },
		{ "https://oem.example:8443", "/1", "https://oem.example:8443/1" },
		{ "https://oem.example", "//evil.example/1",
		    "https://oem.example//evil.example/1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct buf b;

		buf_init(&b, 1000);
		oem_location_url(tc[i].base_url, tc[i].path, &b);
		assert_string_equal(b.ptr, tc[i].want);
		buf_done(&b);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads),
		cmocka_unit_test(goes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
