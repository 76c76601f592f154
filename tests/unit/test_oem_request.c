/* SPDX-License-Identifier: Apache-2.0 */
#include "oem/oem_request.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/alloc_fault.h"
#include "tests/unit/oem_fake.h"

#define LENGTH(array) (sizeof array / sizeof(array)[0])
#define PKID "0123456789012"

static const struct oem_tenant tenant = { FAKE_TENANT, FAKE_DOMAIN };

/* Tenant and order as reference-v1 has them, and a device each. */
#define ENVELOPE(devices) \
	"{\"purchaseOrderId\":\"PO-7\",\"tenantId\":\"" FAKE_TENANT \
	"\",\"tenantDomain\":\"" FAKE_DOMAIN "\",\"devices\":[" devices "]}"
#define BY_PKID(ref) "{\"ref\":\"" ref "\",\"productKeyId\":\"" PKID "\",\"groupTag\":\"HQ\"}"
#define BY_TUPLE(ref) \
	"{\"ref\":\"" ref "\",\"serialNumber\":\"S1\",\"manufacturer\":\"Fab\",\"model\":\"M 1\"," \
	"\"groupTag\":\"HQ\"}"
#define BY_BOTH(ref) \
	"{\"ref\":\"" ref "\",\"serialNumber\":\"S1\",\"manufacturer\":\"Fab\",\"model\":\"M 1\"," \
	"\"productKeyId\":\"" PKID "\",\"groupTag\":\"HQ\"}"

enum { HAS_TUPLE = 1, HAS_PKID = 2 };

static void
add(struct batch *b, int has)
{
	bool tuple = has & HAS_TUPLE;

	partner_fake_add(b, tuple ? "S1" : NULL, has & HAS_PKID ? PKID : NULL, tuple ? "Fab" : NULL,
	    tuple ? "M 1" : NULL, "never this", 0);
}

/* NULL: an error, whose code is *rc. */
static char *
body_of(const struct oem_profile *p, const struct batch *b, enum err_code *rc)
{
	struct err err;
	struct buf out;

	buf_init(&out, 64 * 1024);
	*rc = oem_request_register(p, &tenant, b, "key-1", &out, &err);
	if (*rc) {
		assert_int_equal(out.len, 0);
		buf_done(&out);
		return NULL;
	}
	return buf_take(&out);
}

static void
identities(void **state)
{
	static const struct {
		const char *mode;
		int has;
		const char *want; /* NULL: it cannot be sent, and: */
		const char *missing;
	} tc[] = {
		{ "pkid", HAS_PKID, ENVELOPE(BY_PKID("1")), NULL },
		{ "pkid", HAS_PKID | HAS_TUPLE, ENVELOPE(BY_PKID("1")), NULL },
		{ "pkid", HAS_TUPLE, NULL, "the service wants the product key id" },
		{ "tuple", HAS_TUPLE, ENVELOPE(BY_TUPLE("1")), NULL },
		{ "tuple", HAS_PKID | HAS_TUPLE, ENVELOPE(BY_TUPLE("1")), NULL },
		{ "tuple", HAS_PKID, NULL,
		    "the service wants serial number, manufacturer and model" },
		{ "prefer_pkid", HAS_PKID | HAS_TUPLE, ENVELOPE(BY_PKID("1")), NULL },
		{ "prefer_pkid", HAS_PKID, ENVELOPE(BY_PKID("1")), NULL },
		{ "prefer_pkid", HAS_TUPLE, ENVELOPE(BY_TUPLE("1")), NULL },
		{ "prefer_pkid", 0, NULL,
		    "the service wants the product key id, or serial number, manufacturer and model" },
		{ "prefer_tuple", HAS_PKID | HAS_TUPLE, ENVELOPE(BY_TUPLE("1")), NULL },
		{ "prefer_tuple", HAS_PKID, ENVELOPE(BY_PKID("1")), NULL },
		{ "prefer_tuple", HAS_TUPLE, ENVELOPE(BY_TUPLE("1")), NULL },
		{ "prefer_tuple", 0, NULL,
		    "the service wants the product key id, or serial number, manufacturer and model" },
		{ "both", HAS_PKID | HAS_TUPLE, ENVELOPE(BY_BOTH("1")), NULL },
		{ "both", HAS_PKID, NULL,
		    "the service wants serial number, manufacturer and model" },
		{ "both", HAS_TUPLE, NULL, "the service wants the product key id" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		char section[64];
		struct oem_profile *p;
		struct batch *b = oem_fake_batch();
		enum err_code rc;
		struct err err;
		char *body;

		print_message("  %s with %d\n", tc[i].mode, tc[i].has);
		(void)snprintf(section, sizeof section, "identity: %s\n", tc[i].mode);
		p = oem_fake_profile(section);
		add(b, tc[i].has);
		body = body_of(p, b, &rc);
		assert_int_equal(
		    oem_request_judge(p, &b->device[0], slice_of("HQ"), slice_of("PO-7"), &err),
		    rc);
		if (tc[i].want) {
			assert_int_equal(rc, ERR_OK);
			assert_string_equal(body, tc[i].want);
		} else {
			assert_int_equal(rc, ERR_USAGE);
			assert_string_equal(err.msg, tc[i].missing);
		}
		free(body);
		oem_profile_free(p);
		batch_free(b);
	}
}

/* The references of those that are left are what they were. */
static void
mates_are_not_stopped(void **state)
{
	struct oem_profile *p = oem_fake_profile("identity: pkid\n");
	struct batch *b = oem_fake_batch();
	enum err_code rc;
	char *body;

	(void)state;
	add(b, HAS_TUPLE);
	add(b, HAS_PKID);
	add(b, HAS_TUPLE);
	add(b, HAS_PKID);
	body = body_of(p, b, &rc);
	assert_string_equal(body, ENVELOPE(BY_PKID("2") "," BY_PKID("4")));
	free(body);
	b->ndevice = 1;
	assert_null(body_of(p, b, &rc));
	assert_int_equal(rc, ERR_USAGE);
	batch_free(b);
	oem_profile_free(p);
}

#define FIELDS_IN(level, slash) \
	"    tenant_id: {name: " slash "tid, in: " level "}\n" \
	"    tenant_domain: {name: " slash "dom, in: " level "}\n"

static void
envelopes(void **state)
{
	static const struct {
		const char *name;
		const char *sections;
		const char *want;
	} tc[] = {
		{ "bare array, tenant in the device",
		    "identity: pkid\nrequest:\n  devices: \"\"\n  fields:\n"
		    "    ref: {name: Id}\n    product_id: {name: Pkid}\n"
		    "    order: {name: OrderNo}\n" FIELDS_IN("device", ""),
		    "[{\"Id\":\"1\",\"Pkid\":\"" PKID
		    "\",\"OrderNo\":\"PO-7\",\"tid\":\"" FAKE_TENANT "\",\"dom\":\"" FAKE_DOMAIN
		    "\"}]" },
		{ "deep, with constants",
		    "identity: pkid\nrequest:\n  devices: /a/b\n  constants: {/a/kind: x, /v: \"1\"}\n"
		    "  fields:\n    ref: {name: r}\n    product_id: {name: p}\n"
		    "    group_tag: {name: /a/tag, in: envelope}\n" FIELDS_IN("envelope", "/who/"),
		    "{\"a\":{\"kind\":\"x\",\"tag\":\"HQ\",\"b\":[{\"r\":\"1\",\"p\":\"" PKID
		    "\"}]},\"v\":\"1\",\"who\":{\"tid\":\"" FAKE_TENANT "\",\"dom\":\"" FAKE_DOMAIN
		    "\"}}" },
		{ "empty values left out",
		    "identity: pkid\nrequest:\n  devices: /d\n  empty: omit\n  fields:\n"
		    "    ref: {name: r}\n    product_id: {name: p}\n    user: {name: u}\n"
		    "    serial: {name: s}\n" FIELDS_IN("envelope", "/"),
		    "{\"tid\":\"" FAKE_TENANT "\",\"dom\":\"" FAKE_DOMAIN
		    "\",\"d\":[{\"r\":\"1\",\"p\":\"" PKID "\"}]}" },
		{ "null",
		    "identity: pkid\nrequest:\n  devices: /d\n  empty: null_value\n  fields:\n"
		    "    ref: {name: r}\n    product_id: {name: p}\n    user: {name: u}\n"
		    "    serial: {name: s}\n" FIELDS_IN("envelope", "/"),
		    "{\"tid\":\"" FAKE_TENANT "\",\"dom\":\"" FAKE_DOMAIN
		    "\",\"d\":[{\"r\":\"1\",\"s\":null,\"p\":\"" PKID "\",\"u\":null}]}" },
		{ "empty texts",
		    "identity: pkid\nrequest:\n  devices: /d\n  empty: empty_text\n  fields:\n"
		    "    ref: {name: r}\n    product_id: {name: p}\n    user: {name: u}\n"
		    "    serial: {name: s}\n" FIELDS_IN("envelope", "/"),
		    "{\"tid\":\"" FAKE_TENANT "\",\"dom\":\"" FAKE_DOMAIN
		    "\",\"d\":[{\"r\":\"1\",\"s\":\"\",\"p\":\"" PKID "\",\"u\":\"\"}]}" },
		{ "key in the body", "identity: pkid\nidempotency: {field: /req/id, safe: true}\n",
		    "{\"purchaseOrderId\":\"PO-7\",\"tenantId\":\"" FAKE_TENANT
		    "\",\"tenantDomain\":\"" FAKE_DOMAIN
		    "\",\"req\":{\"id\":\"key-1\"},\"devices\":[" BY_PKID("1") "]}" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct oem_profile *p = oem_fake_profile(tc[i].sections);
		struct batch *b = oem_fake_batch();
		enum err_code rc;
		char *body;

		print_message("  %s\n", tc[i].name);
		add(b, HAS_PKID);
		for (int again = 0; again < 2; again++) {
			body = body_of(p, b, &rc);
			assert_int_equal(rc, ERR_OK);
			assert_string_equal(body, tc[i].want);
			free(body);
		}
		batch_free(b);
		oem_profile_free(p);
	}
}

#define X8 "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9xxxx"
#define X64 X8 X8 X8 X8 X8 X8 X8 X8

static void
lengths(void **state)
{
	static const struct {
		const char *serial;
		const char *tag;
		const char *order;
		enum err_code want;
		const char *message;
	} tc[] = {
		{ X64 X64, "", "", ERR_OK, "" },
		{ X64 X64 "x", "", "", ERR_LIMIT,
		    "serialNumber is longer than the 128 characters that the service takes" },
		{ "s", X64 X64 X64 X64, "", ERR_OK, "" },
		{ "s", X64 X64 X64 X64 "x", "", ERR_LIMIT,
		    "groupTag is longer than the 256 characters that the service takes" },
		{ "s", "", X64, ERR_OK, "" },
		{ "s", "", X64 "x", ERR_LIMIT,
		    "/purchaseOrderId is longer than the 64 characters that the service takes" },
		{ "s\xFF", "", "", ERR_USAGE, "serialNumber is no text" },
		{ "\xED\xA0\x80", "", "", ERR_USAGE, "serialNumber is no text" },
	};
	struct oem_profile *p = oem_fake_profile(NULL);

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		const struct batch_device d = { .serial = slice_of(tc[i].serial),
			.manufacturer = slice_of("Fab"),
			.model = slice_of("M") };
		struct err err = { .msg = "" };

		assert_int_equal(
		    oem_request_judge(p, &d, slice_of(tc[i].tag), slice_of(tc[i].order), &err),
		    tc[i].want);
		assert_string_equal(err.msg, tc[i].message);
	}
	oem_profile_free(p);
}

static void
a_full_buffer(void **state)
{
	struct oem_profile *p = oem_fake_profile(NULL);
	struct batch *b = oem_fake_batch();
	struct err err;
	struct buf out;

	(void)state;
	add(b, HAS_PKID);
	buf_init(&out, 150);
	buf_add_str(&out, "before");
	assert_int_equal(oem_request_register(p, &tenant, b, "k", &out, &err), ERR_LIMIT);
	assert_string_equal(out.ptr, "before");
	buf_done(&out);
	batch_free(b);
	oem_profile_free(p);
}

/* --- taking back --- */

static void
releases(void **state)
{
	static const struct {
		const char *name;
		const char *sections;
		bool nobody;
		const char *want;
	} tc[] = {
		{ "blank", NULL, true,
		    "{\"purchaseOrderId\":\"PO-7\",\"tenantId\":\"\",\"tenantDomain\":\"\",\"devices\":[" BY_PKID(
		        "1") "]}" },
		{ "blank in the device, where empty values are left out",
		    "request:\n  devices: \"\"\n  fields:\n    ref: {name: r}\n"
		    "    product_id: {name: p}\n    serial: {name: s}\n    manufacturer: {name: v}\n"
		    "    model: {name: m}\n" FIELDS_IN("device", ""),
		    true, "[{\"r\":\"1\",\"p\":\"" PKID "\",\"tid\":\"\",\"dom\":\"\"}]" },
		{ "at a path of its own",
		    "endpoint: {validate: /v, register: /r, deregister: path, deregister_path: /d}\n",
		    false, ENVELOPE(BY_PKID("1")) },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct oem_profile *p = oem_fake_profile(tc[i].sections);
		struct batch *b = oem_fake_batch();
		struct err err;
		struct buf out;

		print_message("  %s\n", tc[i].name);
		add(b, HAS_PKID);
		add(b, HAS_PKID);
		buf_init(&out, 4096);
		assert_int_equal(oem_request_release(p, tc[i].nobody ? &oem_nobody : &tenant, b,
		                     "k", &out, &err),
		    ERR_OK);
		assert_string_equal(out.ptr, tc[i].want);
		buf_done(&out);
		batch_free(b);
		oem_profile_free(p);
	}
}

/* --- the last line of defence --- */

static void
render_for(const struct oem_profile *p, const struct batch *b, const struct oem_tenant *t,
    bool release)
{
	struct err err;
	struct buf out;

	buf_init(&out, 4096);
	if (release ? oem_request_release(p, t, b, "k", &out, &err)
	            : oem_request_register(p, t, b, "k", &out, &err))
		_exit(2);
	_exit(0);
}

static void
nobody_is_registered_for(void **state)
{
	static const struct {
		struct oem_tenant tenant;
		bool release;
		bool dies;
	} tc[] = {
		{ { FAKE_TENANT, FAKE_DOMAIN }, false, false },
		{ { "", "" }, false, true },
		{ { "", FAKE_DOMAIN }, false, true },
		{ { FAKE_TENANT, "" }, false, true },
		{ { "", "" }, true, false },
		{ { FAKE_TENANT, FAKE_DOMAIN }, true, true },
	};
	struct oem_profile *p = oem_fake_profile(NULL);
	struct batch *b = oem_fake_batch();

	(void)state;
	add(b, HAS_PKID);
	for (size_t i = 0; i < LENGTH(tc); i++) {
		pid_t child = fork();
		int status;

		if (child == 0) {
			(void)signal(SIGABRT, SIG_DFL);
			(void)close(STDERR_FILENO);
			render_for(p, b, &tc[i].tenant, tc[i].release);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, tc[i].dies);
		assert_int_equal(WIFEXITED(status) && WEXITSTATUS(status) == 0, !tc[i].dies);
	}
	batch_free(b);
	oem_profile_free(p);
}

/* --- addresses, headers, validation --- */

static void
addresses(void **state)
{
	static const struct {
		const char *path;
		const char *operation;
		const char *query; /* a section; NULL: none */
		const char *want;  /* NULL: ERR_USAGE */
	} tc[] = {
		{ "/v1/x", NULL, NULL, "https://oem.example/api/v1/x" },
		{ "/{tenantId}/{tenantDomain}", NULL, NULL,
		    "https://oem.example/api/" FAKE_TENANT "/" FAKE_DOMAIN },
		{ "/op/{operationId}", "a/b c?", NULL, "https://oem.example/api/op/a%2Fb%20c%3F" },
		{ "/op/{operationId}", NULL, NULL, NULL },
		{ "/x", NULL, "query: {v: \"{tenantDomain}\", \"a b\": \"c&d\"}",
		    "https://oem.example/api/x?v=" FAKE_DOMAIN "&a%20b=c%26d" },
		{ "/x?y=z", NULL, "query: {v: \"1\"}", "https://oem.example/api/x?y=z&v=1" },
		{ "/{apiVersion}", NULL, "api_version: \"2026-01\"",
		    "https://oem.example/api/2026-01" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		char section[256];
		struct oem_profile *p;
		struct err err;
		struct buf out;

		print_message("  %s\n", tc[i].path);
		(void)snprintf(section, sizeof section,
		    "endpoint:\n  validate: /v\n  register: /r\n  deregister: blank_tenant\n  %s\n",
		    tc[i].query ? tc[i].query : "");
		p = oem_fake_profile(section);
		buf_init(&out, 1000);
		assert_int_equal(oem_request_url(p, "https://oem.example/api", tc[i].path, &tenant,
		                     tc[i].operation, &out, &err),
		    tc[i].want ? ERR_OK : ERR_USAGE);
		if (tc[i].want)
			assert_string_equal(out.ptr, tc[i].want);
		else
			assert_non_null(strstr(err.msg, "{operationId}"));
		buf_done(&out);
		oem_profile_free(p);
	}
}

static void
validations(void **state)
{
	static const struct {
		const char *body;
		const char *want;
	} tc[] = {
		{ "{/tenantId: \"{tenantId}\", /tenantDomain: \"{tenantDomain}\"}",
		    "{\"tenantId\":\"" FAKE_TENANT "\",\"tenantDomain\":\"" FAKE_DOMAIN "\"}" },
		{ "{/a/b: \"x-{tenantDomain}-y\", /c: fixed}",
		    "{\"a\":{\"b\":\"x-" FAKE_DOMAIN "-y\"},\"c\":\"fixed\"}" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		char section[512];
		struct oem_profile *p;
		struct err err;
		struct buf out;

		(void)snprintf(section, sizeof section,
		    "consent:\n  method: POST\n  body: %s\n  granted: [{status: 200}]\n"
		    "  refused: [{status: 404}]\n",
		    tc[i].body);
		p = oem_fake_profile(section);
		buf_init(&out, 1000);
		assert_int_equal(oem_request_validate(p, &tenant, &out, &err), ERR_OK);
		assert_string_equal(out.ptr, tc[i].want);
		buf_done(&out);
		oem_profile_free(p);
	}
}

/* --- memory --- */

struct rendering {
	const struct oem_profile *profile;
	const struct batch *batch;
};

static void
attempt(void *arg)
{
	const struct rendering *r = arg;
	struct err err;
	struct buf out;

	buf_init(&out, 4096);
	if (oem_request_register(r->profile, &tenant, r->batch, "k", &out, &err)) {
		assert_true(alloc_fault_hit());
		assert_int_equal(err.code, ERR_NOMEM);
	}
	buf_done(&out);
	buf_init(&out, 4096);
	if (oem_request_validate(r->profile, &tenant, &out, &err))
		assert_int_equal(err.code, ERR_NOMEM);
	buf_done(&out);
}

static void
memory_runs_out(void **state)
{
	struct oem_profile *p = oem_fake_profile(NULL);
	struct batch *b = oem_fake_batch();
	struct rendering r = { p, b };

	(void)state;
	add(b, HAS_PKID);
	assert_true(alloc_fault_sweep(attempt, &r) >= 2);
	batch_free(b);
	oem_profile_free(p);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(identities),
		cmocka_unit_test(mates_are_not_stopped),
		cmocka_unit_test(envelopes),
		cmocka_unit_test(lengths),
		cmocka_unit_test(a_full_buffer),
		cmocka_unit_test(releases),
		cmocka_unit_test(nobody_is_registered_for),
		cmocka_unit_test(addresses),
		cmocka_unit_test(validations),
		cmocka_unit_test(memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
