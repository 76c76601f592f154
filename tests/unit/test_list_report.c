/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/records/list_report.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/buf.h"
#include "channel/verdict.h"
#include "store/store.h"
#include "tests/unit/alloc_fault.h"
#include "tests/unit/sandbox.h"

#define LENGTH(array) (sizeof array / sizeof(array)[0])
#define S(literal) \
	{ \
		"" literal, sizeof literal - 1 \
	}
#define HEADING \
	"\xEF\xBB\xBF" \
	"Line,Serial Number,Product ID,Manufacturer,Model,Group Tag,State,Verdict,Code,Name,Message," \
	"Advice,Request ID,Correlation ID,Updated\r\n"

/* --- a store with one list ---------------------------------------------------------------------- */

struct store {
	struct store_list list;
	const struct store_row_record *row;
	size_t nrow;
	size_t times;        /* each row comes so often */
	enum err_code fails; /* after the rows */
};

enum err_code
store_lists(struct store *s, const struct store_list_query *q, store_list_fn *fn, void *arg,
    struct err *err)
{
	assert_true(q->id != 0);
	assert_int_equal(q->customer.len, 0);
	assert_false(q->open_only || q->unreported_only || q->without_states);
	return q->id == s->list.id ? fn(arg, &s->list, err) : ERR_OK;
}

enum err_code
store_list_rows(struct store *s, int64_t list, store_row_fn *fn, void *arg, struct err *err)
{
	assert_true(list == s->list.id);
	for (size_t i = 0; i < s->nrow * s->times; i++) {
		if (fn(arg, &s->row[i % s->nrow], err))
			return err->code;
	}
	return s->fails ? err_set(err, s->fails, "the store") : ERR_OK;
}

static const struct store_device registered = {
	.serial = S("PF0ABCDE"),
	.product_id = S("3300000000000"),
	.manufacturer = S("Contoso, Inc."),
	.model = S("14\" Book"),
	.tag = S("Adatum-Standard"),
	.line = 99, /* of another list */
	.state = DEVICE_REGISTERED,
	.verdict = { .class = S("ok") },
	.request_id = S("req-1"),
	.correlation_id = S("cor-1"),
	.updated_unix_ms = INT64_C(1894701600000),
};

static const struct store_device claimed = {
	.serial = S("PF1"),
	.state = DEVICE_CLAIMED,
	.verdict = { S("claimed_elsewhere"), 808, S("ZtdDeviceAssignedToOtherTenant"),
	    S("Another tenant holds it.") },
	.updated_unix_ms = INT64_C(1894701600123),
};

static const struct store_device held = {
	.serial = S("PF2"),
	.state = DEVICE_HELD,
	.held_for = S("consent"),
	.held_message = S("Contoso has not consented; send the link."),
	.updated_unix_ms = 0,
};

static const struct store_device queued = { .product_id = S("1"), .state = DEVICE_QUEUED };

static const struct store_row_record rows[] = {
	{ .line = 2, .device = &registered },
	{ .line = 3, .device = &claimed },
	{ .line = 4, .device = &held },
	{ .line = 5, .device = &queued },
	{ .line = 6,
	    .serial = S("PF3"),
	    .code = S("hash-truncated"),
	    .message = S("the hash ends early"),
	    .advice = S("Capture it again.") },
	{ .line = UINT64_MAX / 2,
	    .serial = S("PF0ABCDE"),
	    .code = S("duplicate"),
	    .message = S("as line 2"),
	    .duplicate = true },
};

static struct store
store_of(const struct store_row_record *row, size_t nrow)
{
	return (struct store){
		.list = {
			.id = 7,
			.customer = S("contoso"),
			.file = S("a \"b\".csv"),
			.received_unix_ms = INT64_C(1894701600000),
			.rows = 6,
			.done = false,
			.states = { [DEVICE_REFUSED] = 1, [DEVICE_REGISTERED] = 1, [DEVICE_CLAIMED] = 1,
			    [DEVICE_HELD] = 1, [DEVICE_QUEUED] = 1 },
		},
		.row = row,
		.nrow = nrow,
		.times = 1,
	};
}

static const struct list_report_files both = { "r.csv", "r.json", 0600 };

static void
write_report(struct store *s, const struct list_report_files *files)
{
	struct err err = { 0 };

	assert_int_equal(list_report_write(s, 7, files, &err), ERR_OK);
}

/* --- what stands in it ---------------------------------------------------------------------------- */

static const char *
advice(enum verdict_class v)
{
	return verdict_class_advice(v);
}

static void
csv(void **state)
{
	struct store s = store_of(rows, LENGTH(rows));
	struct buf want;
	struct stat st;

	(void)state;
	buf_init(&want, 64 * 1024);
	buf_addf(&want,
	    HEADING
	    "2,\"PF0ABCDE\",\"3300000000000\",\"Contoso, Inc.\",\"14\"\" Book\",\"Adatum-Standard\","
	    "\"registered\",\"ok\",\"\",\"\",\"\",\"%s\",\"req-1\",\"cor-1\",\"2030-01-15T10:00:00Z\"\r\n"
	    "3,\"PF1\",\"\",\"\",\"\",\"\",\"claimed\",\"claimed_elsewhere\",808,"
	    "\"ZtdDeviceAssignedToOtherTenant\",\"Another tenant holds it.\",\"%s\",\"\",\"\","
	    "\"2030-01-15T10:00:00.123Z\"\r\n"
	    "4,\"PF2\",\"\",\"\",\"\",\"\",\"held\",\"\",\"consent\",\"\","
	    "\"Contoso has not consented; send the link.\",\"\",\"\",\"\",\"1970-01-01T00:00:00Z\"\r\n"
	    "5,\"\",\"1\",\"\",\"\",\"\",\"queued\",\"\",\"\",\"\",\"\",\"\",\"\",\"\","
	    "\"1970-01-01T00:00:00Z\"\r\n"
	    "6,\"PF3\",\"\",\"\",\"\",\"\",\"refused\",\"\",\"hash-truncated\",\"\","
	    "\"the hash ends early\",\"Capture it again.\",\"\",\"\",\"\"\r\n"
	    "9223372036854775807,\"PF0ABCDE\",\"\",\"\",\"\",\"\",\"duplicate\",\"\",\"duplicate\","
	    "\"\",\"as line 2\",\"\",\"\",\"\",\"\"\r\n",
	    advice(VERDICT_OK), advice(VERDICT_CLAIMED_ELSEWHERE));
	write_report(&s, &both);
	sandbox_assert_content("r.csv", buf_slice(&want));
	assert_int_equal(stat("r.csv", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	sandbox_assert_names(".", "r.csv r.json ");
	buf_done(&want);
}

#define JSON_LIST \
	"{\"list\":{\"id\":\"7\",\"customer\":\"contoso\",\"file\":\"a \\\"b\\\".csv\"," \
	"\"received\":\"2030-01-15T10:00:00Z\",\"rows\":6,\"done\":false,\"states\":{\"refused\":1," \
	"\"held\":1,\"queued\":1,\"registered\":1,\"claimed\":1}},\"rows\":["
#define NO_IDS "\"request_id\":null,\"correlation_id\":null,"
#define NO_NAMES "\"product_id\":null,\"manufacturer\":null,\"model\":null,\"group_tag\":null,"
#define NO_HOLD "\"held_for\":null,\"held_message\":null,"

static void
json(void **state)
{
	struct store s = store_of(rows, LENGTH(rows));
	struct buf want;
	json_t *doc;

	(void)state;
	buf_init(&want, 64 * 1024);
	buf_addf(&want,
	    JSON_LIST
	    "\n{\"line\":2,\"serial\":\"PF0ABCDE\",\"product_id\":\"3300000000000\","
	    "\"manufacturer\":\"Contoso, Inc.\",\"model\":\"14\\\" Book\","
	    "\"group_tag\":\"Adatum-Standard\",\"state\":\"registered\",\"verdict\":{\"class\":\"ok\","
	    "\"code\":null,\"name\":null,\"message\":null,\"advice\":\"%s\"},\"finding\":null," NO_HOLD
	    "\"request_id\":\"req-1\",\"correlation_id\":\"cor-1\","
	    "\"updated\":\"2030-01-15T10:00:00Z\"}"
	    ",\n{\"line\":3,\"serial\":\"PF1\"," NO_NAMES
	    "\"state\":\"claimed\",\"verdict\":{\"class\":\"claimed_elsewhere\",\"code\":808,"
	    "\"name\":\"ZtdDeviceAssignedToOtherTenant\",\"message\":\"Another tenant holds it.\","
	    "\"advice\":\"%s\"},\"finding\":null," NO_HOLD NO_IDS
	    "\"updated\":\"2030-01-15T10:00:00.123Z\"}"
	    ",\n{\"line\":4,\"serial\":\"PF2\"," NO_NAMES
	    "\"state\":\"held\",\"verdict\":null,\"finding\":null,\"held_for\":\"consent\","
	    "\"held_message\":\"Contoso has not consented; send the link.\"," NO_IDS
	    "\"updated\":\"1970-01-01T00:00:00Z\"}"
	    ",\n{\"line\":5,\"serial\":null,\"product_id\":\"1\",\"manufacturer\":null,"
	    "\"model\":null,\"group_tag\":null,\"state\":\"queued\",\"verdict\":null,"
	    "\"finding\":null," NO_HOLD NO_IDS "\"updated\":\"1970-01-01T00:00:00Z\"}"
	    ",\n{\"line\":6,\"serial\":\"PF3\"," NO_NAMES
	    "\"state\":\"refused\",\"verdict\":null,\"finding\":{\"code\":\"hash-truncated\","
	    "\"message\":\"the hash ends early\",\"advice\":\"Capture it again.\"}," NO_HOLD NO_IDS
	    "\"updated\":null}"
	    ",\n{\"line\":9223372036854775807,\"serial\":\"PF0ABCDE\"," NO_NAMES
	    "\"state\":\"duplicate\",\"verdict\":null,\"finding\":{\"code\":\"duplicate\","
	    "\"message\":\"as line 2\",\"advice\":null}," NO_HOLD NO_IDS "\"updated\":null}"
	    "\n]}\n",
	    advice(VERDICT_OK), advice(VERDICT_CLAIMED_ELSEWHERE));
	write_report(&s, &both);
	sandbox_assert_content("r.json", buf_slice(&want));
	doc = json_load_file("r.json", 0, NULL);
	assert_non_null(doc);
	json_decref(doc);
	buf_done(&want);
}

static void
no_rows(void **state)
{
	struct store s = store_of(NULL, 0);

	(void)state;
	write_report(&s, &both);
	sandbox_assert_content("r.csv", slice_of(HEADING));
	sandbox_assert_content("r.json", slice_of(JSON_LIST "\n]}\n"));
}

/* What is held was told of by the service before; and what waits says why it waits. */
static void
held_with_a_verdict(void **state)
{
	struct store_device d = {
		.serial = S("PF4"),
		.state = DEVICE_HELD,
		.verdict = { S("directory"), 814, S("ZtdX"), S("The directory has it twice.") },
		.held_for = S("directory"),
	};
	struct store_row_record row = { .line = 1, .device = &d };
	struct store s = store_of(&row, 1);
	static const struct list_report_files only_csv = { .csv = "r.csv", .mode = 0600 };
	struct buf want;

	(void)state;
	buf_init(&want, 4096);
	for (int with_message = 0; with_message < 2; with_message++) {
		if (with_message)
			d.held_message = (struct slice)S("Clean it, then retry.");
		buf_reset(&want);
		buf_addf(&want,
		    HEADING "1,\"PF4\",\"\",\"\",\"\",\"\",\"held\",\"directory\",814,\"ZtdX\","
		            "\"%s\",\"%s\",\"\",\"\",\"1970-01-01T00:00:00Z\"\r\n",
		    with_message ? "Clean it, then retry." : "The directory has it twice.",
		    advice(VERDICT_DIRECTORY));
		write_report(&s, &only_csv);
		sandbox_assert_content("r.csv", buf_slice(&want));
	}
	sandbox_assert_names(".", "r.csv ");
	buf_done(&want);
}

/* Values from outside, as cell and as JSON text. */
static void
values(void **state)
{
	static const struct {
		const char *name;
		struct slice value;
		const char *cell;
		const char *json;
	} tc[] = {
		{ "plain", S("SN1"), "SN1", "SN1" },
		{ "comma", S("a,b"), "a,b", "a,b" },
		{ "quote", S("a\"b"), "a\"\"b", "a\\\"b" },
		{ "line ends", S("a\r\nb"), "a\r\nb", "a??b" },
		{ "a NUL", S("a\0b"), "a?b", "a?b" },
		{ "equals sign", S("=1+1"), "'=1+1", "=1+1" },
		{ "plus", S("+1"), "'+1", "+1" },
		{ "minus", S("-1"), "'-1", "-1" },
		{ "at", S("@a"), "'@a", "@a" },
		{ "tab", S("\t=1"), "'\t=1", "?=1" },
		{ "carriage return", S("\r=1"), "'\r=1", "?=1" },
		{ "formula behind a quote", S("\"=1"), "\"\"=1", "\\\"=1" },
		{ "sign inside", S("A-1"), "A-1", "A-1" },
		{ "apostrophe", S("'=1"), "'=1", "'=1" },
		{ "accents", S("Caf\xc3\xa9"), "Caf\xc3\xa9", "Caf\xc3\xa9" },
		{ "no UTF-8", S("Caf\xe9"), "Caf\xe9", "Caf?" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct store_row_record row = { .line = 1, .serial = tc[i].value };
		struct store s = store_of(&row, 1);
		struct buf want;

		print_message("  %s\n", tc[i].name);
		buf_init(&want, 4096);
		buf_addf(&want,
		    HEADING
		    "1,\"%s\",\"\",\"\",\"\",\"\",\"refused\",\"\",\"\",\"\",\"\",\"\",\"\",\"\","
		    "\"\"\r\n",
		    tc[i].cell);
		write_report(&s, &both);
		sandbox_assert_content("r.csv", buf_slice(&want));
		buf_reset(&want);
		buf_addf(&want,
		    JSON_LIST
		    "\n{\"line\":1,\"serial\":\"%s\"," NO_NAMES
		    "\"state\":\"refused\",\"verdict\":null,\"finding\":null," NO_HOLD NO_IDS
		    "\"updated\":null}\n]}\n",
		    tc[i].json);
		sandbox_assert_content("r.json", buf_slice(&want));
		buf_done(&want);
	}
}

/* Far more than what is kept in memory. */
static void
long_list(void **state)
{
	struct store s = store_of(rows, 1);
	json_t *doc;
	struct stat st;

	(void)state;
	s.times = 10 * 1000;
	write_report(&s, &both);
	assert_int_equal(stat("r.csv", &st), 0);
	assert_true(st.st_size > 1024 * 1024);
	doc = json_load_file("r.json", 0, NULL);
	assert_int_equal(json_array_size(json_object_get(doc, "rows")), s.times);
	json_decref(doc);
}

/* --- what goes wrong ------------------------------------------------------------------------------ */

static void
assert_not_written(struct store *s, int64_t list, const struct list_report_files *files,
    enum err_code want, const char *msg)
{
	struct err err = { 0 };

	assert_int_equal(list_report_write(s, list, files, &err), want);
	assert_int_equal(err.code, want);
	assert_string_equal(err.msg, msg);
	sandbox_assert_names(".", "r.csv ");
	sandbox_assert_content("r.csv", slice_of("before"));
}

static void
not_written(void **state)
{
	static const struct list_report_files no_folder = { "r.csv", "no/r.json", 0600 };
	struct store s = store_of(rows, LENGTH(rows));

	(void)state;
	sandbox_write("r.csv", "before");
	assert_not_written(&s, 8, &both, ERR_NOT_FOUND,
	    "there is no list 8; \"autoreg lists\" shows those that there are");
	assert_not_written(&s, 0, &both, ERR_NOT_FOUND,
	    "there is no list 0; \"autoreg lists\" shows those that there are");
	assert_not_written(&s, 7, &no_folder, ERR_IO, "no/r.json: No such file or directory");
	s.fails = ERR_FORMAT;
	assert_not_written(&s, 7, &both, ERR_FORMAT, "the store");
	s.fails = ERR_OK;
	s.times = 10 * 1000;
	sandbox_limit_files(100 * 1000);
	assert_not_written(&s, 7, &both, ERR_IO, "r.json: File too large");
}

static void
row_too_long(void **state)
{
	static char text[512 * 1024];
	const struct store_row_record row = { .message = { text, sizeof text } };
	struct store s = store_of(&row, 1);
	struct err err = { 0 };

	(void)state;
	memset(text, 'x', sizeof text);
	assert_int_equal(list_report_write(&s, 7, &both, &err), ERR_LIMIT);
	sandbox_assert_names(".", "");
}

static void
attempt(void *arg)
{
	struct err err = { 0 };
	enum err_code rc = list_report_write(arg, 7, &both, &err);

	if (!alloc_fault_hit()) {
		assert_int_equal(rc, ERR_OK);
		return;
	}
	assert_int_equal(rc, ERR_NOMEM);
	assert_int_equal(err.code, ERR_NOMEM);
	sandbox_assert_names(".", "");
}

/* jansson's allocations count as well. */
static void
memory_runs_out(void **state)
{
	struct store s = store_of(rows, LENGTH(rows));

	(void)state;
	json_set_alloc_funcs(malloc, free);
	assert_true(alloc_fault_sweep(attempt, &s) > 100);
}

#define IN_SANDBOX(test) cmocka_unit_test_setup_teardown(test, sandbox_enter, sandbox_leave)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_SANDBOX(csv),
		IN_SANDBOX(json),
		IN_SANDBOX(no_rows),
		IN_SANDBOX(held_with_a_verdict),
		IN_SANDBOX(values),
		IN_SANDBOX(long_list),
		IN_SANDBOX(not_written),
		IN_SANDBOX(row_too_long),
		IN_SANDBOX(memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
