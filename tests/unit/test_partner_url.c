/* SPDX-License-Identifier: Apache-2.0 */
#include "partner/partner_url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BASE "https://api.example"

static void
assert_url(char *url, const char *want)
{
	assert_string_equal(url, want);
	free(url);
}

static void
segments(void **state)
{
	static char large[9000];

	(void)state;
	assert_url(partner_url(BASE, "tenant", NULL), BASE "/v1/customers/tenant");
	assert_url(partner_url(BASE, "t", "deviceBatches", "Contoso HQ", "devices", NULL),
	    BASE "/v1/customers/t/deviceBatches/Contoso%20HQ/devices");
	assert_url(partner_url(BASE, "t", "a/b?c#d%e&f=g+h\"i", NULL),
	    BASE "/v1/customers/t/a%2Fb%3Fc%23d%25e%26f%3Dg%2Bh%22i");
	assert_url(partner_url(BASE, "t", "B\xC3\xBCro \xE6\x9D\xB1", NULL),
	    BASE "/v1/customers/t/B%C3%BCro%20%E6%9D%B1");
	assert_url(partner_url(BASE, "t", "AZaz09-._~", NULL), BASE "/v1/customers/t/AZaz09-._~");
	memset(large, 'a', sizeof large - 1);
	assert_null(partner_url(BASE, "t", large, NULL));
}

static void
customers(void **state)
{
	(void)state;
	assert_url(partner_url_customers(BASE, 500, false), BASE "/v1/customers?size=500");
	assert_url(partner_url_customers(BASE, 1, true),
	    BASE "/v1/customers?size=1&seekOperation=Next");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(segments),
		cmocka_unit_test(customers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
