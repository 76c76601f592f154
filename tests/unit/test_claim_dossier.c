/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/claim_dossier.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/clock.h"
#include "store/store.h"
#include "tests/unit/sandbox.h"

static const struct customer customer[] = {
	{ .name = "contoso", .tenant = "2222", .domain = "contoso.example" },
	{ .name = "fabrikam", .tenant = "3333" },
};
static const struct config config = { .state = "state", .customers = { customer, 2 } };

/* --- a store with claimed devices --- */

struct settled {
	struct store_settlement item[4];
	size_t n;
};

static enum err_code
skip_head(void *arg, const struct store_batch_head *h, struct err *err)
{
	(void)arg;
	(void)h;
	(void)err;
	return ERR_OK;
}

static enum err_code
claim(void *arg, const struct store_batch_device *d, struct err *err)
{
	struct settled *s = arg;

	(void)err;
	s->item[s->n++] = (struct store_settlement){
		.device = d->id,
		.state = DEVICE_CLAIMED,
		.verdict = { .class = slice_of("claimed_elsewhere"),
		    .code = 808,
		    .name = slice_of("ZtdDeviceAssignedToOtherTenant"),
		    .message = slice_of("Another organization holds the device.") },
	};
	return ERR_OK;
}

static enum err_code
claim_lane(void *arg, const struct store_lane *l, struct err *err)
{
	(void)err;
	*(int64_t *)arg = l->queued ? l->id : *(int64_t *)arg;
	return ERR_OK;
}

static void
add_claimed(struct store *s, const char *who, const char *serial, const char *model)
{
	const struct store_row row = {
		.line = 2,
		.serial = slice_of(serial),
		.manufacturer = slice_of("Microsoft Corporation"),
		.model = slice_of(model),
		.tag = slice_of("Tag"),
		.hash = slice_of("OAhash"),
		.hash_len = 9,
	};
	struct settled settled = { .n = 0 };
	const struct store_batch_reader reader = { &settled, skip_head, claim };
	int64_t list, batch, lane = 0;
	uint64_t contested;
	struct err err;

	assert_int_equal(store_list_begin(s, slice_of(who), slice_of("a.csv"), slice_of("Tag"),
	                     LIST_FROM_COMMAND, &list, &err),
	    ERR_OK);
	assert_int_equal(store_list_add(s, list, &row, 1, &err), ERR_OK);
	assert_int_equal(store_list_end(s, list, 1, &contested, &err), ERR_OK);
	assert_int_equal(store_lanes(s, claim_lane, &lane, &err), ERR_OK);
	assert_int_equal(store_batch_claim(s, lane, 10, 1 << 20, slice_of("request-1"),
	                     slice_of("correlation-1"), &reader, &batch, &err),
	    ERR_OK);
	assert_int_equal(settled.n, 1);
	assert_int_equal(
	    store_batch_settle(s, batch, settled.item, settled.n, slice_of(""), slice_of(""), &err),
	    ERR_OK);
}

static int
set_up(void **state)
{
	struct store *s;
	struct err err;

	if (sandbox_enter(state))
		return -1;
	assert_int_equal(store_open("state", STORE_WRITE, clock_system(), &s, &err), ERR_OK);
	add_claimed(s, "contoso", "PF/1", "Surface Laptop, 13\"");
	add_claimed(s, "contoso", "PF2", "Book");
	add_claimed(s, "fabrikam", "PF2", "Book");
	store_close(s);
	return 0;
}

static enum err_code
write_dossier(const char *serial, const char *who, char path[CLAIM_DOSSIER_PATH_SIZE],
    struct err *err)
{
	return claim_dossier_write(
	    &(struct claim_dossier_request){
	        .config = &config,
	        .serial = serial,
	        .customer = who,
	        .folder = ".",
	    },
	    path, err);
}

static void
assert_contains(const char *path, const char *want)
{
	char text[16384] = "";
	FILE *f = fopen(path, "r");
	struct stat st;

	assert_non_null(f);
	assert_int_equal(fstat(fileno(f), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_true(fread(text, 1, sizeof text - 1, f) < sizeof text - 1);
	(void)fclose(f);
	if (!strstr(text, want))
		fail_msg("%s has no \"%s\":\n%s", path, want, text);
}

/* --- the tests --- */

static void
folder(void **state)
{
	char path[CLAIM_DOSSIER_PATH_SIZE] = "before";
	struct stat st;
	struct err err;

	(void)state;
	assert_int_equal(write_dossier("pf/1", NULL, path, &err), ERR_OK);
	assert_string_equal(path, "./pf_1");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	sandbox_assert_names("pf_1", "device.csv dossier.json dossier.txt ");
	/* What this file cannot hold is left out, and the zero bytes of the hash are there again. */
	assert_contains("pf_1/device.csv",
	    "Hardware Hash,Manufacturer name,Device model\r\nPF/1,,T0FoYXNoAAAA,Microsoft "
	    "Corporation,\r\n");
	assert_contains("pf_1/dossier.txt", "Request id         request-1\n");
	assert_contains("pf_1/dossier.txt", "Tenant             2222\n");
	assert_contains("pf_1/dossier.txt", "This is a Surface");
	assert_contains("pf_1/dossier.txt", "device_claimed, by agent");
	assert_contains("pf_1/dossier.json", "\"identity\":null"); /* no whole hash */
	assert_int_equal(write_dossier("pf/1", NULL, path, &err), ERR_EXISTS);
	assert_non_null(strstr(err.msg, "not overwritten"));
}

static void
several_customers(void **state)
{
	char path[CLAIM_DOSSIER_PATH_SIZE] = "before";
	struct err err;

	(void)state;
	assert_int_equal(write_dossier("PF2", NULL, path, &err), ERR_USAGE);
	assert_non_null(strstr(err.msg, "say which with --customer"));
	assert_string_equal(path, "before");
	sandbox_assert_names(".", "state ");
	assert_int_equal(write_dossier("PF2", "fabrikam", path, &err), ERR_OK);
	assert_contains("PF2/dossier.txt", "Tenant             3333\n");
}

static void
nothing_there(void **state)
{
	static const struct config nowhere = { .state = "elsewhere" };
	char path[CLAIM_DOSSIER_PATH_SIZE] = "before";
	struct err err;

	(void)state;
	assert_int_equal(write_dossier("PF9", NULL, path, &err), ERR_NOT_FOUND);
	assert_int_equal(write_dossier("PF2", "adatum", path, &err), ERR_NOT_FOUND);
	assert_int_equal(claim_dossier_write(&(struct claim_dossier_request){ .config = &nowhere,
	                                         .serial = "PF2",
	                                         .folder = "." },
	                     path, &err),
	    ERR_NOT_FOUND);
	assert_string_equal(path, "before");
	sandbox_assert_names(".", "state ");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, sandbox_leave)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(folder),
		TEST(several_customers),
		TEST(nothing_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
