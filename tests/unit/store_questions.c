/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store_questions.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/sandbox.h"
#include "tests/unit/store_script.h"
#include "tests/unit/store_show.h"

#define FOUR \
	"begin contoso; add 2 A acme t m - aa; add 3 B acme t m - bb; add 4 C acme t m - cc;" \
	"add 5 D acme t m - dd; end 4;"

enum { TOO_LONG = 17 * 1024 * 1024 };

static struct store_script ss;

static int
set_up(void **state)
{
	int failed = sandbox_enter(state);

	if (failed == 0)
		store_script_open(&ss);
	return failed;
}

static int
tear_down(void **state)
{
	store_script_close(&ss);
	return sandbox_leave(state);
}

/* --- devices --- */

static enum err_code
describe(void *arg, const struct store_device *d, struct err *err)
{
	struct buf *out = arg;
	const struct slice text[] = { d->serial, d->product_id, d->manufacturer, d->model,
		d->customer, d->tag, d->file, d->verdict.class, d->verdict.name, d->verdict.message,
		d->held_for, d->held_message, d->request_id, d->correlation_id };

	(void)err;
	buf_addf(out, "%" PRId64 " %s", d->id, device_state_name(d->state));
	for (size_t i = 0; i < sizeof text / sizeof text[0]; i++)
		buf_addf(out, "|" SLICE_FMT, SLICE_ARG(text[i]));
	buf_addf(out, "|%" PRId64 ":%" PRIu64 " %" PRId32 " %" PRIu32 " %" PRId64 "\n", d->list,
	    d->line, d->verdict.code, d->attempts, d->updated_unix_ms);
	return ERR_OK;
}

static void
expect_devices(const struct store_device_query *q, const char *want)
{
	struct buf got;
	struct err err;

	buf_init(&got, 1 << 16);
	assert_int_equal(store_devices(ss.store, q, describe, &got, &err), ERR_OK);
	assert_string_equal(got.len ? got.ptr : "", want);
	buf_done(&got);
}

static void
test_all_of_a_device(void **state)
{
	static const struct store_device_query by_serial = { .serial = { "a", 1 } };
	struct store_settlement t = {
		.device = 1,
		.state = DEVICE_HELD,
		.verdict = { slice_of("directory"), 814, slice_of("Name"), slice_of("Message") },
		.held_for = slice_of("self"),
	};
	struct err err;

	(void)state;
	store_script_run(&ss, "begin contoso; add 2 A Acme t Model 123; end 1");
	expect_devices(&by_serial,
	    "1 queued|A|123|Acme|Model|contoso|t|1.csv|||||||"
	    "|1:2 0 0 1000\n");
	store_script_run(&ss, "hold lane/1 tag");
	expect_devices(&by_serial,
	    "1 held|A|123|Acme|Model|contoso|t|1.csv||||tag|message||"
	    "|1:2 0 0 1000\n");
	store_script_run(&ss, "unhold lane/1; tick 1; claim 1 1");
	expect_devices(&by_serial,
	    "1 submitted|A|123|Acme|Model|contoso|t|1.csv||||||req|cor|1:2 0 1 1001\n");
	store_script_run(&ss, "tick 1; accept 1 T");
	assert_int_equal(
	    store_batch_settle(ss.store, 1, &t, 1, slice_of(""), slice_of("their-cor"), &err),
	    ERR_OK);
	expect_devices(&by_serial,
	    "1 held|A|123|Acme|Model|contoso|t|1.csv|directory|Name|Message|self|Message"
	    "|their-req|their-cor|1:2 814 1 1002\n");
	store_script_run(&ss, "tick 1; retry");
	expect_devices(&by_serial,
	    "1 queued|A|123|Acme|Model|contoso|t|1.csv|||||||"
	    "|1:2 0 0 1003\n");
}

static enum err_code
add_serial(void *arg, const struct store_device *d, struct err *err)
{
	(void)err;
	buf_add_slice(arg, d->serial);
	return ERR_OK;
}

static void
test_which_devices(void **state)
{
	static const struct {
		const char *name;
		struct store_device_query q;
		const char *want;
	} tc[] = {
		{ "all", { .list = 0 }, "ABCDAE" },
		{ "serial", { .serial = { "a", 1 } }, "AA" },
		{ "unknown serial", { .serial = { "Z", 1 } }, "" },
		{ "customer", { .customer = { "adatum", 6 } }, "AE" },
		{ "unknown customer", { .customer = { "x", 1 } }, "" },
		{ "list", { .list = 1 }, "ABCD" },
		{ "list whose devices an earlier one made", { .list = 3 }, "BD" },
		{ "unknown list", { .list = 9 }, "" },
		{ "state", { .by_state = true, .state = DEVICE_SUBMITTED }, "AB" },
		{ "queued, but held", { .by_state = true, .state = DEVICE_HELD }, "CD" },
		{ "queued", { .by_state = true, .state = DEVICE_QUEUED }, "AE" },
		{ "limit", { .limit = 3 }, "ABC" },
		{ "everything", { { "D", 1 }, { "contoso", 7 }, 3, true, DEVICE_HELD, 1 }, "D" },
	};

	(void)state;
	store_script_run(&ss,
	    FOUR "begin adatum; add 2 A bolt t; add 3 E acme t; end 2;"
	         "begin contoso; add 2 D acme t; add 3 B acme t; end 2;"
	         "claim 1 2; hold customer/contoso consent");
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct buf got;
		struct err err;

		print_message("  %s\n", tc[i].name);
		buf_init(&got, 64);
		assert_int_equal(store_devices(ss.store, &tc[i].q, add_serial, &got, &err), ERR_OK);
		assert_string_equal(got.len ? got.ptr : "", tc[i].want);
		buf_done(&got);
	}
}

/* --- lists --- */

static enum err_code
add_list(void *arg, const struct store_list *l, struct err *err)
{
	(void)err;
	assert_int_equal(l->received_unix_ms, 1000);
	assert_int_equal(l->source, LIST_FROM_SPOOL);
	buf_addf(arg, "%" PRId64 "%s%s ", l->id, l->done ? "d" : "",
	    l->states[DEVICE_REFUSED] ? "r" : "");
	return ERR_OK;
}

static void
test_which_lists(void **state)
{
	static const struct {
		const char *name;
		struct store_list_query q;
		const char *want;
	} tc[] = {
		{ "all", { .id = 0 }, "4 3dr 2d 1 " },
		{ "id", { .id = 2 }, "2d " },
		{ "unknown id", { .id = 9 }, "" },
		{ "customer", { .customer = { "adatum", 6 } }, "3dr 2d " },
		{ "open", { .open_only = true }, "4 " },
		{ "unreported", { .unreported_only = true }, "3dr 1 " },
		{ "without states", { .without_states = true }, "4 3 2 1 " },
		{ "id of another customer", { .id = 2, .customer = { "contoso", 7 } }, "" },
	};

	(void)state;
	store_script_run(&ss,
	    FOUR "begin adatum; end 0; reported 2; begin adatum; refuse 2 x; end 1; begin contoso");
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct buf got;
		struct err err;

		print_message("  %s\n", tc[i].name);
		buf_init(&got, 64);
		assert_int_equal(store_lists(ss.store, &tc[i].q, add_list, &got, &err), ERR_OK);
		assert_string_equal(got.len ? got.ptr : "", tc[i].want);
		buf_done(&got);
	}
}

static enum err_code
add_row(void *arg, const struct store_row_record *r, struct err *err)
{
	(void)err;
	buf_addf(arg, "%" PRIu64 "|%s|" SLICE_FMT "|" SLICE_FMT "|" SLICE_FMT "|" SLICE_FMT "|%d\n",
	    r->line, r->device ? "device" : "none", SLICE_ARG(r->serial), SLICE_ARG(r->code),
	    SLICE_ARG(r->message), SLICE_ARG(r->advice), r->duplicate);
	return ERR_OK;
}

static void
test_all_of_a_row(void **state)
{
	struct buf got;
	struct err err;

	(void)state;
	store_script_run(&ss, "begin contoso; refuse 9 bad; add 3 A acme; dup 4 twice; end 3");
	buf_init(&got, 1024);
	assert_int_equal(store_list_rows(ss.store, 1, add_row, &got, &err), ERR_OK);
	assert_string_equal(got.ptr,
	    "3|device|A||||0\n4|none|S|twice|what|do|1\n9|none|S|bad|what|do|0\n");
	buf_reset(&got);
	assert_int_equal(store_list_rows(ss.store, 2, add_row, &got, &err), ERR_OK);
	assert_int_equal(got.len, 0);
	buf_done(&got);
}

/* --- batches --- */

static enum err_code
stop_at_head(void *arg, const struct store_batch_head *h, struct err *err)
{
	(void)h;
	return *(int *)arg == 0 ? err_set(err, ERR_INTERRUPTED, "enough") : ERR_OK;
}

static enum err_code
stop_at_device(void *arg, const struct store_batch_device *d, struct err *err)
{
	assert_int_equal(d->hash.len, 2);
	return --*(int *)arg == 0 ? err_set(err, ERR_INTERRUPTED, "enough") : ERR_OK;
}

static void
test_claim_that_is_not_wanted(void **state)
{
	(void)state;
	store_script_run(&ss, FOUR);
	for (int after = 0; after < 4; after++) {
		int left = after;
		const struct store_batch_reader reader = { &left, stop_at_head, stop_at_device };
		struct err err;
		int64_t batch = -7;

		assert_int_equal(store_batch_claim(ss.store, 1, 9, 99, slice_of("r"), slice_of("c"),
		                     &reader, &batch, &err),
		    ERR_INTERRUPTED);
		assert_string_equal(err.msg, "enough");
		assert_int_equal(batch, -7);
	}
	store_show_expect(ss.store, "nbt", "lane 1 contoso/t 4\ntally contoso queued 4\n");
}

static enum err_code
note_state(void *arg, const struct store_batch *b, struct err *err)
{
	(void)err;
	*(int *)arg = (int)b->state * 10 + (int)b->ndevice;
	return ERR_OK;
}

static enum err_code
no_hash(void *arg, const struct store_batch_device *d, struct err *err)
{
	(void)err;
	assert_int_equal(d->hash.len, 0);
	++*(int *)arg;
	return ERR_OK;
}

static void
test_one_batch(void **state)
{
	int seen = 1;
	const struct store_batch_reader reader = { &seen, stop_at_head, no_hash };
	struct err err;

	(void)state;
	store_script_run(&ss, FOUR "claim 1 3");
	assert_int_equal(store_batch_load(ss.store, 1, false, &reader, &err), ERR_OK);
	assert_int_equal(seen, 4);
	assert_int_equal(store_batch_load(ss.store, 2, true, &reader, &err), ERR_NOT_FOUND);
	assert_int_equal(seen, 4);
	assert_int_equal(store_batches(ss.store, 1, note_state, &seen, &err), ERR_OK);
	assert_int_equal(seen, 3);
	store_script_run(&ss, "dissolve 1");
	assert_int_equal(store_batches(ss.store, 1, note_state, &seen, &err), ERR_OK);
	assert_int_equal(seen, 50);
	seen = -1;
	assert_int_equal(store_batches(ss.store, 2, note_state, &seen, &err), ERR_OK);
	assert_int_equal(seen, -1);
}

/* --- tokens, consent, age --- */

static void
test_tokens(void **state)
{
	static const char first[] = "\0sealed\xff", second[] = "x";
	struct slice name = slice_of("partner/n");
	struct buf got, small;
	struct err err;

	(void)state;
	buf_init(&got, 64);
	buf_init(&small, 3);
	assert_int_equal(store_token_load(ss.store, name, &got, &err), ERR_NOT_FOUND);
	assert_int_equal(got.len, 0);
	assert_int_equal(store_token_save(ss.store, name, (struct slice){ first, 8 }, &err),
	    ERR_OK);
	assert_int_equal(store_token_save(ss.store, slice_of("y"), slice_of("other"), &err),
	    ERR_OK);
	buf_add_char(&got, '+');
	assert_int_equal(store_token_load(ss.store, name, &got, &err), ERR_OK);
	assert_int_equal(got.len, 9);
	assert_memory_equal(got.ptr, "+\0sealed\xff", 9);
	assert_int_equal(store_token_load(ss.store, name, &small, &err), ERR_LIMIT);
	assert_int_equal(small.len, 0);
	buf_reset(&got);
	assert_int_equal(store_token_save(ss.store, name, (struct slice){ second, 1 }, &err),
	    ERR_OK);
	assert_int_equal(store_token_load(ss.store, name, &got, &err), ERR_OK);
	assert_string_equal(got.ptr, "x");
	buf_done(&got);
	buf_done(&small);
}

static enum err_code
add_consent(void *arg, const struct store_consent *c, struct err *err)
{
	(void)err;
	buf_addf(arg, SLICE_FMT " " SLICE_FMT " " SLICE_FMT " %" PRId64 " %" PRId64 "\n",
	    SLICE_ARG(c->customer), SLICE_ARG(c->state), SLICE_ARG(c->evidence), c->since_unix_ms,
	    c->checked_unix_ms);
	return ERR_OK;
}

static void
save_consent(const char *customer, const char *consent, const char *evidence, int64_t at)
{
	struct err err;

	assert_int_equal(store_consent_save(ss.store, slice_of(customer), slice_of(consent),
	                     slice_of(evidence), at, &err),
	    ERR_OK);
}

static void
test_consent(void **state)
{
	struct buf got;
	struct err err;

	(void)state;
	buf_init(&got, 1024);
	save_consent("contoso", "granted", "a", 1);
	save_consent("contoso", "granted", "b", 2);
	save_consent("adatum", "granted", "c", 3);
	save_consent("adatum", "withdrawn", "d", 4);
	assert_int_equal(store_consents(ss.store, add_consent, &got, &err), ERR_OK);
	assert_string_equal(got.ptr, "adatum withdrawn d 4 4\ncontoso granted b 1 2\n");
	buf_done(&got);
}

static void
test_age_of_the_queue(void **state)
{
	static const struct {
		const char *then;
		int64_t want;
	} tc[] = {
		{ "", 0 },
		{ "begin contoso; add 2 A acme t; end 1", 1000 },
		{ "tick 5; begin contoso; add 2 B acme u; end 1", 1000 },
		{ "claim 1 1", 1005 },
		{ "hold lane/2 tag", 0 },
		{ "unhold lane/2; dissolve 1", 1000 },
		{ "claim 1 1; claim 2 1", 0 },
		{ "unit contoso u C acme v", 1005 },
		{ "claim 3 1; tick 4; unit contoso u D acme v", 1009 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct store_stats stats;
		struct err err;

		print_message("  %s\n", tc[i].then);
		store_script_run(&ss, tc[i].then);
		assert_int_equal(store_stats(ss.store, &stats, &err), ERR_OK);
		assert_int_equal(stats.oldest_queued_unix_ms, tc[i].want);
	}
}

/* --- what fails --- */

static enum err_code
stop(void *arg, struct err *err)
{
	++*(int *)arg;
	return err_set(err, ERR_INTERRUPTED, "enough");
}

static enum err_code
stop_list(void *arg, const struct store_list *l, struct err *err)
{
	(void)l;
	return stop(arg, err);
}

static enum err_code
stop_device(void *arg, const struct store_device *d, struct err *err)
{
	(void)d;
	return stop(arg, err);
}

static enum err_code
stop_row(void *arg, const struct store_row_record *r, struct err *err)
{
	(void)r;
	return stop(arg, err);
}

static enum err_code
stop_lane(void *arg, const struct store_lane *l, struct err *err)
{
	(void)l;
	return stop(arg, err);
}

static enum err_code
stop_batch(void *arg, const struct store_batch *b, struct err *err)
{
	(void)b;
	return stop(arg, err);
}

static enum err_code
stop_id(void *arg, int64_t list, struct err *err)
{
	(void)list;
	return stop(arg, err);
}

static enum err_code
stop_hold(void *arg, const struct store_hold *h, struct err *err)
{
	(void)h;
	return stop(arg, err);
}

static enum err_code
stop_pause(void *arg, struct slice scope, int64_t until_unix_ms, struct err *err)
{
	(void)scope;
	(void)until_unix_ms;
	return stop(arg, err);
}

static enum err_code
stop_consent(void *arg, const struct store_consent *c, struct err *err)
{
	(void)c;
	return stop(arg, err);
}

static enum err_code
stop_tally(void *arg, struct slice customer, enum device_state s, uint64_t n, struct err *err)
{
	(void)customer;
	(void)s;
	(void)n;
	return stop(arg, err);
}

static void
test_an_error_ends_a_question(void **state)
{
	static const struct store_list_query lists = { .id = 0 };
	static const struct store_device_query devices = { .list = 0 };
	struct store *s = ss.store;
	struct err err;
	int n = 0;

	(void)state;
	store_script_run(&ss,
	    FOUR "begin contoso; add 2 A acme u; add 3 E acme u; end 2; claim 1 1; claim 1 1;"
	         "claim 2 1; hold a b; hold c d; pause a 5; pause b 6");
	save_consent("a", "granted", "", 1);
	save_consent("b", "granted", "", 1);
	assert_int_equal(store_lists(s, &lists, stop_list, &n, &err), ERR_INTERRUPTED);
	assert_int_equal(store_devices(s, &devices, stop_device, &n, &err), ERR_INTERRUPTED);
	assert_int_equal(store_list_rows(s, 1, stop_row, &n, &err), ERR_INTERRUPTED);
	assert_int_equal(store_lanes(s, stop_lane, &n, &err), ERR_INTERRUPTED);
	assert_int_equal(store_batches(s, 0, stop_batch, &n, &err), ERR_INTERRUPTED);
	assert_int_equal(store_batch_lists(s, 1, stop_id, &n, &err), ERR_INTERRUPTED);
	assert_int_equal(store_holds(s, stop_hold, &n, &err), ERR_INTERRUPTED);
	assert_int_equal(store_pauses(s, stop_pause, &n, &err), ERR_INTERRUPTED);
	assert_int_equal(store_consents(s, stop_consent, &n, &err), ERR_INTERRUPTED);
	assert_int_equal(store_tally(s, stop_tally, &n, &err), ERR_INTERRUPTED);
	assert_string_equal(err.msg, "enough");
	assert_int_equal(n, 10);
	store_show_expect(s, "n", "lane 1 contoso/t 2\nlane 2 contoso/u 0\n"); /* asked anew */
}

static void
test_a_value_that_is_too_long(void **state)
{
	char *hash = calloc(1, TOO_LONG);
	const struct store_row row[] = {
		{ .line = 2, .serial = slice_of("A"), .tag = slice_of("t") },
		{ .line = 3,
		    .serial = slice_of("B"),
		    .tag = slice_of("u"),
		    .hash = { hash, TOO_LONG },
		    .hash_len = TOO_LONG },
	};
	struct err err;

	(void)state;
	assert_non_null(hash);
	store_script_run(&ss, "begin contoso");
	assert_int_equal(store_list_add(ss.store, 1, row, 2, &err), ERR_LIMIT);
	free(hash);
	/* Words that were seen first in what failed are words to come. */
	store_script_run(&ss, "add 2 B acme u; end 1");
	store_show_expect(ss.store, "rdnt",
	    "row 1:2 B queued\ndevice B queued contoso/u 1.csv:2\nlane 1 contoso/u 1\n"
	    "tally contoso queued 1\n");
}

static void
test_outputs_stay(void **state)
{
	struct err err;
	int64_t id = -7;
	bool settled = true;

	(void)state;
	store_script_run(&ss, "begin contoso");
	assert_int_equal(store_list_begin(ss.store, slice_of("x"), slice_of("y"), slice_of(""),
	                     LIST_FROM_COMMAND, &id, &err),
	    ERR_BUSY);
	assert_int_equal(store_batch_split(ss.store, 1, 0, &id, &err), ERR_NOT_FOUND);
	assert_int_equal(store_list_settled(ss.store, 9, &settled, &err), ERR_NOT_FOUND);
	assert_int_equal(id, -7);
	assert_true(settled);
}

int
store_questions_run(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_all_of_a_device, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_which_devices, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_which_lists, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_all_of_a_row, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_claim_that_is_not_wanted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_one_batch, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_tokens, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_consent, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_age_of_the_queue, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_an_error_ends_a_question, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_value_that_is_too_long, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_outputs_stay, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
