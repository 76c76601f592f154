/* SPDX-License-Identifier: Apache-2.0 */
#include "config/oem_profile_rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/profile_fixture.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

static void
bad_endpoints_are_refused(void **state)
{
	static const struct profile_case tc[] = {
		{ "no slash in front", "validate: /v", "validate: v",
		    "4:22 validate: no slash in front\n"
		    "Paths begin below base_url: /v1/registrations.\n" },
		{ "a blank in it", "register: /r", "register: \"/r r\"",
		    "4:36 register: a character that no address has\n"
		    "Write blanks, # and what is not ASCII as %20, %23 and so on.\n" },
		{ "a fragment", "register: /r", "register: \"/r#r\"",
		    "4:36 register: a character that no address has\n"
		    "Write blanks, # and what is not ASCII as %20, %23 and so on.\n" },
		{ "a letter that is not ASCII", "register: /r", "register: \"/r\\u00e9\"",
		    "4:36 register: a character that no address has\n"
		    "Write blanks, # and what is not ASCII as %20, %23 and so on.\n" },
		{ "an unknown name", "register: /r", "register: \"/r/{tenantID}/{x}\"",
		    "4:36 {tenantID} stands for nothing; did you mean {tenantId}?\n"
		    "Known: {tenantId}, {tenantDomain}, {apiVersion}.\n"
		    "4:36 {x} stands for nothing\n"
		    "Known: {tenantId}, {tenantDomain}, {apiVersion}.\n" },
		{ "a brace that is not closed", "register: /r", "register: \"/r/{tenantId\"",
		    "4:36 a brace is not closed\n"
		    "Write {tenantId}, or leave the brace out.\n" },
		{ "an operation before there is one", "register: /r",
		    "register: \"/r/{operationId}\"",
		    "4:36 {operationId} stands for nothing\n"
		    "Known: {tenantId}, {tenantDomain}, {apiVersion}.\n" },
		{ "no version", "register: /r", "register: \"/r/{apiVersion}\"",
		    "4:36 {apiVersion} stands for nothing yet\n"
		    "Add endpoint.api_version.\n" },
		{ "names in pairs", "register: /r}",
		    "register: /r, headers: {A: \"{a}\"}, query: {b: \"{operationId}\"}}",
		    "4:53 {a} stands for nothing\n"
		    "Known: {tenantId}, {tenantDomain}, {apiVersion}.\n"
		    "4:72 {operationId} stands for nothing\n"
		    "Known: {tenantId}, {tenantDomain}, {apiVersion}.\n" },
		{ "no header", "register: /r}", "register: /r, headers: {\"A b\": c}}",
		    "4:50 \"A b\" cannot be the name of a header\n"
		    "Letters, digits and - only, as in X-Api-Version.\n" },
		{ "headers of ours", "register: /r}",
		    "register: /r, headers: {AUTHORIZATION: c, host: d, Cookie: e}}",
		    "4:50 Authorization is not a profile's to set\n"
		    "Remove it; secrets stand under oems.NAME.auth of the configuration.\n"
		    "4:68 Host is not a profile's to set\n"
		    "Remove it; secrets stand under oems.NAME.auth of the configuration.\n"
		    "4:77 Cookie is not a profile's to set\n"
		    "Remove it; secrets stand under oems.NAME.auth of the configuration.\n" },
		{ "other headers", "name: p\n",
		    "name: p\n"
		    "auth_header: \"X:\"\n"
		    "idempotency: {header: \"I d\"}\n"
		    "tracing: {correlation_header: Content-Length, request_id_header: \"\303\251\"}\n",
		    "3:14 \"X:\" cannot be the name of a header\n"
		    "Letters, digits and - only, as in X-Api-Version.\n"
		    "4:23 \"I d\" cannot be the name of a header\n"
		    "Letters, digits and - only, as in X-Api-Version.\n"
		    "5:31 Content-Length is not a profile's to set\n"
		    "Remove it; secrets stand under oems.NAME.auth of the configuration.\n"
		    "5:66 \"\303\251\" cannot be the name of a header\n"
		    "Letters, digits and - only, as in X-Api-Version.\n" },
		{ "deregister path", "register: /r}", "register: /r, deregister: path}",
		    "4:1 endpoint: deregister_path is missing, which deregister path needs\n"
		    "Add deregister_path. Where that is asked for; the body is that of register.\n" },
		{ "deregister path without", "register: /r}", "register: /r, deregister_path: /x}",
		    "4:40 deregister_path does not go with deregister none\n"
		    "Remove one of the two.\n" },
		{ "no status path", "mode: sync",
		    "mode: async_id, id: /id, status: /s, running: [r]",
		    "4:1 endpoint: status is missing, which job.mode async_id needs\n"
		    "Add status: /v1/operations/{operationId}, or what it is there.\n" },
		{ "no id", "mode: sync", "mode: async_id, status: /s, running: [r]",
		    "4:1 endpoint: status is missing, which job.mode async_id needs\n"
		    "Add status: /v1/operations/{operationId}, or what it is there.\n"
		    "12:1 job: id is missing, which mode async_id needs\n"
		    "Add id. async_id: where the id of the job stands in the answer.\n" },
		{ "a status path without the id", NULL,
		    "version: 1\n"
		    "name: p\n"
		    "identity: pkid\n"
		    "endpoint: {validate: /v, register: /r, status: /s}\n"
		    "consent: {body: {/t: \"{tenantId}\"}, granted: [{status: 200}], refused: [{status: 403}]}\n"
		    "request:\n"
		    "  devices: /d\n"
		    "  fields:\n"
		    "    product_id: {name: pkid}\n"
		    "    tenant_id: {name: /t, in: envelope}\n"
		    "    tenant_domain: {name: /td, in: envelope}\n"
		    "job: {mode: async_id, id: /id, status: /s, running: [r]}\n"
		    "result: {devices: /d, product_id: /pkid, status: /s, ok: [done], otherwise: error}\n"
		    "errors: [{code: \"812\", means: not_found}]\n"
		    "error_default: unexpected\n",
		    "4:48 status: {operationId} is not in it\n"
		    "The id that job.id finds has to stand in the path.\n" },
		{ "a pin", "name: p\n",
		    "name: p\n"
		    "tls: {pins: [abc, \"sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\", \"sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\", \"sha256/x\", {a: b}]}\n",
		    "3:14 pins: this is no pin\n"
		    "Write sha256// and the SHA-256 of the public key in base64: 43 characters and =.\n"
		    "3:75 pins: this is no pin\n"
		    "Write sha256// and the SHA-256 of the public key in base64: 43 characters and =.\n"
		    "3:131 pins: this is no pin\n"
		    "Write sha256// and the SHA-256 of the public key in base64: 43 characters and =.\n"
		    "3:143 pins: a single value belongs here\n"
		    "Write it behind the colon, on the same line.\n" },
	};

	(void)state;
	profile_fixture_refused(tc, LENGTH(tc));
}

static void
bad_questions_are_refused(void **state)
{
	static const struct profile_case tc[] = {
		{ "GET with a body", "consent: {", "consent: {method: GET, ",
		    "5:24 body: GET has none\n"
		    "Put {tenantId} into endpoint.validate or endpoint.query.\n" },
		{ "of nobody", "body: {/t: \"{tenantId}\"}, ", "",
		    "5:1 consent: nothing says whose it is\n"
		    "Put {tenantId} or {tenantDomain} into body, or into endpoint.validate.\n" },
		{ "a name that is unknown", "\"{tenantId}\"", "\"{tenant}\"",
		    "5:22 {tenant} stands for nothing; did you mean {tenantId}?\n"
		    "Known: {tenantId}, {tenantDomain}, {apiVersion}.\n" },
		{ "pointer alone", "{status: 200}", "{status: 200, pointer: /c}",
		    "5:47 granted: pointer and values belong together\n"
		    "Give both, or neither.\n" },
		{ "values alone", "{status: 403}", "{status: 403, values: [no]}",
		    "5:73 refused: pointer and values belong together\n"
		    "Give both, or neither.\n" },
		{ "yes and no by status", "{status: 403}", "{status: 200}",
		    "5:73 refused: the same answer is under granted\n"
		    "An answer means yes or no; keep one of the two.\n" },
		{ "yes and no by word", "granted: [{status: 200}], refused: [{status: 403}]",
		    "granted: [{status: 200, pointer: /c, values: [a, b]}], refused: [{status: 200, pointer: /c, values: [c]}, {status: 200, pointer: /c, values: [c, b]}]",
		    "5:143 refused: the same answer is under granted\n"
		    "An answer means yes or no; keep one of the two.\n" },
	};

	(void)state;
	profile_fixture_refused(tc, LENGTH(tc));
}

static void
bad_answers_are_refused(void **state)
{
	static const struct profile_case tc[] = {
		{ "no device is found", "product_id: /pkid, ", "",
		    "13:1 result: no device can be found again\n"
		    "Say where ref, serial or product_id stands in a result.\n" },
		{ "never over", "mode: sync", "mode: async_location",
		    "12:1 job: nothing says when it is over\n"
		    "Give job.status with job.running, or result.pending.\n" },
		{ "over at once", "mode: sync", "mode: async_location, status: /s",
		    "12:1 job: status without running would be over at once\n"
		    "Give both, or neither and result.pending.\n" },
		{ "never looked at", "mode: sync", "mode: async_location, running: [r]",
		    "12:1 job: running without status is never looked at\n"
		    "Give both, or neither and result.pending.\n" },
		{ "sync with a job", "mode: sync", "mode: sync, status: /s, running: [r], id: /i",
		    "12:19 status does not go with mode sync\n"
		    "Remove one of the two.\n"
		    "12:31 running does not go with mode sync\n"
		    "Remove one of the two.\n"
		    "12:45 id does not go with mode sync\n"
		    "Remove one of the two.\n" },
		{ "words twice", "ok: [done]", "ok: [done, a], pending: [b, a], error: [done, b]",
		    "13:82 pending: \"a\" stands under ok, too\n"
		    "A word means one thing; keep it where it belongs.\n"
		    "13:94 error: \"done\" stands under ok, too\n"
		    "A word means one thing; keep it where it belongs.\n"
		    "13:100 error: \"b\" stands under pending, too\n"
		    "A word means one thing; keep it where it belongs.\n" },
		{ "any error is fine", "error_default: unexpected", "error_default: already_here",
		    "15:16 error_default: an error that nobody knows is no success\n"
		    "Write unexpected, and give what means success a row of its own.\n" },
		{ "a row without a condition", "{code: \"812\", means", "{means",
		    "14:10 errors: a row has no condition\n"
		    "One of code, name and match.\n" },
		{ "a row with two", "{code: \"812\", means", "{code: \"812\", name: x, means",
		    "14:10 errors: a row has more than one condition\n"
		    "One of code, name and match.\n" },
		{ "a code that is a number", "\"812\"", "812",
		    "14:17 code: \"812\" is not text\n"
		    "If it is meant, put quotes around it.\n" },
		{ "no expression", "{code: \"812\", means", "{match: \"a(b\", means",
		    "14:18 match: Unmatched ( or \\(\n"
		    "It is an extended regular expression, as grep -E takes them, without {N,M}.\n" },
		{ "counts", "{code: \"812\", means", "{match: \"a{2}\", means",
		    "14:18 match: counts in braces are not taken\n"
		    "It is an extended regular expression, as grep -E takes them, without {N,M}.\n" },
		{ "a row twice", "not_found}]",
		    "not_found}, {name: x, means: ok}, {code: \"812\", means: ok}, {name: x, means: auth}]",
		    "14:72 code: \"812\" stands in line 14, too\n"
		    "Remove one of the two.\n"
		    "14:98 name: \"x\" stands in line 14, too\n"
		    "Remove one of the two.\n" },
		{ "two carriers", "name: p\n",
		    "name: p\n"
		    "idempotency: {header: I, field: /i}\n",
		    "3:1 idempotency: header and field are both there\n"
		    "Keep the one that the service reads.\n" },
		{ "safe without a carrier", "name: p\n",
		    "name: p\n"
		    "idempotency: {safe: true}\n",
		    "3:1 idempotency: safe, but nothing carries an id\n"
		    "Add header or field, or remove safe.\n" },
	};

	(void)state;
	profile_fixture_refused(tc, LENGTH(tc));
}

/* What is close to being refused. */
static void
good_ones_are_taken(void **state)
{
	static const struct {
		const char *name, *part, *by;
	} tc[] = {
		{ "GET with the tenant in the path",
		    "validate: /v, register: /r}\nconsent: {body: {/t: \"{tenantId}\"}, ",
		    "validate: \"/v/{tenantId}\", register: /r}\nconsent: {method: GET, " },
		{ "the tenant in the query",
		    "register: /r}\nconsent: {body: {/t: \"{tenantId}\"}, ",
		    "register: /r, query: {d: \"{tenantDomain}\"}}\nconsent: {" },
		{ "a version", "register: /r",
		    "register: \"/{apiVersion}/r?a={tenantId}\", api_version: \"1.0\"" },
		{ "a header that carries the token bare", "name: p\n",
		    "name: p\nauth_header: authorization\n" },
		{ "the same word with another status", "granted: [{status: 200}]",
		    "granted: [{status: 200, pointer: /c, values: [a]}, {status: 201, pointer: /c, "
		    "values: [b]}, {status: 403, pointer: /c, values: [c]}]" },
		{ "over when nothing is pending", "mode: sync}\nresult: {",
		    "mode: async_location}\nresult: {pending: [p], " },
		{ "over when the job says so", "mode: sync",
		    "mode: async_location, status: /s, running: [r]" },
		{ "an id in the path", "register: /r}",
		    "register: /r, status: \"/{operationId}\"}" },
		{ "an expression", "{code: \"812\", means",
		    "{match: \"^Ztd.*(Found|Lost)$\", means" },
		{ "the same text as code and name", "not_found}]",
		    "not_found}, {name: \"812\", means: not_found}]" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		print_message("  %s\n", tc[i].name);
		oem_profile_free(profile_fixture_parse(tc[i].part, tc[i].by));
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_endpoints_are_refused),
		cmocka_unit_test(bad_questions_are_refused),
		cmocka_unit_test(bad_answers_are_refused),
		cmocka_unit_test(good_ones_are_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
