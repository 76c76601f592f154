/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/intake/intake.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "devices/hash_record.h"
#include "store/store_async.h"
#include "tests/unit/list_fixture.h"
#include "tests/unit/sandbox.h"
#include "tests/unit/store_async_fake.h"
#include "tests/unit/store_script.h"
#include "tests/unit/store_show.h"

#define LENGTH(array) (sizeof array / sizeof(array)[0])
#define TUPLES "Serial Number,Manufacturer,Model,Group Tag\n"
#define HASHES "Serial Number,Hardware Hash,Manufacturer,Model\n"

static const char *const tablets[] = { "Tablet*" };

static const struct customer contoso = { .name = "contoso", .group_tag = "T" };
static const struct customer picky = {
	.name = "contoso",
	.group_tag = "T",
	.only = { .models = { tablets, 1 } },
};

static const struct config config = { .customers = { &contoso, 1 } };

/* --- a list under test --------------------------------------------------------------------------- */

struct rig {
	struct store_script script;
	struct intake_request req;
	struct intake_result result;
};

static void
rig_open(struct rig *r, const struct customer *customer)
{
	store_script_open(&r->script);
	memset(&r->result, 0xa5, sizeof r->result);
	r->req = (struct intake_request){
		.writer = store_async_fake_open(r->script.store),
		.clock = &r->script.clock,
		.random = random_system(),
		.config = &config,
		.customer = customer,
		.path = "list.csv",
		.rejects = "rejects.csv",
		.threads = 1,
	};
}

/* '@' and a number stand for the hash of a capture, '#' for one with a family. */
static void
write_list(const char *text)
{
	static const struct capture capture[] = {
		{ "A1", "M", "Tablet 1", NULL, "aaaaaaaaaaaaaaaa", "key", 0 },
		{ "A1", "M", "Tablet 1", NULL, "aaaaaaaaaaaaaaaa", "key", 5 },
		{ "A1", "M", "Tablet 1", NULL, "bbbbbbbbbbbbbbbb", "other", 9 },
		{ "A1", "M", "Desk 1", NULL, "aaaaaaaaaaaaaaaa", "key", 0 },
		{ "A1", "M", "Desk 1", NULL, "bbbbbbbbbbbbbbbb", "other", 9 },
		{ "A1", "M", "Desk 1", NULL, "aaaaaaaaaaaaaaaa", "key", 5 },
	};
	struct buf content;

	buf_init(&content, 1 << 20);
	for (; *text; text++) {
		char hash[HASH_BUILD_CHARS + 1];

		if (*text == '#') {
			struct hash_build b;

			capture_records(&capture[0], &b);
			hash_build_text_record(&b, HASH_RECORD_FAMILY, "Tablet Line");
			hash_build_finish(&b, hash);
		} else if (*text == '@') {
			text++;
			capture_hash(&capture[*text - '0'], hash);
		} else {
			buf_add_char(&content, *text);
			continue;
		}
		buf_add_str(&content, hash);
	}
	assert_int_equal(buf_check(&content, &(struct err){ 0 }), ERR_OK);
	sandbox_write("list.csv", content.ptr);
	buf_done(&content);
}

static void
begin(struct rig *r)
{
	store_script_run(&r->script, "begin contoso T");
	r->req.list = r->script.list;
}

static enum err_code
take_in(struct rig *r, struct err *err)
{
	return intake_run(&r->req, &r->result, err);
}

static void
take_in_well(struct rig *r)
{
	struct err err;

	if (take_in(r, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(r->result.rows,
	    r->result.devices + r->result.refused + r->result.duplicates);
}

static void
assert_result(const struct rig *r, const char *want)
{
	char is[128];

	(void)snprintf(is, sizeof is, "rows=%d devices=%d refused=%d duplicates=%d",
	    (int)r->result.rows, (int)r->result.devices, (int)r->result.refused,
	    (int)r->result.duplicates);
	assert_string_equal(is, want);
	assert_string_equal(r->result.rejected, "");
}

/* --- what becomes of rows ------------------------------------------------------------------------ */

static const struct {
	const char *name;
	const struct customer *customer;
	const char *list;
	const char *result;
	const char *want;    /* lists, rows and devices of the store */
	const char *rejects; /* its names' end: "" if there is no such file */
} lists[] = {
	{ "devices, with and without a tag", &contoso, TUPLES "A,M,B,\nB,M,B,T\n",
	    "rows=2 devices=2 refused=0 duplicates=0",
	    "list 1 contoso 1.csv rows=2 queued=2\n"
	    "row 1:2 A queued\nrow 1:3 B queued\n"
	    "device A queued contoso/T 1.csv:2\ndevice B queued contoso/T 1.csv:3\n",
	    "" },
	{ "a tag that is not allowed", &contoso, TUPLES "A,M,B,Other\nB,M,B,T\n",
	    "rows=2 devices=1 refused=1 duplicates=0",
	    "list 1 contoso 1.csv rows=2 refused=1 queued=1\n"
	    "row 1:2 tag-mismatch\nrow 1:3 B queued\n"
	    "device B queued contoso/T 1.csv:3\n",
	    "rejects.csv " },
	{ "a factory default is no serial number", &contoso,
	    "Serial Number,Windows Product ID,Manufacturer,Model\n"
	    "Default string,3305517000001,M,B\nDefault string,3305517000002,M,B\n",
	    "rows=2 devices=2 refused=0 duplicates=0",
	    "list 1 contoso 1.csv rows=2 queued=2\n"
	    "row 1:2 3305517000001 queued\nrow 1:3 3305517000002 queued\n"
	    "device 3305517000001 queued contoso/T 1.csv:2\n"
	    "device 3305517000002 queued contoso/T 1.csv:3\n",
	    "" },
	{ "the same device twice", &contoso, TUPLES "A,M,B,\nB,M,B,\nA,M,B,\n",
	    "rows=3 devices=2 refused=0 duplicates=1",
	    "list 1 contoso 1.csv rows=3 queued=2\n"
	    "row 1:2 A queued\nrow 1:3 B queued\nrow 1:4 duplicate duplicate\n"
	    "device A queued contoso/T 1.csv:2\ndevice B queued contoso/T 1.csv:3\n",
	    "" },
	{ "a newer capture", &contoso, HASHES "A1,@0,M,Tablet 1\nA1,@1,M,Tablet 1\n",
	    "rows=2 devices=1 refused=0 duplicates=1",
	    "list 1 contoso 1.csv rows=2 queued=1\n"
	    "row 1:2 duplicate duplicate\nrow 1:3 A1 queued\n"
	    "device A1 queued contoso/T 1.csv:3\n",
	    "" },
	{ "an older capture", &contoso, HASHES "A1,@1,M,Tablet 1\nA1,@0,M,Tablet 1\n",
	    "rows=2 devices=1 refused=0 duplicates=1",
	    "list 1 contoso 1.csv rows=2 queued=1\n"
	    "row 1:2 A1 queued\nrow 1:3 duplicate duplicate\n"
	    "device A1 queued contoso/T 1.csv:2\n",
	    "" },
	{ "a conflict that shows late", &contoso, HASHES "A1,@0,M,Tablet 1\nA1,@2,M,Tablet 1\n",
	    "rows=2 devices=0 refused=2 duplicates=0",
	    "list 1 contoso 1.csv rows=2 done refused=2\n"
	    "row 1:2 conflict\nrow 1:3 conflict\n",
	    "rejects.csv " },
	{ "only those that are wanted", &picky,
	    TUPLES "A,M,Tablet 1,\nB,M,Desk 1,\nC,M,Tablet 2,\n",
	    "rows=3 devices=2 refused=0 duplicates=1",
	    "list 1 contoso 1.csv rows=3 queued=2\n"
	    "row 1:2 A queued\nrow 1:3 not-wanted duplicate\nrow 1:4 C queued\n"
	    "device A queued contoso/T 1.csv:2\ndevice C queued contoso/T 1.csv:4\n",
	    "" },
	{ "unwanted, and in conflict", &picky, HASHES "A1,@3,M,Desk 1\nA1,@4,M,Desk 1\n",
	    "rows=2 devices=0 refused=2 duplicates=0",
	    "list 1 contoso 1.csv rows=2 done refused=2\n"
	    "row 1:2 conflict\nrow 1:3 conflict\n",
	    "rejects.csv " },
	{ "unwanted, and captured again", &picky, HASHES "A1,@3,M,Desk 1\nA1,@5,M,Desk 1\n",
	    "rows=2 devices=0 refused=0 duplicates=2",
	    "list 1 contoso 1.csv rows=2 done\n"
	    "row 1:2 duplicate duplicate\nrow 1:3 not-wanted duplicate\n",
	    "" },
};

static bool
exists(const char *name)
{
	return access(name, F_OK) == 0;
}

static void
rows_become_devices(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(lists); i++) {
		struct rig r;

		print_message("  %s\n", lists[i].name);
		assert_int_equal(sandbox_enter(NULL), 0);
		rig_open(&r, lists[i].customer);
		write_list(lists[i].list);
		begin(&r);
		take_in_well(&r);
		assert_result(&r, lists[i].result);
		store_show_expect(r.script.store, "lrd", lists[i].want);
		assert_int_equal(exists("rejects.csv"), *lists[i].rejects != '\0');
		assert_false(exists("rejects.csv.part"));
		store_script_close(&r.script);
		assert_int_equal(sandbox_leave(NULL), 0);
	}
}

static enum err_code
add_family(void *arg, const struct store_gate_device *d, struct err *err)
{
	(void)err;
	buf_addf(arg, SLICE_FMT " " SLICE_FMT "\n", SLICE_ARG(d->serial), SLICE_ARG(d->family));
	return ERR_OK;
}

static void
families_go_with_the_devices(void **state)
{
	struct buf got;
	struct rig r;
	struct err err;

	(void)state;
	rig_open(&r, &contoso);
	write_list(HASHES "A1,#,M,Tablet 1\n");
	begin(&r);
	take_in_well(&r);
	buf_init(&got, 1 << 10);
	assert_int_equal(store_gate(r.script.store, slice_of("A1"), add_family, &got, &err),
	    ERR_OK);
	assert_string_equal(got.ptr, "A1 Tablet Line\n");
	buf_done(&got);
	store_script_close(&r.script);
}

static void
devices_of_others_are_counted(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, &contoso);
	store_script_run(&r.script, "begin adatum; add 2 A m t; add 3 B m t; end 2");
	write_list(TUPLES "A,M,B,\nB,M,B,\nC,M,B,\n");
	begin(&r);
	take_in_well(&r);
	assert_int_equal(r.result.contested, 2);
	store_show_expect(r.script.store, "l",
	    "list 2 contoso 2.csv rows=3 held=2 queued=1\nlist 1 adatum 1.csv rows=2 done held=2\n");
	store_script_close(&r.script);
}

/* Whatever place of a list the program dies at: read again from its beginning, it comes to the same. */
static void
interrupted_and_done_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(lists); i++) {
		for (unsigned n = 0;; n++) {
			struct rig r;
			struct err err;
			enum err_code rc;

			assert_int_equal(sandbox_enter(NULL), 0);
			rig_open(&r, lists[i].customer);
			write_list(lists[i].list);
			begin(&r);
			store_async_fake_fail_after(n);
			rc = take_in(&r, &err);
			if (rc) {
				assert_int_equal(err.code, ERR_IO);
				assert_int_equal(r.result.rows, 0xa5a5a5a5a5a5a5a5);
				assert_false(exists("rejects.csv.part"));
				take_in_well(&r);
			}
			assert_result(&r, lists[i].result);
			store_show_expect(r.script.store, "lrd", lists[i].want);
			store_script_close(&r.script);
			assert_int_equal(sandbox_leave(NULL), 0);
			if (rc == ERR_OK)
				break;
		}
	}
}

/* More than one commit: the middle is durable, and comes to the same nevertheless. */
static void
a_long_list_is_committed_as_it_goes(void **state)
{
	enum { ROWS = 1700 };
	struct buf list;
	struct rig r;
	struct err err;

	(void)state;
	buf_init(&list, 1 << 20);
	buf_add_str(&list, TUPLES);
	for (unsigned i = 0; i < ROWS; i++) /* every fourth is refused, every seventh there twice */
		buf_addf(&list, "S%u,M,B,%s\n", i % 7 == 6 ? i - 1 : i, i % 4 == 3 ? "Other" : "");
	rig_open(&r, &contoso);
	sandbox_write("list.csv", list.ptr);
	buf_done(&list);
	begin(&r);
	store_async_fake_fail_after(2);
	assert_int_equal(take_in(&r, &err), ERR_IO);
	r.req.threads = 3;
	take_in_well(&r);
	assert_int_equal(r.result.rows, ROWS);
	assert_int_equal(r.result.refused, ROWS / 4);
	store_script_run(&r.script, "!not-found end 1"); /* it has ended */
	store_script_close(&r.script);
}

static void
given_again_it_follows_what_is_there(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, &contoso);
	write_list(TUPLES "A,M,B,\nB,M,B,\nC,M,B,\nD,M,B,\n");
	begin(&r);
	take_in_well(&r);
	store_script_run(&r.script,
	    "claim 1 3; settle 1 A registered ok; settle 1 B failed bad_hash; reported 1");
	begin(&r);
	take_in_well(&r);
	assert_result(&r, "rows=4 devices=4 refused=0 duplicates=0");
	store_show_expect(r.script.store, "d",
	    "device A registered ok contoso/T 2.csv:2\n"
	    "device B queued contoso/T 2.csv:3\n"
	    "device C submitted contoso/T 2.csv:4\n"
	    "device D queued contoso/T 2.csv:5\n");
	store_script_close(&r.script);
}

static void
no_list_is_a_result(void **state)
{
	static const struct {
		const char *name;
		const char *content;
		const char *rejected; /* its beginning */
	} tc[] = {
		{ "a picture", "\x89PNG\r\n\x1a\n", "not-a-list: " },
		{ "a heading only", TUPLES, "list-empty: " },
		{ "nothing", "", "list-empty: " },
		{ "columns of something else", "Fruit,Colour\napple,red\n", "columns-unknown: " },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct rig r;

		print_message("  %s\n", tc[i].name);
		assert_int_equal(sandbox_enter(NULL), 0);
		rig_open(&r, &contoso);
		sandbox_write("list.csv", tc[i].content);
		begin(&r);
		take_in_well(&r);
		assert_memory_equal(r.result.rejected, tc[i].rejected, strlen(tc[i].rejected));
		store_show_expect(r.script.store, "lrd", "");
		assert_false(exists("rejects.csv"));
		store_script_close(&r.script);
		assert_int_equal(sandbox_leave(NULL), 0);
	}
}

/* Whoever gives a list thinks that it can go: what waits for a person is tried anew. */
static void
holds_end_with_the_list(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, &contoso);
	write_list(TUPLES "A,M,B,\n");
	store_script_run(&r.script, "hold customer/contoso consent; hold customer/contoso paused");
	begin(&r);
	store_async_fake_fail_after(0);
	assert_int_equal(take_in(&r, &(struct err){ 0 }), ERR_IO);
	store_show_expect(r.script.store, "h",
	    "hold customer/contoso consent since=1000 message\n"
	    "hold customer/contoso paused since=1000 message\n");
	take_in_well(&r);
	store_show_expect(r.script.store, "h", "hold customer/contoso paused since=1000 message\n");
	store_script_close(&r.script);
}

static void
tags_of_the_customer(void **state)
{
	static char text[100][8];
	static const char *tag[100];
	static struct customer many = { .name = "contoso" };
	struct rig r;

	(void)state;
	for (size_t i = 0; i < LENGTH(tag); i++) {
		(void)snprintf(text[i], sizeof text[i], "T%zu", i);
		tag[i] = text[i];
	}
	many.allowed_tags.item = tag;
	many.allowed_tags.n = LENGTH(tag);
	rig_open(&r, &many);
	r.req.tag = "T7"; /* for rows without one */
	write_list(TUPLES "A,M,B,T99\nB,M,B,\nC,M,B,T100\n");
	begin(&r);
	take_in_well(&r);
	store_show_expect(r.script.store, "rd",
	    "row 1:2 A queued\nrow 1:3 B queued\nrow 1:4 tag-mismatch\n"
	    "device A queued contoso/T99 1.csv:2\ndevice B queued contoso/T7 1.csv:3\n");
	store_script_close(&r.script);
}

static enum err_code
no_chance(void *arg, void *out, size_t len, struct err *err)
{
	(void)arg;
	(void)out;
	(void)len;
	return err_set(err, ERR_IO, "no chance");
}

static void
what_cannot_be_done_leaves_the_list_open(void **state)
{
	static const struct random none = { no_chance, NULL };
	static const struct customer lost = { .name = "contoso",
		.group_tag = "T",
		.only = { .serials_from = "nowhere" } };
	struct err err;
	struct rig r;

	(void)state;
	rig_open(&r, &lost);
	write_list(TUPLES "A,M,B,Other\n");
	begin(&r);
	assert_int_equal(take_in(&r, &err), ERR_IO);
	assert_non_null(strstr(err.msg, "nowhere"));
	r.req.customer = &contoso;
	r.req.random = &none;
	assert_int_equal(take_in(&r, &err), ERR_IO);
	r.req.random = random_system();
	r.req.rejects = "no/such/folder";
	assert_int_equal(take_in(&r, &err), ERR_IO);
	store_show_expect(r.script.store, "l", "list 1 contoso 1.csv rows=0 open\n");
	r.req.rejects = NULL; /* nobody wants them */
	take_in_well(&r);
	assert_result(&r, "rows=1 devices=0 refused=1 duplicates=0");
	store_script_close(&r.script);
}

/* --- lists as people have them ------------------------------------------------------------------- */

/* What the store says after the list has come in; fails_after: the first try does, if not 0. */
static void
take_in_alone(const char *path, unsigned fails_after, struct buf *says)
{
	struct rig r;
	struct err err;

	assert_int_equal(sandbox_enter(NULL), 0);
	rig_open(&r, &contoso);
	r.req.path = path;
	r.req.rejects = NULL;
	begin(&r);
	if (fails_after)
		store_async_fake_fail_after(fails_after);
	if (take_in(&r, &err)) {
		r.req.threads = 2;
		take_in_well(&r);
	}
	buf_init(says, 1 << 20);
	store_show(r.script.store, "lrdt", says);
	store_script_close(&r.script);
	assert_int_equal(sandbox_leave(NULL), 0);
}

static void
all_kinds_of_lists(void **state)
{
	char folder[256], path[600];
	const struct dirent *entry;
	struct buf first, again;
	DIR *dir;
	size_t n = 0;

	(void)state;
	(void)snprintf(folder, sizeof folder, "%s/lists", getenv("AUTOREG_TEST_DATA"));
	dir = opendir(folder);
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
		print_message("  %s\n", entry->d_name);
		take_in_alone(path, 0, &first);
		take_in_alone(path, 1, &again); /* at its end, as short as these are */
		assert_true(slice_eq(buf_slice(&first), buf_slice(&again)));
		buf_done(&first);
		buf_done(&again);
		n++;
	}
	(void)closedir(dir);
	assert_true(n > 20);
}

#define IN_SANDBOX(test) cmocka_unit_test_setup_teardown(test, sandbox_enter, sandbox_leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_become_devices),
		cmocka_unit_test(interrupted_and_done_again),
		IN_SANDBOX(families_go_with_the_devices),
		IN_SANDBOX(devices_of_others_are_counted),
		IN_SANDBOX(a_long_list_is_committed_as_it_goes),
		IN_SANDBOX(given_again_it_follows_what_is_there),
		cmocka_unit_test(no_list_is_a_result),
		IN_SANDBOX(holds_end_with_the_list),
		IN_SANDBOX(tags_of_the_customer),
		IN_SANDBOX(what_cannot_be_done_leaves_the_list_open),
		cmocka_unit_test(all_kinds_of_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
