/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/body_signature.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define LENGTH(array) (sizeof array / sizeof(array)[0])

/* The cases of RFC 4231 whose keys and data are text or runs of one byte. */
static void
as_the_standard_has_it(void **state)
{
	static const struct {
		const char *name;
		unsigned char key_byte; /* 0: key is text */
		size_t key_len;
		const char *key;
		unsigned char byte;
		size_t len;
		const char *text;
		const char *want;
	} tc[] = {
		{ "case 1", 0x0b, 20, NULL, 0, 0, "Hi There",
		    "sha256=b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
		{ "case 2", 0, 0, "Jefe", 0, 0, "what do ya want for nothing?",
		    "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
		{ "case 3", 0xaa, 20, NULL, 0xdd, 50, NULL,
		    "sha256=773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
		{ "case 6, a long key", 0xaa, 131, NULL, 0, 0,
		    "Test Using Larger Than Block-Size Key - Hash Key First",
		    "sha256=60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		char key[160], body[160], out[BODY_SIGNATURE_SIZE];
		struct slice k =
		    tc[i].key ? slice_of(tc[i].key) : (struct slice){ key, tc[i].key_len };
		struct slice b =
		    tc[i].text ? slice_of(tc[i].text) : (struct slice){ body, tc[i].len };
		struct secret *secret;
		struct err err;

		print_message("  %s\n", tc[i].name);
		memset(key, tc[i].key_byte, sizeof key);
		memset(body, tc[i].byte, sizeof body);
		assert_int_equal(secret_new(k.ptr, k.len, &secret, &err), ERR_OK);
		assert_int_equal(body_signature_make(secret, b, out, &err), ERR_OK);
		assert_string_equal(out, tc[i].want);
		secret_free(secret);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_the_standard_has_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
