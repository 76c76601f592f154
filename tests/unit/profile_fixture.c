/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/profile_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

const char profile_fixture_least[] =
    "version: 1\n"
    "name: p\n"
    "identity: pkid\n"
    "endpoint: {validate: /v, register: /r}\n"
    "consent: {body: {/t: \"{tenantId}\"}, granted: [{status: 200}], refused: [{status: 403}]}\n"
    "request:\n"
    "  devices: /d\n"
    "  fields:\n"
    "    product_id: {name: pkid}\n"
    "    tenant_id: {name: /t, in: envelope}\n"
    "    tenant_domain: {name: /td, in: envelope}\n"
    "job: {mode: sync}\n"
    "result: {devices: /d, product_id: /pkid, status: /s, ok: [done], otherwise: error}\n"
    "errors: [{code: \"812\", means: not_found}]\n"
    "error_default: unexpected\n";

static void
add_replaced(struct buf *text, const char *part, const char *by)
{
	const char *at = part ? strstr(profile_fixture_least, part) : profile_fixture_least;

	assert_non_null(at);
	buf_add(text, profile_fixture_least, (size_t)(at - profile_fixture_least));
	buf_add_str(text, by);
	if (part)
		buf_add_str(text, at + strlen(part));
	assert_int_equal(text->failed, ERR_OK);
}

static void
assert_told(const struct problems *problems, const char *want)
{
	struct buf got;

	buf_init(&got, 64 * 1024);
	for (size_t i = 0; i < problems->n; i++) {
		const struct problem *p = &problems->item[i];

		buf_addf(&got, "%zu:%zu %s\n%s\n", p->at.line, p->at.column, p->message, p->advice);
	}
	assert_int_equal(got.failed, ERR_OK);
	assert_string_equal(got.ptr ? got.ptr : "", want);
	buf_done(&got);
}

void
profile_fixture_refused(const struct profile_case *tc, size_t n)
{
	static struct problems problems;
	struct err err;

	for (size_t i = 0; i < n; i++) {
		struct oem_profile untouched;
		struct oem_profile *p = &untouched;
		struct buf text;

		print_message("  %s\n", tc[i].name);
		buf_init(&text, CONFIG_BYTES_MAX);
		add_replaced(&text, tc[i].part, tc[i].by);
		assert_int_equal(oem_profile_parse(buf_slice(&text), "", &p, &problems, &err),
		    ERR_FORMAT);
		assert_ptr_equal(p, &untouched);
		assert_told(&problems, tc[i].want);
		buf_done(&text);
	}
}

struct oem_profile *
profile_fixture_parse(const char *part, const char *by)
{
	static struct problems problems;
	struct oem_profile *p = NULL;
	struct buf text;
	struct err err;

	buf_init(&text, CONFIG_BYTES_MAX);
	add_replaced(&text, part, by);
	if (oem_profile_parse(buf_slice(&text), "/etc/autoreg", &p, &problems, &err))
		assert_told(&problems, "");
	assert_non_null(p);
	buf_done(&text);
	return p;
}
