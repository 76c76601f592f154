/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/list_pass.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/alloc_fault.h"
#include "tests/unit/device_set_model.h"
#include "tests/unit/list_fixture.h"
#include "tests/unit/pass_fixture.h"

#define LENGTH(array) (sizeof array / sizeof(array)[0])
#define PKID "3305517000001"

/* --- how rows relate -------------------------------------------------------------------------- */

/* Captures of devices, which stand for '@' and their number in lists below. */
static const struct capture capture[] = {
	{ "A1", "M", "B", NULL, UUID_A, "key", 0 }, { "A1", "M", "B", NULL, UUID_A, "key", 5 },
	{ "A1", "M", "B", NULL, UUID_B, "key", 3 },   /* the board was replaced */
	{ "A1", "M", "B", NULL, UUID_B, "other", 9 }, /* another device */
	{ "A2", "M", "B", NULL, UUID_A, "third", 0 }, /* a clone */
	{ "A1", "M", "B2", NULL, UUID_A, "key", 0 },  /* another capture in the same second */
};

static void
write_list_with_hashes(const char *name, const char *text)
{
	struct buf content;

	buf_init(&content, 1 << 20);
	for (; *text; text++) {
		char hash[HASH_BUILD_CHARS + 1];

		if (*text != '@') {
			buf_add_char(&content, *text);
			continue;
		}
		text++;
		capture_hash(&capture[*text - '0'], hash);
		buf_add_str(&content, hash);
	}
	write_list(name, buf_slice(&content));
	buf_done(&content);
}

#define TUPLES "SN,Make,Model\n"
#define HASHES "SN,Hardware Hash\n"

static void
relations(void **state)
{
	static const struct {
		const char *name;
		const char *list[3];
		const char *want;
	} tc[] = {
		{ "new devices", { TUPLES "A1,M,B\nA2,M,B\n", TUPLES "A3,M,B\n" },
		    "device 0: A1\ndevice 1: A2\ndevice 2: A3\n"
		    "a.csv mmd-partner-old ,: 2 rows, 2 devices, 0 refused, 0 duplicates\n"
		    "b.csv mmd-partner-old ,: 1 rows, 1 devices, 0 refused, 0 duplicates\n" },
		{ "duplicates",
		    { TUPLES "A1,M,B\n\na1,m,C\n", TUPLES "A1,N,B\n\"A\n2\",M,B\nA1,M,B\n" },
		    "device 0: A1\n"
		    "0/4: info duplicate the same device as in a.csv:2, which stays\n"
		    "device 1: A1\n"
		    "1/3: error damaged-text [Serial Number] a character that is damaged or "
		    "cannot be seen stands in the value\n"
		    "refused 1/3 damaged-text serial=A\n2 (\"A\n2\",M,B)\n"
		    "1/5: info duplicate the same device as in a.csv:2, which stays\n"
		    "a.csv mmd-partner-old ,: 2 rows, 1 devices, 0 refused, 1 duplicates\n"
		    "b.csv mmd-partner-old ,: 3 rows, 1 devices, 1 refused, 1 duplicates\n" },
		{ "the same capture", { HASHES "A1,@0\nA1,@0\n" },
		    "device 0: A1 with hash\n0/3: info duplicate the same device as in a.csv:2, "
		    "which stays\n"
		    "a.csv other ,: 2 rows, 1 devices, 0 refused, 1 duplicates\n" },
		{ "a hash and a tuple", { HASHES "A1,@0\n", TUPLES "A1,M,B\n" },
		    "device 0: A1 with hash\n1/2: info duplicate the same device as in a.csv:2, "
		    "which stays\n"
		    "a.csv other ,: 1 rows, 1 devices, 0 refused, 0 duplicates\n"
		    "b.csv mmd-partner-old ,: 1 rows, 0 devices, 0 refused, 1 duplicates\n" },
		{ "an older capture later", { HASHES "A1,@1\nA1,@0\n" },
		    "device 0: A1 with hash\n0/3: info duplicate the same device as in a.csv:2, "
		    "which stays\n"
		    "a.csv other ,: 2 rows, 1 devices, 0 refused, 1 duplicates\n" },
		{ "a newer capture later", { HASHES "A1,@0\nA1,@1\n" },
		    "device 0: A1 with hash\ndevice 1: A1 with hash\n"
		    "0/2: info duplicate an older capture of the device in a.csv:3, which stays\n"
		    "a.csv other ,: 2 rows, 1 devices, 0 refused, 1 duplicates\n" },
		{ "a newer capture in a later list, then the first again",
		    { HASHES "A1,@0\n", HASHES "A1,@2\n", HASHES "A1,@0\n" },
		    "device 0: A1 with hash\ndevice 1: A1 with hash\n"
		    "0/2: info duplicate an older capture of the device in b.csv:2, which stays\n"
		    "2/2: info duplicate the same device as in b.csv:2, which stays\n"
		    "a.csv other ,: 1 rows, 0 devices, 0 refused, 1 duplicates\n"
		    "b.csv other ,: 1 rows, 1 devices, 0 refused, 0 duplicates\n"
		    "c.csv other ,: 1 rows, 0 devices, 0 refused, 1 duplicates\n" },
		{ "two captures in one second", { HASHES "A1,@0\nA1,@5\n" },
		    "device 0: A1 with hash\n0/3: info duplicate the same device as in a.csv:2, "
		    "which stays\n"
		    "a.csv other ,: 2 rows, 1 devices, 0 refused, 1 duplicates\n" },
		{ "a conflict in one list", { HASHES "A1,@0\nA1,@3\n" },
		    "device 0: A1 with hash\n"
		    "0/3: error conflict another device with the same serial number is in "
		    "a.csv:2; neither is taken\n"
		    "refused 0/3 conflict serial=A1 (A1,T0FLAQEAH)\n"
		    "0/2: error conflict another device with the same serial number is in "
		    "a.csv:3; neither is taken\n"
		    "refused 0/2 conflict ()\n"
		    "a.csv other ,: 2 rows, 0 devices, 2 refused, 0 duplicates\n" },
		{ "a conflict of three", { HASHES "A1,@0\n", HASHES "A1,@3\n", TUPLES "A1,M,B\n" },
		    "device 0: A1 with hash\n"
		    "1/2: error conflict another device with the same serial number is in "
		    "a.csv:2; neither is taken\n"
		    "refused 1/2 conflict serial=A1 (A1,T0FLAQEAH)\n"
		    "0/2: error conflict another device with the same serial number is in "
		    "b.csv:2; neither is taken\n"
		    "refused 0/2 conflict ()\n"
		    "2/2: error conflict another device with the same serial number is in "
		    "a.csv:2; neither is taken\n"
		    "refused 2/2 conflict serial=A1 (A1,M,B)\n"
		    "a.csv other ,: 1 rows, 0 devices, 1 refused, 0 duplicates\n"
		    "b.csv other ,: 1 rows, 0 devices, 1 refused, 0 duplicates\n"
		    "c.csv mmd-partner-old ,: 1 rows, 0 devices, 1 refused, 0 duplicates\n" },
		{ "two serial numbers, one UUID", { HASHES "A1,@0\n", HASHES "A2,@4\n" },
		    "device 0: A1 with hash\ndevice 1: A2 with hash\n"
		    "1/2: warning shared-identity the hash has the same UUID as another device "
		    "in a.csv:2\n"
		    "a.csv other ,: 1 rows, 1 devices, 0 refused, 0 duplicates\n"
		    "b.csv other ,: 1 rows, 1 devices, 0 refused, 0 duplicates\n" },
		{ "findings of its own stand before",
		    { "SN,PKID,Group Tag\nA1 ," PKID ",North\n A1," PKID ",\n" },
		    "0/2: warning whitespace [Serial Number] blanks around the value, removed\n"
		    "device 0: A1 for North\n"
		    "0/3: warning whitespace [Serial Number] blanks around the value, removed\n"
		    "0/3: info duplicate the same device as in a.csv:2, which stays\n"
		    "a.csv other ,: 2 rows, 1 devices, 0 refused, 1 duplicates\n" },
		{ "several errors, one refusal", { TUPLES "0,OEM,#N/A\nSN;Make;Model\n" },
		    "0/2: error excel-damage [Model] \"#N/A\" is what a spreadsheet made of the "
		    "value\n"
		    "refused 0/2 excel-damage serial=0 (0,OEM,#N/A)\n"
		    "0/2: error placeholder-serial [Serial Number] \"0\" is a factory default "
		    "that many devices share\n"
		    "0/2: error placeholder-value [Manufacturer] \"OEM\" is a factory default\n"
		    "0/3: error column-count 1 cells where the heading has 3\n"
		    "refused 0/3 column-count (SN;Make;Mode)\n"
		    "a.csv mmd-partner-old ,: 2 rows, 0 devices, 2 refused, 0 duplicates\n" },
		{ "files", { "", TUPLES, "<Key><ProductKeyID>" PKID "</ProductKeyID></Key>" },
		    "0/1: error list-empty the list is empty\n"
		    "1/1: error list-empty there is a heading, and no device under it\n"
		    "device 0: " PKID "\n"
		    "a.csv unknown ,: 0 rows, 0 devices, 0 refused, 0 duplicates, failed\n"
		    "b.csv mmd-partner-old ,: 0 rows, 0 devices, 0 refused, 0 duplicates, failed\n"
		    "c.csv oa3-xml -: 1 rows, 1 devices, 0 refused, 0 duplicates\n" },
		{ "a fault at the end", { "\xef\xbb\xbf" TUPLES "A1,M,B\nA\xff\n", TUPLES "#\n" },
		    "device 0: A1\n0/1: error encoding-mixed byte 25 is not UTF-8, though text "
		    "before it is\n"
		    "1/1: error list-empty there is a heading, and no device under it\n"
		    "a.csv mmd-partner-old ,: 1 rows, 1 devices, 0 refused, 0 duplicates, failed\n"
		    "b.csv mmd-partner-old ,: 0 rows, 0 devices, 0 refused, 0 duplicates, failed\n" },
		{ "a report refused", { "<Key><HardwareHash>T0FBQUFB</HardwareHash></Key>" },
		    "0/1: error hash-truncated [Hardware Hash] the hash is cut short: 8 "
		    "characters hold 6 of 16741 bytes\n"
		    "refused 0/1 hash-truncated serial= ()\n"
		    "a.csv oa3-xml -: 1 rows, 0 devices, 1 refused, 0 duplicates\n" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		static const char *const path[] = { "a.csv", "b.csv", "c.csv" };
		struct pass_fixture f;

		print_message("  %s\n", tc[i].name);
		pass_fixture_init(&f, 2);
		for (size_t k = 0; k < LENGTH(path) && tc[i].list[k]; k++) {
			write_list_with_hashes(path[k], tc[i].list[k]);
			pass_fixture_read(&f, path[k]);
		}
		pass_fixture_log_summaries(&f);
		assert_slice(buf_slice(&f.record.log), tc[i].want);
		pass_fixture_done(&f);
	}
}

/* Of a long name the end is shown. */
static void
long_names(void **state)
{
	struct buf path, want;
	struct pass_fixture f;

	(void)state;
	write_list("a.csv", slice_of(TUPLES "A1,M,B\n"));
	buf_init(&path, 4096);
	buf_init(&want, 4096);
	for (int i = 0; i < 100; i++)
		buf_add_str(&path, "./");
	buf_add_str(&path, "a.csv");
	buf_addf(&want,
	    "device 0: A1\n1/2: info duplicate the same device as in %s:2, which stays\n",
	    path.ptr + path.len - 160);
	pass_fixture_init(&f, 1);
	pass_fixture_read(&f, path.ptr);
	pass_fixture_read(&f, path.ptr);
	assert_slice(buf_slice(&f.record.log), want.ptr);
	pass_fixture_done(&f);
	buf_done(&path);
	buf_done(&want);
}

/* Needs no memory. */
static enum err_code
ignore(void *arg, uint32_t list, const struct finding *f, struct err *err)
{
	unsigned *n = arg;

	(void)list;
	(void)f;
	(void)err;
	++*n;
	return ERR_OK;
}

static void
events_may_be_absent(void **state)
{
	struct pass_fixture f;
	unsigned nfinding = 0;
	struct list_pass *pass = NULL;
	struct err err;

	(void)state;
	write_list_with_hashes("a.csv", HASHES "A1,@0\nA1,@3\nA1\n");
	pass_fixture_init(&f, 1);
	f.events = (struct list_events){ .arg = &nfinding, .on_finding = ignore };
	assert_int_equal(list_pass_new(&f.options, &pass, &err), ERR_OK);
	assert_int_equal(list_pass_read(pass, "a.csv", &err), ERR_OK);
	assert_int_equal(nfinding, 3);
	list_pass_free(pass);
	pass_fixture_done(&f);
}

/*
 * Of findings on the file, of its one unit, and of the other row of a conflict; others are in
 * test_list_threads.c.
 */
static void
errors_of_rarer_events(void **state)
{
	static const struct {
		const char *list;
		enum event fails;
		unsigned at;
	} tc[] = {
		{ "", ON_FINDING, 1 },
		{ TUPLES, ON_FINDING, 1 },
		{ TUPLES "A1,M,\xc3\xbc\n\xff\n", ON_FINDING, 1 },
		{ "<Key/>", ON_REFUSED, 1 },
		{ HASHES "A1,@0\nA1,@0\n", ON_FINDING, 1 },
		{ HASHES "A1,@0\nA1,@1\n", ON_FINDING, 1 },
		{ HASHES "A1,@0\nA2,@4\n", ON_FINDING, 1 },
		{ HASHES "A1,@0\nA1,@3\n", ON_FINDING, 1 },
		{ HASHES "A1,@0\nA1,@3\n", ON_FINDING, 2 },
		{ HASHES "A1,@0\nA1,@3\n", ON_REFUSED, 1 },
		{ HASHES "A1,@0\nA1,@3\n", ON_REFUSED, 2 },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct pass_fixture f;
		struct err err = { ERR_OK, "" };

		print_message("  %zu\n", i);
		write_list_with_hashes("a.csv", tc[i].list);
		pass_fixture_init(&f, 1);
		f.record.fails = tc[i].fails;
		f.record.fails_at = tc[i].at;
		assert_int_equal(list_pass_read(f.pass, "a.csv", &err), ERR_IO);
		assert_true(f.record.failed);
		pass_fixture_done(&f);
	}
}

/* --- many rows, against a model --------------------------------------------------------------- */

enum { POOL = 30, LISTS = 3, LIST_ROWS = 60 };

/* Rows to draw from. A capture is given once only, so that no two hashes are equal by chance. */
struct pool {
	struct row row[POOL];
	char hash[POOL][HASH_BUILD_CHARS + 1]; /* empty if the row has none */
};

static void
make_row(struct pool *p, size_t i, uint64_t *state)
{
	static const char *const serial[] = { "A1", "A2", "A3" };
	struct row *r = &p->row[i];

	do {
		*r = row_random(state, serial, LENGTH(serial));
		if (!r->capture) {
			r->uuid = r->ek = NULL;
			r->second = 0;
		}
	} while (!r->capture && !r->product_id && !(r->serial && r->maker));
	p->hash[i][0] = '\0';
	if (r->capture) {
		char model[16];
		const struct capture c = { r->serial, r->maker, model, NULL, r->uuid, r->ek,
			r->second };

		r->capture = (int)i + 1;
		(void)snprintf(model, sizeof model, "Book %zu", i);
		capture_hash(&c, p->hash[i]);
	}
}

static void
add_pool_row(struct buf *text, const struct pool *p, size_t i)
{
	const struct row *r = &p->row[i];

	buf_addf(text, "%s,%s,Book %zu,", r->serial ? r->serial : "", r->maker ? r->maker : "", i);
	buf_addf(text, r->product_id ? "330551700000%s," : "%s,",
	    r->product_id ? r->product_id : "");
	buf_addf(text, "%s\n", p->hash[i]);
}

struct counts {
	uint64_t devices;
	uint64_t refused;
	uint64_t duplicates;
};

/* What the rules make of a row: its number is that of its list and its line. */
static void
count_row(struct device_set_model *m, const struct row *r, uint32_t number, struct counts *list)
{
	struct want want = device_set_model_add(m, r, number);
	struct counts *here = &list[number / 1000];
	struct counts *there = &list[want.other / 1000];

	switch (want.outcome) {
	case DEVICE_NEW:
		here->devices++;
		break;
	case DEVICE_DUPLICATE:
		here->duplicates++;
		break;
	case DEVICE_SUPERSEDES:
		here->devices++;
		there->devices--;
		there->duplicates++;
		break;
	case DEVICE_CONFLICT:
		here->refused++;
		if (want.also) {
			there->devices--;
			there->refused++;
		}
		break;
	}
}

static void
check_against_model(uint64_t seed)
{
	static const char *const path[LISTS] = { "a.csv", "b.csv", "c.csv" };
	static struct pool pool;
	static struct device_set_model model;
	struct counts want[LISTS] = { { 0 } };
	const struct list_summary *s;
	struct pass_fixture f;
	size_t n;

	memset(&model, 0, sizeof model);
	for (size_t i = 0; i < POOL; i++)
		make_row(&pool, i, &seed);
	pass_fixture_init(&f, 1 + seed % 2);
	for (uint32_t list = 0; list < LISTS; list++) {
		struct buf text;

		buf_init(&text, 1 << 20);
		buf_add_str(&text, "SN,Make,Model,PKID,Hardware Hash\n");
		for (uint32_t line = 2; line < LIST_ROWS; line++) {
			size_t i = chance(&seed, POOL + 5);

			if (i < POOL) {
				add_pool_row(&text, &pool, i);
				count_row(&model, &pool.row[i], list * 1000 + line, want);
			} else if (i < POOL + 2) {
				buf_add_str(&text, "x\n");
				want[list].refused++;
			} else {
				buf_add_str(&text, "\n");
			}
		}
		write_list(path[list], buf_slice(&text));
		buf_done(&text);
		pass_fixture_read(&f, path[list]);
	}
	s = list_pass_summary(f.pass, &n);
	assert_int_equal(n, LISTS);
	for (size_t i = 0; i < LISTS; i++) {
		assert_int_equal(s[i].devices, want[i].devices);
		assert_int_equal(s[i].refused, want[i].refused);
		assert_int_equal(s[i].duplicates, want[i].duplicates);
	}
	pass_fixture_done(&f);
}

static void
agrees_with_a_model(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 60; seed++)
		check_against_model(seed);
}

/* --- memory ----------------------------------------------------------------------------------- */

static void
try_pass(void *arg)
{
	const struct pass_fixture *f = arg;
	struct list_pass *pass = NULL;
	struct err err;
	enum err_code rc = list_pass_new(&f->options, &pass, &err);

	assert_true((pass == NULL) == (rc != ERR_OK));
	if (rc == ERR_OK)
		rc = list_pass_read(pass, "a.csv", &err);
	assert_int_equal(rc, alloc_fault_hit() ? ERR_NOMEM : ERR_OK);
	assert_true(rc == ERR_OK || err.code == ERR_NOMEM);
	list_pass_free(pass);
}

static void
no_memory(void **state)
{
	struct pass_fixture f;
	unsigned nfinding = 0;

	(void)state;
	write_list_with_hashes("a.csv", HASHES "A1 ,@0\nA1,@1\nA1,@3\n");
	pass_fixture_init(&f, 1);
	f.events = (struct list_events){ .arg = &nfinding, .on_finding = ignore };
	assert_true(alloc_fault_sweep(try_pass, &f) >= 15);
	pass_fixture_done(&f);
	list_pass_free(NULL);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(relations),
		cmocka_unit_test(long_names),
		cmocka_unit_test(events_may_be_absent),
		cmocka_unit_test(errors_of_rarer_events),
		cmocka_unit_test(agrees_with_a_model),
		cmocka_unit_test(no_memory),
	};

	return cmocka_run_group_tests(tests, enter_list_folder, leave_list_folder);
}
