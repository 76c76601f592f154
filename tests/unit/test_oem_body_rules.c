/* SPDX-License-Identifier: Apache-2.0 */
#include "config/oem_body_rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/profile_fixture.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

static void
bad_bodies_are_refused(void **state)
{
	static const struct profile_case tc[] = {
		{ "twice the same place", "  devices: /d\n",
		    "  devices: /d\n"
		    "  constants: {/t: x}\n",
		    "11:23 \"/t\" and \"/t\" (line 8) are in each other's way\n"
		    "Give each a place of its own.\n" },
		{ "one above another", "  devices: /d\n",
		    "  devices: /d\n"
		    "  constants: {/d/x: x}\n",
		    "7:12 \"/d\" and \"/d/x\" (line 8) are in each other's way\n"
		    "Give each a place of its own.\n" },
		{ "devices below another", "  devices: /d\n",
		    "  devices: /d/e\n"
		    "  constants: {/d: x, /de: y}\n",
		    "7:12 \"/d/e\" and \"/d\" (line 8) are in each other's way\n"
		    "Give each a place of its own.\n" },
		{ "the id in the way", "name: p\n",
		    "name: p\n"
		    "idempotency: {field: /td}\n",
		    "12:27 \"/td\" and \"/td\" (line 3) are in each other's way\n"
		    "Give each a place of its own.\n" },
		{ "two of a question", "/t: \"{tenantId}\"}", "/t: \"{tenantId}\", /t/x: y}",
		    "5:36 \"/t/x\" and \"/t\" (line 5) are in each other's way\n"
		    "Give each a place of its own.\n" },
		{ "a constant with a name", "  devices: /d\n",
		    "  devices: /d\n"
		    "  constants: {/c: \"{tenantId}\"}\n",
		    "8:19 constants: nothing is filled in here\n"
		    "The tenant is sent by request.fields; write a text without braces.\n" },
		{ "no envelope", "  devices: /d\n",
		    "  devices: \"\"\n"
		    "  constants: {/c: x}\n",
		    "8:3 constants: there is no envelope\n"
		    "request.devices is \"\": the body is the list. Remove constants.\n"
		    "11:23 tenant_id: \"/t\" has no envelope to stand in\n"
		    "request.devices is \"\": the body is the list. Remove `in: envelope`.\n"
		    "12:27 tenant_domain: \"/td\" has no envelope to stand in\n"
		    "request.devices is \"\": the body is the list. Remove `in: envelope`.\n" },
		{ "no envelope for an id", NULL,
		    "version: 1\n"
		    "name: p\n"
		    "idempotency: {field: /i}\n"
		    "identity: pkid\n"
		    "endpoint: {validate: /v, register: /r}\n"
		    "consent: {body: {/t: \"{tenantId}\"}, granted: [{status: 200}], refused: [{status: 403}]}\n"
		    "request:\n"
		    "  devices: \"\"\n"
		    "  fields:\n"
		    "    product_id: {name: pkid}\n"
		    "    tenant_id: {name: t}\n"
		    "    tenant_domain: {name: td}\n"
		    "job: {mode: sync}\n"
		    "result: {devices: /d, product_id: /pkid, status: /s, ok: [done], otherwise: error}\n"
		    "errors: [{code: \"812\", means: not_found}]\n"
		    "error_default: unexpected\n",
		    "3:15 field: there is no envelope\n"
		    "request.devices is \"\": the body is the list. Remove field.\n" },
		{ "what differs in the envelope", "    product_id: {name: pkid}\n",
		    "    product_id: {name: /pkid, in: envelope}\n"
		    "    order: {name: /o, in: envelope}\n"
		    "    user: {name: /u, in: envelope}\n",
		    "9:24 product_id: \"/pkid\" differs from device to device\n"
		    "Remove `in: envelope`.\n"
		    "10:19 order: \"/o\" differs from device to device\n"
		    "Remove `in: envelope`.\n"
		    "11:18 user: \"/u\" differs from device to device\n"
		    "Remove `in: envelope`.\n" },
		{ "a pointer in a device", "{name: pkid}", "{name: /pkid}",
		    "9:24 product_id: \"/pkid\" is a JSON pointer\n"
		    "In a device stands the name of a member; a pointer goes with `in: envelope`.\n" },
		{ "a name twice", "{name: pkid}\n",
		    "{name: pkid}\n"
		    "    serial: {name: pkid}\n",
		    "9:24 product_id: \"pkid\" is the name of another field\n"
		    "Give each field a name of its own.\n" },
		{ "identity without its fields", "identity: pkid", "identity: both",
		    "8:3 fields: serial is missing, which identity needs\n"
		    "Add serial: {name: NAME}.\n"
		    "8:3 fields: manufacturer is missing, which identity needs\n"
		    "Add manufacturer: {name: NAME}.\n"
		    "8:3 fields: model is missing, which identity needs\n"
		    "Add model: {name: NAME}.\n" },
		{ "identity without the id", NULL,
		    "version: 1\n"
		    "name: p\n"
		    "identity: prefer_tuple\n"
		    "endpoint: {validate: /v, register: /r}\n"
		    "consent: {body: {/t: \"{tenantId}\"}, granted: [{status: 200}], refused: [{status: 403}]}\n"
		    "request:\n"
		    "  devices: /d\n"
		    "  fields:\n"
		    "    tenant_id: {name: /t, in: envelope}\n"
		    "    tenant_domain: {name: /td, in: envelope}\n"
		    "job: {mode: sync}\n"
		    "result: {devices: /d, product_id: /pkid, status: /s, ok: [done], otherwise: error}\n"
		    "errors: [{code: \"812\", means: not_found}]\n"
		    "error_default: unexpected\n",
		    "8:3 fields: product_id is missing, which identity needs\n"
		    "Add product_id: {name: NAME}.\n"
		    "8:3 fields: serial is missing, which identity needs\n"
		    "Add serial: {name: NAME}.\n"
		    "8:3 fields: manufacturer is missing, which identity needs\n"
		    "Add manufacturer: {name: NAME}.\n"
		    "8:3 fields: model is missing, which identity needs\n"
		    "Add model: {name: NAME}.\n" },
		{ "a field without a name", "{name: pkid}", "{max: 3}",
		    "9:5 product_id: name is missing\n"
		    "Add name. The member, case-sensitive; in the envelope a pointer.\n" },
		{ "results by what is not sent", "result: {", "result: {ref: /ref, ",
		    "8:3 fields: ref is missing, which result.ref needs\n"
		    "Add ref: {name: NAME}.\n" },
	};

	(void)state;
	profile_fixture_refused(tc, LENGTH(tc));
}

static void
hashes_are_refused(void **state)
{
	static const struct profile_case tc[] = {
		{ "a field", "    product_id: {name: pkid}\n",
		    "    product_id: {name: pkid}\n"
		    "    hash: {name: h}\n",
		    "10:5 unknown key \"hash\" in fields\n"
		    "Known: ref, serial, manufacturer, model, product_id, group_tag, order, purchase_order, user, tenant_id, tenant_domain. Notes may stand under keys that begin with x-.\n"
		    "10:5 \"hash\" names a hardware hash, which is never sent to a maker\n"
		    "Remove it: a device is known there by its product key id, or by manufacturer, model and serial number.\n" },
		{ "the name of a field", "{name: pkid}", "{name: Hardware_Hash}",
		    "9:24 \"Hardware_Hash\" names a hardware hash, which is never sent to a maker\n"
		    "Remove it: a device is known there by its product key id, or by manufacturer, model and serial number.\n" },
		{ "a constant", "  devices: /d\n",
		    "  devices: /d\n"
		    "  constants: {/device/hardwareIdentifier: x}\n",
		    "8:15 \"/device/hardwareIdentifier\" names a hardware hash, which is never sent to a maker\n"
		    "Remove it: a device is known there by its product key id, or by manufacturer, model and serial number.\n" },
		{ "in the question", "/t: \"{tenantId}\"}", "/t: \"{tenantId}\", /4K-HH: y}",
		    "5:36 \"/4K-HH\" names a hardware hash, which is never sent to a maker\n"
		    "Remove it: a device is known there by its product key id, or by manufacturer, model and serial number.\n" },
		{ "in the id", "name: p\n",
		    "name: p\n"
		    "idempotency: {field: /hardware-data}\n",
		    "3:22 \"/hardware-data\" names a hardware hash, which is never sent to a maker\n"
		    "Remove it: a device is known there by its product key id, or by manufacturer, model and serial number.\n" },
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
		{ "places that begin alike", "  devices: /d\n",
		    "  devices: /d\n  constants: {/de: x, /a/b: y, /a/c: z}\n" },
		{ "the names of two levels", "{name: /t, in: envelope}", "{name: pkid2}" },
		{ "a bare list",
		    "devices: /d\n  fields:\n    product_id: {name: pkid}\n    tenant_id: {name: /t, in: "
		    "envelope}\n    tenant_domain: {name: /td, in: envelope}",
		    "devices: \"\"\n  fields:\n    product_id: {name: pkid}\n    tenant_id: {name: t}\n"
		    "    tenant_domain: {name: td}" },
		{ "what all devices have in common in the envelope", "{name: pkid}\n",
		    "{name: pkid}\n    group_tag: {name: /g, in: envelope}\n"
		    "    purchase_order: {name: /p, in: envelope}\n" },
		{ "a hash in a note", "{name: pkid}\n",
		    "{name: pkid}\n    x-hash: the hash stays here\n" },
		{ "errors about hashes", "{code: \"812\", means",
		    "{name: InvalidZtdHardwareHash, means" },
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
		cmocka_unit_test(bad_bodies_are_refused),
		cmocka_unit_test(hashes_are_refused),
		cmocka_unit_test(good_ones_are_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
