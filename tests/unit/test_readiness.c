/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server/readiness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include <cmocka.h>

#include "tests/unit/sandbox.h"

/* --- a disk as a test wants it --- */

static struct statvfs disk;

int __wrap_statvfs(const char *path, struct statvfs *out);

int
__wrap_statvfs(const char *path, struct statvfs *out)
{
	if (strcmp(path, "gone") == 0)
		return -1;
	*out = disk;
	return 0;
}

static void
assert_check(const struct readiness *r, enum readiness_check check, enum readiness_state state,
    const char *reason)
{
	assert_int_equal(r->check[check].state, state);
	if (state != READINESS_OK) {
		if (!strstr(r->check[check].reason, reason))
			print_message("%s\n", r->check[check].reason);
		assert_non_null(strstr(r->check[check].reason, reason));
		assert_non_null(r->check[check].advice);
	}
	assert_int_equal(readiness_is_ready(r), state != READINESS_FAILED);
}

/* --- */

static void
credentials(void **state)
{
	static const struct {
		const char *name;
		const char *token, *credential; /* of partner/p, of oem/m */
		bool signed_in;
		size_t ncustomer; /* the first is p's, the second m's */
		enum readiness_state want;
		const char *reason;
	} tc[] = {
		{ "all", "valid", "valid", true, 2, READINESS_OK, "" },
		{ "no token yet", "none", "valid", true, 2, READINESS_OK, "" },
		{ "nobody signed in", "none", "valid", false, 2, READINESS_WARNING, "1 of 2" },
		{ "refused", "refused", "valid", true, 2, READINESS_WARNING, "1 of 2" },
		{ "the maker too", "refused", "expired", true, 2, READINESS_FAILED, "no service" },
		{ "one and refused", "refused", "valid", true, 1, READINESS_FAILED, "no service" },
		{ "nobody", "valid", "valid", true, 0, READINESS_WARNING, "no customer" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct status_customer customer[] = { { .via = "partner/p" }, { .via = "oem/m" } };
		struct status_partner partner = { .name = "p",
			.token = tc[i].token,
			.signed_in = tc[i].signed_in };
		struct status_oem oem = { .name = "m", .credential = tc[i].credential };
		const struct status_snapshot s = {
			.customer = customer,
			.ncustomer = tc[i].ncustomer,
			.partner = &partner,
			.npartner = 1,
			.oem = &oem,
			.noem = 1,
		};
		struct readiness r = { .state_path = "" };

		print_message("  %s\n", tc[i].name);
		readiness_ask_agent(&r, &(struct agent_config_status){ .refused = false }, &s);
		assert_check(&r, READINESS_CREDENTIALS, tc[i].want, tc[i].reason);
		assert_int_equal(r.check[READINESS_CONFIGURATION].state, READINESS_OK);
	}
}

static void
a_refused_configuration_is_a_warning(void **state)
{
	struct status_snapshot none = { .ncustomer = 0 };
	struct readiness r = { .state_path = "" };

	(void)state;
	readiness_ask_agent(&r, &(struct agent_config_status){ .refused = true }, &none);
	assert_check(&r, READINESS_CONFIGURATION, READINESS_WARNING, "was refused");
}

static void
disks(void **state)
{
	static const struct {
		const char *name;
		const char *path;
		uint64_t free_mb;
		unsigned long flags;
		enum readiness_state want;
		const char *reason;
	} tc[] = {
		{ "fine", ".", 64, 0, READINESS_OK, "" },
		{ "full", ".", 63, 0, READINESS_FAILED, ".: 63 MiB are free, and 64 have to be" },
		{ "read-only", ".", 9999, ST_RDONLY, READINESS_FAILED, "read-only" },
		{ "gone", "gone", 9999, 0, READINESS_FAILED, "gone: " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct readiness r = { .spool_path = "." };

		print_message("  %s\n", tc[i].name);
		(void)snprintf(r.state_path, sizeof r.state_path, "%s", tc[i].path);
		disk = (struct statvfs){ .f_frsize = 1024,
			.f_bavail = tc[i].free_mb * 1024,
			.f_flag = tc[i].flags };
		readiness_look(&r);
		assert_check(&r, READINESS_DISK, tc[i].want, tc[i].reason);
		assert_int_equal(r.check[READINESS_SPOOL].state, READINESS_OK);
	}
}

static void
a_spool_that_is_not_there(void **state)
{
	struct readiness r = { .state_path = ".", .spool_path = "nowhere" };

	(void)state;
	disk = (struct statvfs){ .f_frsize = 1024, .f_bavail = 1024 * 1024 };
	readiness_look(&r);
	assert_check(&r, READINESS_SPOOL, READINESS_FAILED, "nowhere: No such file");
}

static void
as_a_document(void **state)
{
	struct readiness r = { .state_path = "" };
	json_t *doc;
	char *text;

	(void)state;
	readiness_note_store(&r, NULL);
	readiness_ask_agent(&r, &(struct agent_config_status){ .refused = false },
	    &(struct status_snapshot){ .ncustomer = 0 });
	readiness_note_store(&r, &(struct err){ ERR_IO, "disk full" });
	doc = readiness_json(&r);
	text = json_dumps(doc, JSON_COMPACT);
	assert_string_equal(text,
	    "{\"ready\":false,\"checks\":["
	    "{\"name\":\"configuration\",\"state\":\"ok\"},"
	    "{\"name\":\"credentials\",\"state\":\"warning\","
	    "\"reason\":\"no customer is configured\","
	    "\"advice\":\"Add a customer to the configuration, then reload.\"},"
	    "{\"name\":\"store\",\"state\":\"failed\",\"reason\":\"disk full\",\"advice\":"
	    "\"Nothing is sent until it can be written again; the journal has the cause.\"}]}");
	free(text);
	json_decref(doc);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(credentials),
		cmocka_unit_test(a_refused_configuration_is_a_warning),
		cmocka_unit_test_setup_teardown(disks, sandbox_enter, sandbox_leave),
		cmocka_unit_test_setup_teardown(a_spool_that_is_not_there, sandbox_enter,
		    sandbox_leave),
		cmocka_unit_test(as_a_document),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
