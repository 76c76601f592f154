/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/list_writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/list_fixture.h"

#define LENGTH(array) (sizeof array / sizeof(array)[0])
#define X64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void
formats(void **state)
{
	static const struct {
		const char *name;
		const char *header;
		uint32_t rows_per_file;
		bool has_tag;
	} tc[] = {
		{ "partner-center",
		    "Device Serial Number,Windows Product ID,Hardware Hash,Manufacturer name,Device model\r\n",
		    1000, false },
		{ "intune",
		    "Device Serial Number,Windows Product ID,Hardware Hash,Group Tag,Assigned User\r\n",
		    500, true },
		{ "mmd", "Manufacturer,Model,Serial Number,Hardware Hash\r\n", 0, false },
		{ "tuples", "Manufacturer,Model,Serial Number\r\n", 0, false },
	};
	const char *const *name = list_writer_names();

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		const struct list_writer *w = list_writer_find(slice_of(tc[i].name));

		print_message("  %s\n", tc[i].name);
		assert_non_null(w);
		assert_string_equal(name[i], tc[i].name);
		assert_string_equal(w->name, tc[i].name);
		assert_string_equal(w->header, tc[i].header);
		assert_int_equal(w->rows_per_file, tc[i].rows_per_file);
		assert_int_equal(w->has_tag, tc[i].has_tag);
	}
	assert_null(name[LENGTH(tc)]);
	assert_null(list_writer_find(slice_of("")));
	assert_null(list_writer_find(slice_of("Intune")));
	assert_null(list_writer_find(slice_of("intune ")));
}

/* Values in the order of struct device. NULL: absent. */
struct writer_case {
	const char *name;
	const char *format;
	const char *value[7];
	const char *line; /* NULL: refused */
	const char *findings;
};

static struct device
device_of(const char *const v[7])
{
	struct slice s[7];

	for (size_t i = 0; i < 7; i++)
		s[i] = v[i] ? slice_of(v[i]) : (struct slice){ NULL, 0 };
	return (struct device){
		.serial = s[0],
		.product_id = s[1],
		.hash = s[2],
		.manufacturer = s[3],
		.model = s[4],
		.group_tag = s[5],
		.assigned_user = s[6],
	};
}

static void
check_case(const struct writer_case *tc, struct row_checker *rc)
{
	struct device d = device_of(tc->value);
	struct checked_row row;
	struct buf out;

	print_message("  %s\n", tc->name);
	buf_init(&out, 1024);
	buf_add_str(&out, "before|");
	row_begin(rc, &row);
	list_writer_row(list_writer_find(slice_of(tc->format)), &d, &out, rc, &row);
	assert_memory_equal(out.ptr, "before|", 7);
	assert_string_equal(out.ptr + 7, tc->line ? tc->line : "");
	assert_row_findings(&row, tc->findings);
	assert_int_equal(row.refused, tc->line == NULL);
	buf_done(&out);
}

#define ALL \
	{ \
		"SN1", "PKID", "HASH", "Contoso", "Book 14", "tag", "a@b.cd" \
	}
#define NO_HASH \
	{ \
		"SN1", "PKID", NULL, "Contoso", "Book 14", "tag", "a@b.cd" \
	}
#define NO_MODEL \
	{ \
		"SN1", "PKID", "HASH", "Contoso", NULL, "tag", "a@b.cd" \
	}

static void
rows(void **state)
{
	static const struct writer_case tc[] = {
		{ "partner-center", "partner-center", ALL, "SN1,PKID,HASH,Contoso,Book 14\r\n",
		    "" },
		{ "partner-center, absent values", "partner-center", { [1] = "PKID" },
		    ",PKID,,,\r\n", "" },
		{ "intune", "intune", ALL, "SN1,PKID,HASH,tag,a@b.cd\r\n", "" },
		{ "intune, a hash alone", "intune", { [2] = "HASH" }, ",,HASH,,\r\n", "" },
		{ "mmd", "mmd", ALL, "Contoso,Book 14,SN1,HASH\r\n", "" },
		{ "tuples", "tuples", NO_HASH, "Contoso,Book 14,SN1\r\n", "" },

		{ "intune without hash", "intune", NO_HASH, NULL,
		    "error no-identity [Hardware Hash] the intune format takes hardware hashes only\n" },
		{ "mmd without hash", "mmd", NO_HASH, NULL,
		    "error no-identity [Hardware Hash] the mmd format takes hardware hashes only\n" },
		{ "tuples without model", "tuples", NO_MODEL, NULL,
		    "error no-identity the tuples format needs manufacturer, model and serial number\n" },
		{ "tuples without anything", "tuples", { NULL }, NULL,
		    "error no-identity the tuples format needs manufacturer, model and serial number\n" },

		{ "commas", "partner-center", { "SN1", "1", "HASH", "VMware, Inc.", "VMware20,1" },
		    NULL,
		    "error value-not-writable [Manufacturer] a comma, quote or line end in \"VMware, Inc.\"\n"
		    "error value-not-writable [Model] a comma, quote or line end in \"VMware20,1\"\n" },
		{ "a quote", "tuples", { "SN\"1", NULL, NULL, "Contoso", "Book 14" }, NULL,
		    "error value-not-writable [Serial Number] a comma, quote or line end in \"SN\"1\"\n" },
		{ "line ends", "intune",
		    { "SN1", NULL, "HASH", "Contoso", "Book 14", "a\rb", "c\nd" }, NULL,
		    "error value-not-writable [Group Tag] a comma, quote or line end in \"a b\"\n"
		    "error value-not-writable [Assigned User] a comma, quote or line end in \"c d\"\n" },
		{ "a long value", "mmd", { "SN1", NULL, "HASH", X64 ",", "Book 14" }, NULL,
		    "error value-not-writable [Manufacturer] a comma, quote or line end in \"" X64
		    "\"\n" },
		{ "values that are not written matter not", "tuples",
		    { "SN1", "1,2", "HASH", "Contoso", "Book 14", "a,b", "\"" },
		    "Contoso,Book 14,SN1\r\n", "" },
		{ "two reasons", "mmd", { "a,b", NULL, NULL, "Contoso", "Book 14" }, NULL,
		    "error no-identity [Hardware Hash] the mmd format takes hardware hashes only\n"
		    "error value-not-writable [Serial Number] a comma, quote or line end in \"a,b\"\n" },
	};
	static const struct row_policy policy = { .nallowed_tag = 0 };
	struct row_checker *rc = row_checker_of(&policy);

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++)
		check_case(&tc[i], rc);
	row_checker_free(rc);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats),
		cmocka_unit_test(rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
