/* SPDX-License-Identifier: Apache-2.0 */
#include "config/oem_profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "config/json_schema.h"
#include "config/oem_body_schema.h"
#include "config/oem_profile_schema.h"
#include "tests/unit/alloc_fault.h"
#include "tests/unit/profile_fixture.h"
#include "tests/unit/sandbox.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

static void
bad_forms_are_refused(void **state)
{
	static const struct profile_case tc[] = {
		{ "no keys", NULL, "text\n",
		    "1:1 there are no keys\n"
		    "'autoreg profile show reference-v1' prints one to begin with.\n" },
		{ "nothing", NULL, "x-note: only\n",
		    "1:1 the file: version is missing\n"
		    "Add version. The version of this form.\n"
		    "1:1 the file: name is missing\n"
		    "Add name. What the profile is called.\n"
		    "1:1 the file: endpoint is missing\n"
		    "Add endpoint. Where the service is asked.\n"
		    "1:1 the file: consent is missing\n"
		    "Add consent. How consent is asked for.\n"
		    "1:1 the file: request is missing\n"
		    "Add request. How devices are sent.\n"
		    "1:1 the file: identity is missing\n"
		    "Add identity. How a device is named: by product key id, or by manufacturer, model and serial number.\n"
		    "1:1 the file: job is missing\n"
		    "Add job. How results come.\n"
		    "1:1 the file: result is missing\n"
		    "Add result. What results look like.\n"
		    "1:1 the file: errors is missing\n"
		    "Add errors. What errors mean.\n"
		    "1:1 the file: error_default is missing\n"
		    "Add error_default. What an error means that stands in no row.\n" },
		{ "another version", "version: 1", "version: 2",
		    "1:10 version: \"2\" is out of range\n"
		    "Write 1.\n" },
		{ "a key that is near", "name: p", "nmae: p",
		    "1:1 the file: name is missing\n"
		    "Add name. What the profile is called.\n"
		    "2:1 unknown key \"nmae\" in the file; did you mean \"name\"?\n"
		    "Known: version, name, endpoint, auth_header, tls, consent, request, identity, batching, job, result, refusal, errors, error_default, idempotency, tracing. Notes may stand under keys that begin with x-.\n" },
		{ "a key that is near, inside",
		    "in: envelope}\n"
		    "    tenant_domain",
		    "im: envelope}\n"
		    "    tenant_domain",
		    "10:23 tenant_id: \"/t\" is a JSON pointer\n"
		    "In a device stands the name of a member; a pointer goes with `in: envelope`.\n"
		    "10:27 unknown key \"im\" in tenant_id; did you mean \"in\"?\n"
		    "Known: name, in, max. Notes may stand under keys that begin with x-.\n" },
		{ "sections that are texts", NULL,
		    "version: 1\n"
		    "name: p\n"
		    "identity: pkid\n"
		    "endpoint: a\n"
		    "consent: b\n"
		    "request: c\n"
		    "job: d\n"
		    "result: e\n"
		    "errors: f\n"
		    "error_default: unexpected\n",
		    "4:11 endpoint: keys belong here\n"
		    "Write keys with their values on lines of their own, indented; or remove this one.\n"
		    "5:10 consent: keys belong here\n"
		    "Write keys with their values on lines of their own, indented; or remove this one.\n"
		    "6:10 request: keys belong here\n"
		    "Write keys with their values on lines of their own, indented; or remove this one.\n"
		    "7:6 job: keys belong here\n"
		    "Write keys with their values on lines of their own, indented; or remove this one.\n"
		    "8:9 result: keys belong here\n"
		    "Write keys with their values on lines of their own, indented; or remove this one.\n"
		    "9:9 errors: a list belongs here\n"
		    "Write it in brackets: [a, b].\n" },
		{ "sections that are lists", NULL,
		    "version: 1\n"
		    "name: p\n"
		    "identity: pkid\n"
		    "endpoint: [a]\n"
		    "consent: [b]\n"
		    "request: {devices: [], fields: [c]}\n"
		    "job: [d]\n"
		    "result: [e]\n"
		    "errors: {f: g}\n"
		    "error_default: unexpected\n",
		    "4:11 endpoint: keys belong here\n"
		    "Write keys with their values on lines of their own, indented; or remove this one.\n"
		    "5:10 consent: keys belong here\n"
		    "Write keys with their values on lines of their own, indented; or remove this one.\n"
		    "6:20 devices: a single value belongs here\n"
		    "Write it behind the colon, on the same line.\n"
		    "6:32 fields: keys belong here\n"
		    "Write keys with their values on lines of their own, indented; or remove this one.\n"
		    "7:6 job: keys belong here\n"
		    "Write keys with their values on lines of their own, indented; or remove this one.\n"
		    "8:9 result: keys belong here\n"
		    "Write keys with their values on lines of their own, indented; or remove this one.\n"
		    "9:9 errors: a list belongs here\n"
		    "Write it in brackets: [a, b].\n" },
		{ "sections without keys", NULL,
		    "version: 1\n"
		    "name: p\n"
		    "identity: both\n"
		    "endpoint: {}\n"
		    "consent: {}\n"
		    "request: {}\n"
		    "job: {}\n"
		    "result: {}\n"
		    "errors: []\n"
		    "error_default: unexpected\n",
		    "4:1 endpoint: validate is missing\n"
		    "Add validate. Where consent is asked for, below base_url.\n"
		    "4:1 endpoint: register is missing\n"
		    "Add register. Where devices are registered.\n"
		    "5:1 consent: granted is missing\n"
		    "Add granted. What means yes.\n"
		    "5:1 consent: refused is missing\n"
		    "Add refused. What means no; anything else means that nobody can tell.\n"
		    "6:1 request: devices is missing\n"
		    "Add devices. Where the list of devices stands; \"\": the body is the list.\n"
		    "6:1 request: fields is missing\n"
		    "Add fields. What is sent, and under which names.\n"
		    "7:1 job: mode is missing\n"
		    "Add mode. How results come.\n"
		    "8:1 result: devices is missing\n"
		    "Add devices. Where the list of results stands.\n"
		    "8:1 result: status is missing\n"
		    "Add status. The word for this device.\n"
		    "8:1 result: ok is missing\n"
		    "Add ok. Words of status that mean that it is registered.\n"
		    "8:1 result: otherwise is missing\n"
		    "Add otherwise. What any other word means.\n"
		    "8:1 result: no device can be found again\n"
		    "Say where ref, serial or product_id stands in a result.\n"
		    "9:9 errors: the list is empty\n"
		    "At least one, and at most 200.\n" },
		{ "an error row is a text", "errors: [{code: \"812\", means: not_found}]",
		    "errors: [text, {code: \"1\", means: ok}]",
		    "14:10 errors: keys belong here\n"
		    "Write keys with their values on lines of their own, indented; or remove this one.\n" },
		{ "too many pairs", "register: /r}",
		    "register: /r, headers: {h0: v, h1: v, h2: v, h3: v, h4: v, h5: v, h6: v, h7: v, h8: v, h9: v, h10: v, h11: v, h12: v, h13: v, h14: v, h15: v, h16: v, h17: v, h18: v, h19: v, h20: v, h21: v, h22: v, h23: v, h24: v, h25: v, h26: v, h27: v, h28: v, h29: v, h30: v, h31: v, h32: v}}",
		    "4:49 headers: the list is too long\n"
		    "At least one, and at most 32.\n" },
		{ "a pair is a map", "register: /r}", "register: /r, query: {a: {b: c}}}",
		    "4:51 a: a single value belongs here\n"
		    "Write it behind the colon, on the same line.\n" },
		{ "the name of a pair is a number", "register: /r}", "register: /r, query: {1: c}}",
		    "4:48 query: \"1\" is not text\n"
		    "If it is meant, put quotes around it.\n" },
	};

	(void)state;
	profile_fixture_refused(tc, LENGTH(tc));
}

static void
unknown_words_are_refused(void **state)
{
	static const struct profile_case tc[] = {
		{ "method", "consent: {", "consent: {method: GTE, ",
		    "5:19 method: \"GTE\" is unknown; did you mean \"GET\"?\n"
		    "Known: POST, GET.\n" },
		{ "deregister", "register: /r}", "register: /r, deregister: blank}",
		    "4:52 deregister: \"blank\" is unknown; did you mean \"blank_tenant\"?\n"
		    "Known: none, blank_tenant, path.\n" },
		{ "identity", "identity: pkid", "identity: prefer_pkdi",
		    "3:11 identity: \"prefer_pkdi\" is unknown; did you mean \"prefer_pkid\"?\n"
		    "Known: pkid, tuple, prefer_pkid, prefer_tuple, both.\n" },
		{ "mode", "mode: sync", "mode: async",
		    "12:13 mode: \"async\" is unknown; did you mean \"sync\"?\n"
		    "Known: sync, async_location, async_id.\n" },
		{ "in", "{name: /t, in: envelope}", "{name: /t, in: envelop}",
		    "10:31 in: \"envelop\" is unknown; did you mean \"envelope\"?\n"
		    "Known: envelope, device.\n" },
		{ "empty", "  devices: /d\n",
		    "  devices: /d\n"
		    "  empty: \"null\"\n",
		    "8:10 empty: \"null\" is unknown; did you mean \"null_value\"?\n"
		    "Known: omit, null_value, empty_text.\n" },
		{ "otherwise", "otherwise: error", "otherwise: failed",
		    "13:77 otherwise: \"failed\" is unknown\n"
		    "Known: pending, error.\n" },
		{ "what nobody knows is fine", "otherwise: error", "otherwise: ok",
		    "13:77 otherwise: \"ok\" is unknown\n"
		    "Known: pending, error.\n" },
		{ "means", "means: not_found", "means: notfound",
		    "14:31 means: \"notfound\" is unknown; did you mean \"not_found\"?\n"
		    "Known: ok, already_here, claimed_elsewhere, not_found, bad_input, no_consent, auth, throttled, transient, directory, config, unexpected.\n" },
		{ "error_default", "error_default: unexpected", "error_default: unknown",
		    "15:16 error_default: \"unknown\" is unknown\n"
		    "Known: ok, already_here, claimed_elsewhere, not_found, bad_input, no_consent, auth, throttled, transient, directory, config, unexpected.\n" },
		{ "minimum", "name: p\n",
		    "name: p\n"
		    "tls: {minimum: TLSv1.1}\n",
		    "3:16 minimum: \"TLSv1.1\" is unknown; did you mean \"TLSv1.2\"?\n"
		    "Known: TLSv1.2, TLSv1.3.\n" },
	};

	(void)state;
	profile_fixture_refused(tc, LENGTH(tc));
}

static void
limits_hold(void **state)
{
	static const struct profile_case tc[] = {
		{ "status of a test", "refused: [{status: 403}]", "refused: [{status: 600}]",
		    "5:82 status: \"600\" is out of range\n"
		    "Write 100 to 599.\n" },
		{ "more devices than anybody takes", "name: p\n",
		    "name: p\n"
		    "batching: {max_devices: 1001, max_bytes: 1KiB, in_flight: 0, requests: 100001, interval: 999ms}\n",
		    "3:25 max_devices: \"1001\" is out of range\n"
		    "Write 1 to 1000 devices.\n"
		    "3:59 in_flight: \"0\" is out of range\n"
		    "Write 1 to 1000 requests.\n"
		    "3:72 requests: \"100001\" is out of range\n"
		    "Write 0 to 100000 requests.\n"
		    "3:90 interval: \"999ms\" is out of range\n"
		    "Write 1s to 1d.\n" },
		{ "bytes", "name: p\n",
		    "name: p\n"
		    "batching: {max_bytes: 1023B}\n",
		    "3:23 max_bytes: \"1023B\" is out of range\n"
		    "Write 1KiB to 64MiB.\n" },
		{ "times of a job", "mode: sync", "mode: sync, first: 2m, max: 1m, deadline: 30s",
		    "12:26 max is 1m, but first is 2m\n"
		    "first may be at most max.\n"
		    "12:35 deadline is 30s, but max is 1m\n"
		    "max may be at most deadline.\n" },
		{ "cache", "consent: {", "consent: {cache: 25h, ",
		    "5:18 cache: \"25h\" is out of range\n"
		    "Write 0ms to 1d.\n" },
		{ "characters of a field", "{name: pkid}", "{name: pkid, max: 1025}",
		    "9:35 max: \"1025\" is out of range\n"
		    "Write 1 to 1024 characters.\n" },
		{ "characters of a name", "{name: pkid}", "{name: " X256 "}",
		    "9:24 name: \"" X60 "\" is too long\n"
		    "At most 255 characters.\n" },
		{ "characters of a pointer", "product_id: /pkid", "product_id: /" X255,
		    "13:35 product_id: \"/" X59 "\" is too long\n"
		    "At most 255 characters.\n" },
		{ "characters of a pair", "consent: {body: {/t: \"{tenantId}\"}",
		    "consent: {body: {/t: \"{tenantId}\", /" X255 ": x}",
		    "5:36 \"/" X59 "\" is too long\n"
		    "Here stands a JSON pointer of at most 255 characters, such as /tenant/id.\n" },
		{ "retry", "means: not_found}", "means: not_found, retry_after: 8d}",
		    "14:55 retry_after: \"8d\" is out of range\n"
		    "Write 1ms to 7d.\n" },
	};

	(void)state;
	profile_fixture_refused(tc, LENGTH(tc));
}

static void
bad_pointers_are_refused(void **state)
{
	static const struct profile_case tc[] = {
		{ "no slash", "product_id: /pkid", "product_id: pkid",
		    "13:35 product_id: \"pkid\" does not begin with /\n"
		    "A JSON pointer looks like /devices/0/status; \"\" is the whole document.\n" },
		{ "a bare tilde", "status: /s", "status: \"/s~\"",
		    "13:50 status: \"/s~\" has a ~ that is neither ~0 nor ~1\n"
		    "A JSON pointer looks like /devices/0/status; \"\" is the whole document.\n" },
		{ "a tilde with another digit", "status: /s", "status: /s~2",
		    "13:50 status: \"/s~2\" has a ~ that is neither ~0 nor ~1\n"
		    "A JSON pointer looks like /devices/0/status; \"\" is the whole document.\n" },
		{ "nothing", "result: {devices: /d", "result: {devices:",
		    "13:17 found unexpected ':' while scanning a plain scalar that begins at 13:10\n"
		    "Mend the YAML syntax here or just above; the rest was not read.\n" },
		{ "in a body", "/t: \"{tenantId}\"}",
		    "/t: \"{tenantId}\", u: x, \"\": y, \"/~\": z}",
		    "5:36 \"u\" does not begin with /\n"
		    "Here stands a JSON pointer of at most 255 characters, such as /tenant/id.\n"
		    "5:42 body: there is no value\n"
		    "Give it one, or remove the key.\n"
		    "5:42 \"\" is the whole body\n"
		    "Here stands a JSON pointer of at most 255 characters, such as /tenant/id.\n"
		    "5:49 \"/~\" has a ~ that is neither ~0 nor ~1\n"
		    "Here stands a JSON pointer of at most 255 characters, such as /tenant/id.\n" },
		{ "in constants", "  devices: /d\n",
		    "  devices: /d\n"
		    "  constants: {a: x, /b: y}\n",
		    "8:15 \"a\" does not begin with /\n"
		    "Here stands a JSON pointer of at most 255 characters, such as /tenant/id.\n" },
		{ "in the id", "name: p\n",
		    "name: p\n"
		    "idempotency: {field: id}\n",
		    "3:22 field: \"id\" does not begin with /\n"
		    "A JSON pointer looks like /devices/0/status; \"\" is the whole document.\n" },
		{ "of a field", "{name: /t, in: envelope}", "{name: t, in: envelope}",
		    "10:23 \"t\" does not begin with /\n"
		    "Here stands a JSON pointer of at most 255 characters, such as /tenant/id.\n" },
	};

	(void)state;
	profile_fixture_refused(tc, LENGTH(tc));
}

/* Every key, none at its default. */
static const char full[] =
    "version: 1\n"
    "name: fabrikam\n"
    "endpoint:\n"
    "  api_version: \"1.0\"\n"
    "  validate: /consent/{tenantId}\n"
    "  register: /{apiVersion}/devices\n"
    "  status: /jobs/{operationId}\n"
    "  deregister: path\n"
    "  deregister_path: /gone\n"
    "  headers: {X-A: \"{tenantId}\", X-B: b}\n"
    "  query: {v: \"{apiVersion}\"}\n"
    "auth_header: X-Api-Key\n"
    "tls: {ca_file: ca.pem, pins: [\"sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"], minimum: "
    "TLSv1.3}\n"
    "consent:\n"
    "  method: GET\n"
    "  granted: [{status: 200, pointer: \"\", values: [\"yes\", y]}]\n"
    "  refused: [{status: 200, pointer: /0, values: [\"no\"]}, {status: 404}]\n"
    "  cache: 0s\n"
    "request:\n"
    "  devices: /a~1b/list\n"
    "  constants: {/kind: x}\n"
    "  empty: null_value\n"
    "  fields:\n"
    "    ref: {name: r, max: 1}\n"
    "    serial: {name: s}\n"
    "    manufacturer: {name: m}\n"
    "    model: {name: mo}\n"
    "    product_id: {name: p, max: 13}\n"
    "    group_tag: {name: /g, in: envelope}\n"
    "    order: {name: o}\n"
    "    purchase_order: {name: po}\n"
    "    user: {name: u}\n"
    "    tenant_id: {name: t}\n"
    "    tenant_domain: {name: d}\n"
    "identity: both\n"
    "batching: {max_devices: 1, max_bytes: 64MiB, in_flight: 1000, requests: 100000, interval: 24h}\n"
    "job: {mode: async_id, id: /id, status: /s, running: [a, b], first: 1ms, max: 24h, deadline: 30d}\n"
    "result: {devices: \"\", ref: /r, serial: /s, product_id: /p, status: /st, code: /c, name: /n,\n"
    "  message: /m, ok: [ok], pending: [p], error: [e, f], otherwise: pending}\n"
    "refusal: {code: /c, name: /n, message: /m}\n"
    "errors: [{code: \"1\", means: ok}, {name: n, means: auth, retry_after: 7d}, {match: ^m, means: "
    "config}]\n"
    "error_default: transient\n"
    "idempotency: {field: /id, safe: true}\n"
    "tracing: {correlation_header: X-C, request_id_header: X-R}\n";

static void
every_key_is_read(void **state)
{
	struct oem_profile *p = profile_fixture_parse(NULL, full);

	(void)state;
	assert_string_equal(p->name, "fabrikam");
	assert_string_equal(p->endpoint.api_version, "1.0");
	assert_string_equal(p->endpoint.validate, "/consent/{tenantId}");
	assert_string_equal(p->endpoint.enrol, "/{apiVersion}/devices");
	assert_string_equal(p->endpoint.status, "/jobs/{operationId}");
	assert_int_equal(p->endpoint.deregister, OEM_DEREGISTER_PATH);
	assert_string_equal(p->endpoint.deregister_path, "/gone");
	assert_int_equal(p->endpoint.headers.n, 2);
	assert_string_equal(p->endpoint.headers.item[1].name, "X-B");
	assert_string_equal(p->endpoint.query.item[0].value, "{apiVersion}");
	assert_string_equal(p->auth_header, "X-Api-Key");
	assert_string_equal(p->tls.ca_file, "/etc/autoreg/ca.pem");
	assert_int_equal(p->tls.pins.n, 1);
	assert_int_equal(p->tls.minimum, OEM_TLS_1_3);

	assert_int_equal(p->consent.verb, OEM_GET);
	assert_string_equal(p->consent.granted.item[0].pointer, "");
	assert_int_equal(p->consent.granted.item[0].values.n, 2);
	assert_int_equal(p->consent.refused.n, 2);
	assert_null(p->consent.refused.item[1].pointer);
	assert_int_equal(p->consent.cache_ms, 0);

	assert_string_equal(p->request.devices, "/a~1b/list");
	assert_string_equal(p->request.constants.item[0].name, "/kind");
	assert_int_equal(p->request.empty, OEM_EMPTY_NULL);
	assert_int_equal(p->request.field[OEM_REF].length_max, 1);
	assert_int_equal(p->request.field[OEM_SERIAL].length_max, 256);
	assert_int_equal(p->request.field[OEM_GROUP_TAG].level, OEM_IN_ENVELOPE);
	assert_int_equal(p->request.field[OEM_ORDER].level, OEM_IN_DEVICE);
	for (enum oem_value v = 0; v < NOEM_VALUE; v++)
		assert_non_null(p->request.field[v].name);
	assert_string_equal(p->request.field[OEM_TENANT_DOMAIN].name, "d");
	assert_int_equal(p->identity, OEM_ID_BOTH);
	assert_int_equal(p->batching.max_bytes, 64 * 1024 * 1024);
	assert_int_equal(p->batching.interval_ms, 24 * 60 * 60 * 1000);

	assert_int_equal(p->job.mode, OEM_ASYNC_ID);
	assert_string_equal(p->job.id, "/id");
	assert_int_equal(p->job.running.n, 2);
	assert_int_equal(p->job.poll.deadline_ms, UINT64_C(30) * 24 * 60 * 60 * 1000);
	assert_string_equal(p->result.devices, "");
	assert_string_equal(p->result.message, "/m");
	assert_string_equal(p->result.error.item[1], "f");
	assert_int_equal(p->result.otherwise, OEM_RESULT_PENDING);
	assert_string_equal(p->refusal.name, "/n");
	assert_int_equal(p->errors.n, 3);
	assert_string_equal(p->errors.item[0].code, "1");
	assert_int_equal(p->errors.item[1].means, OEM_CLASS_AUTH);
	assert_int_equal(p->errors.item[1].retry_after_ms, UINT64_C(7) * 24 * 60 * 60 * 1000);
	assert_string_equal(p->errors.item[2].match, "^m");
	assert_int_equal(p->error_default, OEM_CLASS_TRANSIENT);
	assert_string_equal(p->idempotency.field, "/id");
	assert_true(p->idempotency.safe);
	assert_string_equal(p->tracing.request_id_header, "X-R");
	oem_profile_free(p);
	oem_profile_free(NULL);
}

static void
defaults_apply(void **state)
{
	struct oem_profile *p = profile_fixture_parse(NULL, profile_fixture_least);

	(void)state;
	assert_int_equal(p->endpoint.deregister, OEM_DEREGISTER_NONE);
	assert_null(p->endpoint.status);
	assert_int_equal(p->endpoint.headers.n, 0);
	assert_null(p->auth_header);
	assert_null(p->tls.ca_file);
	assert_int_equal(p->tls.minimum, OEM_TLS_1_2);
	assert_int_equal(p->consent.verb, OEM_POST);
	assert_int_equal(p->consent.cache_ms, 60 * 60 * 1000);
	assert_int_equal(p->request.empty, OEM_EMPTY_OMIT);
	assert_null(p->request.field[OEM_SERIAL].name);
	assert_int_equal(p->request.field[OEM_PRODUCT_ID].level, OEM_IN_DEVICE);
	assert_int_equal(p->batching.max_devices, 1000);
	assert_int_equal(p->batching.max_bytes, 4 * 1024 * 1024);
	assert_int_equal(p->batching.in_flight, 20);
	assert_int_equal(p->batching.requests, 0);
	assert_int_equal(p->batching.interval_ms, 60 * 1000);
	assert_int_equal(p->job.poll.first_ms, 0);
	assert_int_equal(p->job.poll.max_ms, 0);
	assert_int_equal(p->job.poll.deadline_ms, 0);
	assert_null(p->refusal.code);
	assert_null(p->idempotency.header);
	assert_false(p->idempotency.safe);
	assert_null(p->tracing.correlation_header);
	oem_profile_free(p);
}

static void
the_reference_is_built_in(void **state)
{
	static struct problems problems;
	struct oem_profile *p = NULL;
	struct err err;

	(void)state;
	assert_null(oem_profile_builtin("reference-v2"));
	assert_non_null(strstr(oem_profile_builtin("reference-v1"), "name: reference-v1\n"));
	assert_int_equal(oem_profile_load("reference-v1", &p, &problems, &err), ERR_OK);
	assert_string_equal(p->name, "reference-v1");
	assert_int_equal(p->endpoint.deregister, OEM_DEREGISTER_BLANK_TENANT);
	assert_int_equal(p->identity, OEM_ID_PREFER_PKID);
	assert_int_equal(p->errors.n, 25);
	oem_profile_free(p);
}

static void
assert_load(const char *path, const char *message, const char *advice)
{
	static struct problems problems;
	struct oem_profile *p = NULL;
	struct err err;

	assert_int_equal(oem_profile_load(path, &p, &problems, &err), ERR_FORMAT);
	assert_null(p);
	assert_int_equal(problems.n, 1);
	assert_string_equal(problems.item[0].message, message);
	assert_string_equal(problems.item[0].advice, advice);
}

static void
files_are_read(void **state)
{
	static struct problems problems;
	struct oem_profile *p = NULL;
	struct err err;

	(void)state;
	assert_load("none.yaml", "No such file or directory",
	    "Begin with what 'autoreg profile show reference-v1' prints, or name that.");
	assert_load(".", "Is a directory", "Check the path and its permissions.");
	sandbox_write("full.yaml", full);
	assert_load("./full.yaml", "ca_file: ./ca.pem: No such file or directory",
	    "Check the path, and that the user who runs autoreg may read the file.");
	sandbox_write("ca.pem", "");
	assert_int_equal(oem_profile_load("./full.yaml", &p, &problems, &err), ERR_OK);
	assert_string_equal(p->tls.ca_file, "./ca.pem");
	oem_profile_free(p);
}

static void
walk(const struct section *s)
{
	size_t n = 0;

	for (; s->key[n].name; n++) {
		const struct key *k = &s->key[n];

		print_message("  %s\n", k->name);
		assert_ptr_equal(section_key(s, slice_of(k->name)), k);
		assert_true(strlen(k->help) > 3 && k->help[strlen(k->help) - 1] == '.');
		assert_true(k->offset < s->size);
		assert_true(!k->required || !k->initial);
		assert_int_equal(k->section != NULL,
		    k->type >= TYPE_SECTION && k->type != TYPE_PAIRS);
		if (k->section)
			walk(k->section);
	}
	assert_true(n > 0 && n <= SECTION_KEYS_MAX);
	if (s->selector)
		assert_string_equal(s->selector, s->key[0].name);
}

static void
the_tables_are_whole(void **state)
{
	(void)state;
	walk(oem_profile_schema());
	for (enum oem_value v = 0; v < NOEM_VALUE; v++)
		assert_int_equal(oem_body_schema_fields.key[v].offset,
		    offsetof(struct oem_envelope, field) + v * sizeof(struct oem_field));
	assert_null(oem_body_schema_fields.key[NOEM_VALUE].name);
}

static void
try_all(void *arg)
{
	static struct problems problems;
	struct oem_profile *p = NULL;
	struct err err;
	enum err_code rc = oem_profile_parse(slice_of(full), arg, &p, &problems, &err);

	assert_int_equal(rc, alloc_fault_hit() ? ERR_NOMEM : ERR_OK);
	assert_int_equal(p == NULL, alloc_fault_hit());
	oem_profile_free(p);
}

static void
try_schema(void *arg)
{
	struct buf text;

	(void)arg;
	buf_init(&text, CONFIG_BYTES_MAX);
	json_schema_write_profile(&text);
	assert_int_equal(text.failed != ERR_OK, alloc_fault_hit());
	buf_done(&text);
}

static void
running_out_of_memory_is_an_error(void **state)
{
	char folder[] = "/etc/autoreg";

	(void)state;
	assert_true(alloc_fault_sweep(try_all, folder) > 2);
	assert_true(alloc_fault_sweep(try_schema, NULL) > 2);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_forms_are_refused),
		cmocka_unit_test(unknown_words_are_refused),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(bad_pointers_are_refused),
		cmocka_unit_test(every_key_is_read),
		cmocka_unit_test(defaults_apply),
		cmocka_unit_test(the_reference_is_built_in),
		cmocka_unit_test(files_are_read),
		cmocka_unit_test(the_tables_are_whole),
		cmocka_unit_test(running_out_of_memory_is_an_error),
	};

	return cmocka_run_group_tests(tests, sandbox_enter, sandbox_leave);
}
