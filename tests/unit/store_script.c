/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store_script.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { WORDS_MAX = 12 };

struct command {
	struct slice word[WORDS_MAX];
	size_t n;
};

/* --- words --- */

static struct slice
word(const struct command *c, size_t at)
{
	if (at >= c->n || slice_eq(c->word[at], slice_of("-")))
		return (struct slice){ "", 0 };
	return c->word[at];
}

static uint64_t
number(const struct command *c, size_t at)
{
	uint64_t n = 0;

	if (at < c->n && !slice_to_u64(c->word[at], INT64_MAX, &n))
		fail_msg("\"" SLICE_FMT "\" is no number", SLICE_ARG(c->word[at]));
	return n;
}

static int64_t
id(const struct command *c, size_t at)
{
	return (int64_t)number(c, at);
}

static bool
has(const struct command *c, size_t at, const char *text)
{
	return slice_eq(word(c, at), slice_of(text));
}

static enum device_state
device_state(struct slice name)
{
	enum device_state state;

	if (!device_state_parse(name, &state))
		fail_msg("\"" SLICE_FMT "\" is no state", SLICE_ARG(name));
	return state;
}

static const char *const batch_state_name[] = { "sending", "unknown", "resend", "accepted",
	"missing", "closed" };

static enum batch_state
batch_state(struct slice name)
{
	for (unsigned i = 0; i < sizeof batch_state_name / sizeof batch_state_name[0]; i++) {
		if (slice_eq(name, slice_of(batch_state_name[i])))
			return (enum batch_state)i;
	}
	fail_msg("\"" SLICE_FMT "\" is no state", SLICE_ARG(name));
	return BATCH_CLOSED;
}

static enum err_code
error_code(struct slice name)
{
	static const struct {
		const char *name;
		enum err_code code;
	} known[] = { { "not-found", ERR_NOT_FOUND }, { "busy", ERR_BUSY }, { "io", ERR_IO },
		{ "limit", ERR_LIMIT }, { "interrupted", ERR_INTERRUPTED } };

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		if (slice_eq(name, slice_of(known[i].name)))
			return known[i].code;
	}
	fail_msg("\"" SLICE_FMT "\" is no error", SLICE_ARG(name));
	return ERR_OK;
}

/* --- commands --- */

static enum err_code
note_id(void *arg, const struct store_device *d, struct err *err)
{
	(void)err;
	*(int64_t *)arg = d->id;
	return ERR_OK;
}

static int64_t
device_id(struct store_script *ss, struct slice serial)
{
	const struct store_device_query q = { .serial = serial };
	struct err err;
	int64_t found = 0;

	assert_int_equal(store_devices(ss->store, &q, note_id, &found, &err), ERR_OK);
	return found;
}

static enum err_code
do_add(struct store_script *ss, const struct command *c, struct err *err)
{
	struct store_row r = {
		.line = number(c, 1),
		.serial = word(c, 2),
		.manufacturer = word(c, 3),
		.tag = word(c, 4),
		.model = word(c, 5),
		.product_id = word(c, 6),
		.hash = word(c, 7),
		.family = word(c, 8),
		.order = word(c, 9),
	};

	r.hash_len = (uint32_t)r.hash.len * 3;
	return store_list_add(ss->store, ss->list, &r, 1, err);
}

static enum err_code
do_unit(struct store_script *ss, const struct command *c, struct err *err)
{
	struct store_row r = {
		.line = 77, /* of no account */
		.serial = word(c, 3),
		.manufacturer = word(c, 4),
		.tag = word(c, 5),
		.order = word(c, 6),
		.hash = word(c, 8),
		.product_id = word(c, 9),
	};

	r.hash_len = (uint32_t)r.hash.len * 3;
	if (store_unit_add(ss->store, word(c, 1), word(c, 2), &r, word(c, 7), &ss->unit, err))
		return err->code;
	if (ss->unit.list > ss->newest)
		ss->newest = ss->unit.list;
	return ERR_OK;
}

static enum err_code
expect_taken(const struct store_script *ss, const struct command *c)
{
	const struct store_unit_taken *u = &ss->unit;
	char row[64], what[64];

	(void)snprintf(row, sizeof row, "%" PRId64 ":%" PRIu64 "%s", u->list, u->line,
	    u->known ? "known" : "");
	(void)snprintf(what, sizeof what, "%s" SLICE_FMT, device_state_name(u->state),
	    SLICE_ARG(u->held_for));
	if (!has(c, 1, row) || !has(c, 2, what))
		fail_msg("it came to %s %s", row, what);
	return ERR_OK;
}

static enum err_code
do_taken_back(struct store_script *ss, const struct command *c, struct err *err)
{
	const struct store_device_query q = { .customer = word(c, 1), .serial = word(c, 2) };
	int64_t device = 0;

	if (store_devices(ss->store, &q, note_id, &device, err))
		return err->code;
	return store_superseded(ss->store, device, word(c, 3), err);
}

static enum err_code
do_refuse(struct store_script *ss, const struct command *c, struct err *err)
{
	const struct store_refusal r = {
		.line = number(c, 1),
		.serial = slice_of("S"),
		.code = word(c, 2),
		.message = slice_of("what"),
		.advice = slice_of("do"),
		.duplicate = has(c, 0, "dup"),
	};

	return store_list_refuse(ss->store, ss->list, &r, 1, err);
}

static enum err_code
ignore_head(void *arg, const struct store_batch_head *h, struct err *err)
{
	(void)arg;
	(void)h;
	(void)err;
	return ERR_OK;
}

static enum err_code
ignore_device(void *arg, const struct store_batch_device *d, struct err *err)
{
	(void)arg;
	(void)d;
	(void)err;
	return ERR_OK;
}

static enum err_code
do_claim(struct store_script *ss, const struct command *c, struct err *err)
{
	static const struct store_batch_reader reader = { NULL, ignore_head, ignore_device };
	int64_t batch;

	return store_batch_claim(ss->store, id(c, 1), number(c, 2), c->n > 3 ? number(c, 3) : 1000,
	    slice_of("req"), slice_of("cor"), &reader, &batch, err);
}

static enum err_code
do_settle(struct store_script *ss, const struct command *c, struct err *err)
{
	bool lost = has(c, 0, "lose");
	const struct store_settlement t = {
		.device = device_id(ss, word(c, 2)),
		.state = lost ? DEVICE_QUEUED : device_state(word(c, 3)),
		.verdict = { .class = word(c, 4),
		    .code = (int32_t)number(c, 5),
		    .name = word(c, 8) },
		.held_for = word(c, 6),
		.lost = lost,
		.ask_unix_ms = id(c, 7),
	};

	return store_batch_settle(ss->store, id(c, 1), &t, 1, slice_of(""), slice_of(""), err);
}

static enum err_code
do_split(struct store_script *ss, const struct command *c, struct err *err)
{
	int64_t other;

	return store_batch_split(ss->store, id(c, 1), ss->now_unix_ms, &other, err);
}

static enum err_code
do_route(struct store_script *ss, const struct command *c, struct err *err)
{
	struct store_route route[WORDS_MAX];
	size_t n = 0;

	for (size_t at = 1; at + 1 < c->n; at += 2)
		route[n++] = (struct store_route){ word(c, at), word(c, at + 1) };
	return store_routes_set(ss->store, route, n, err);
}

/* The words from there on. */
static struct store_device_query
query_of(const struct command *c, size_t at)
{
	struct store_device_query q = { 0 };

	for (; at < c->n; at++) {
		struct slice w = c->word[at];
		size_t key = 0;

		while (key < w.len && w.ptr[key] != '=')
			key++;
		assert_true(key < w.len);
		struct slice value = slice_from(w, key + 1);
		const struct command one = { { value }, 1 };

		switch (w.ptr[1]) {
		case 'e':
			q.serial = value;
			break;
		case 'u':
			q.customer = value;
			break;
		case 't':
			q.by_state = true;
			q.state = device_state(value);
			break;
		default:
			*(w.ptr[2] == 's' ? (uint64_t *)&q.list : &q.limit) = number(&one, 0);
			break;
		}
	}
	return q;
}

static enum err_code
do_retry(struct store_script *ss, const struct command *c, struct err *err)
{
	const struct store_device_query q = query_of(c, 1);

	return store_retry(ss->store, &q, &ss->counted, err);
}

static enum err_code
do_change(struct store_script *ss, const struct command *c, struct err *err)
{
	static const char *const part[] = { "case", "note", "stop", "resume" };
	const struct store_device_query q = query_of(c, 3);
	const struct store_claim_query which = { .serial = q.serial,
		.customer = q.customer,
		.limit = q.limit };
	unsigned i = 0;

	while (!has(c, 1, part[i]))
		assert_true(++i < sizeof part / sizeof part[0]);
	return store_claim_change(ss->store, &which, (enum store_claim_part)i, word(c, 2),
	    ss->now_unix_ms, &ss->counted, err);
}

static enum err_code
do_image(struct store_script *ss, const struct command *c, struct err *err)
{
	const struct store_device_query q = query_of(c, 2);

	return store_image_ack(ss->store, &q, id(c, 1), &ss->counted, err);
}

static enum err_code
do_event(struct store_script *ss, const struct command *c, struct err *err)
{
	const struct store_event e = {
		.kind = word(c, 1),
		.actor = slice_of("uid 7"),
		.customer = word(c, 2),
		.partner = slice_of("northwind"),
		.list = ss->list,
		.serial = word(c, 3),
		.request_id = slice_of("req"),
		.correlation_id = slice_of("cor"),
		.message = slice_of("what happened"),
	};

	return store_event_add(ss->store, &e, err);
}

static enum err_code
do_abort(struct store_script *ss, struct err *err)
{
	bool more = true;

	while (more) {
		if (store_list_abort(ss->store, ss->list, &more, err))
			return err->code;
	}
	return ERR_OK;
}

static enum err_code
do_begin(struct store_script *ss, const struct command *c, struct err *err)
{
	char file[32];

	(void)snprintf(file, sizeof file, "%" PRId64 ".csv", ss->newest + 1);
	if (store_list_begin(ss->store, word(c, 1), slice_of(file), word(c, 2), LIST_FROM_SPOOL,
	        &ss->list, err))
		return err->code;
	ss->newest = ss->list;
	return ERR_OK;
}

/* What is kept beside lists and devices. */
static enum err_code
run_record_command(struct store_script *ss, const struct command *c, struct err *err)
{
	struct store *s = ss->store;

	if (has(c, 0, "change"))
		return do_change(ss, c, err);
	if (has(c, 0, "ask"))
		return store_claims_ask(s, word(c, 1), id(c, 2), &ss->counted, err);
	if (has(c, 0, "image"))
		return do_image(ss, c, err);
	if (has(c, 0, "token"))
		return store_token_save(s, word(c, 1), slice_of("sealed"), err);
	if (has(c, 0, "forget"))
		return store_token_forget(s, word(c, 1), err);
	if (has(c, 0, "login"))
		return store_login_save(s, word(c, 1), word(c, 2), word(c, 3), id(c, 4), err);
	if (has(c, 0, "logout"))
		return store_login_forget(s, word(c, 1), err);
	if (has(c, 0, "warned"))
		return store_login_warned(s, word(c, 1), (uint32_t)number(c, 2), err);
	if (has(c, 0, "link"))
		return store_link_save(s, word(c, 1), word(c, 2), err);
	if (has(c, 0, "event"))
		return do_event(ss, c, err);
	if (has(c, 0, "cursor"))
		return store_cursor_save(s, word(c, 1), id(c, 2), err);
	fail_msg("\"" SLICE_FMT "\" is no command", SLICE_ARG(word(c, 0)));
	return ERR_OK;
}

static enum err_code
run_command(struct store_script *ss, const struct command *c, struct err *err)
{
	struct store *s = ss->store;

	if (has(c, 0, "begin"))
		return do_begin(ss, c, err);
	if (has(c, 0, "add"))
		return do_add(ss, c, err);
	if (has(c, 0, "refuse") || has(c, 0, "dup"))
		return do_refuse(ss, c, err);
	if (has(c, 0, "end"))
		return store_list_end(s, ss->list, number(c, 1), &ss->counted, err);
	if (has(c, 0, "abort"))
		return do_abort(ss, err);
	if (has(c, 0, "reported") || has(c, 0, "unreported"))
		return store_list_reported(s, id(c, 1), has(c, 0, "reported"), err);
	if (has(c, 0, "unit"))
		return do_unit(ss, c, err);
	if (has(c, 0, "took"))
		return expect_taken(ss, c);
	if (has(c, 0, "taken-back"))
		return do_taken_back(ss, c, err);
	if (has(c, 0, "claim"))
		return do_claim(ss, c, err);
	if (has(c, 0, "accept"))
		return store_batch_accepted(s, id(c, 1), word(c, 2), slice_of("their-req"),
		    slice_of(""), ss->now_unix_ms + 5, err);
	if (has(c, 0, "resend")) {
		enum err_code rc = store_batch_resend(s, id(c, 1), err);

		return rc || word(c, 2).len == 0 ? rc
		                                 : store_batch_renew(s, id(c, 1), word(c, 2), err);
	}
	if (has(c, 0, "move"))
		return store_batch_move(s, id(c, 1), batch_state(word(c, 2)), id(c, 3),
		    has(c, 4, "error"), err);
	if (has(c, 0, "settle") || has(c, 0, "lose"))
		return do_settle(ss, c, err);
	if (has(c, 0, "dissolve"))
		return store_batch_dissolve(s, id(c, 1), err);
	if (has(c, 0, "split"))
		return do_split(ss, c, err);
	if (has(c, 0, "clamp"))
		return store_clamp_due(s, id(c, 1), err);
	if (has(c, 0, "hold"))
		return store_hold(s, word(c, 1), word(c, 2), slice_of("message"), err);
	if (has(c, 0, "unhold"))
		return store_unhold(s, word(c, 1), word(c, 2), err);
	if (has(c, 0, "route"))
		return do_route(ss, c, err);
	if (has(c, 0, "pause"))
		return store_pause_set(s, word(c, 1), id(c, 2), err);
	if (has(c, 0, "retry"))
		return do_retry(ss, c, err);
	if (has(c, 0, "group"))
		return store_group_begin(s, err);
	if (has(c, 0, "endgroup"))
		return store_group_end(s, err);
	if (has(c, 0, "tick")) {
		ss->now_unix_ms += id(c, 1);
		return ERR_OK;
	}
	if (has(c, 0, "reopen")) {
		store_close(s);
		return store_open("store", STORE_WRITE, &ss->clock, &ss->store, err);
	}
	if (has(c, 0, "counted")) {
		assert_int_equal(ss->counted, number(c, 1));
		return ERR_OK;
	}
	return run_record_command(ss, c, err);
}

static void
run_line(struct store_script *ss, struct slice line)
{
	struct command c = { .n = 0 };
	enum err_code want = ERR_OK, got;
	struct err err = { 0 };

	for (struct slice rest = slice_trim(line); rest.len; rest = slice_trim(rest)) {
		size_t n = 0;

		while (n < rest.len && rest.ptr[n] != ' ')
			n++;
		assert_true(c.n < WORDS_MAX);
		c.word[c.n++] = slice_head(rest, n);
		rest = slice_from(rest, n);
	}
	if (c.n == 0)
		return;
	if (c.word[0].ptr[0] == '!') {
		want = error_code(slice_from(c.word[0], 1));
		memmove(c.word, c.word + 1, --c.n * sizeof c.word[0]);
	}
	got = run_command(ss, &c, &err);
	if (got != want)
		fail_msg("\"" SLICE_FMT "\": error %d instead of %d: %s", SLICE_ARG(line), got,
		    want, err.msg);
	assert_true(got == ERR_OK || (err.code == got && err.msg[0]));
}

void
store_script_run(struct store_script *ss, const char *text)
{
	struct slice rest = slice_of(text);

	while (rest.len) {
		size_t n = 0;

		while (n < rest.len && rest.ptr[n] != ';' && rest.ptr[n] != '\n')
			n++;
		run_line(ss, slice_head(rest, n));
		rest = slice_from(rest, n < rest.len ? n + 1 : n);
	}
}

/* --- opening --- */

static int64_t
script_unix_ms(void *arg)
{
	return ((const struct store_script *)arg)->now_unix_ms;
}

static uint64_t
script_mono_ms(void *arg)
{
	const struct store_script *ss = arg;

	return (uint64_t)(ss->now_unix_ms - ss->set_ms);
}

void
store_script_open(struct store_script *ss)
{
	struct err err;

	*ss = (struct store_script){ .clock = { script_unix_ms, script_mono_ms, ss },
		.now_unix_ms = 1000 };
	if (store_open("store", STORE_WRITE, &ss->clock, &ss->store, &err))
		fail_msg("%s", err.msg);
}

void
store_script_close(struct store_script *ss)
{
	store_close(ss->store);
	ss->store = NULL;
}
