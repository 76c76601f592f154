/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The documented exchanges with Partner Center, in tests/data/partner: what we send has to be what
 * is recorded there, byte for byte where it is ours to choose, and what is answered there has to
 * lead to the right end.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "partner/partner_channel.h"
#include "tests/unit/partner_fake.h"

#define LENGTH(array) (sizeof array / sizeof(array)[0])

enum { FILE_MAX = 64 * 1024, PAIRS_MAX = 4, ENDS_MAX = 256 };

/* --- the files --- */

struct message {
	struct slice first; /* request line or status line */
	struct slice headers;
	struct slice body;
};

struct exchange {
	char *text;
	size_t npair;
	struct message request[PAIRS_MAX];
	struct message answer[PAIRS_MAX];
};

static struct slice
take_line(struct slice *rest)
{
	const char *end = memchr(rest->ptr, '\n', rest->len);
	struct slice line;

	assert_non_null(end);
	line = slice_head(*rest, (size_t)(end - rest->ptr));
	*rest = slice_from(*rest, line.len + 1);
	return line;
}

/* Up to the next mark, which begins a line. */
static struct message
take_message(struct slice *rest)
{
	struct message m = { .first = take_line(rest), .headers = { rest->ptr, 0 } };

	while (rest->ptr[0] != '\n')
		m.headers.len += take_line(rest).len + 1;
	(void)take_line(rest);
	if (strncmp(rest->ptr, ">>> ", 4) != 0 && strncmp(rest->ptr, "<<< ", 4) != 0 &&
	    strncmp(rest->ptr, "=== ", 4) != 0)
		m.body = take_line(rest);
	return m;
}

static void
parse(struct exchange *x, struct slice rest)
{
	*x = (struct exchange){ .text = x->text };
	while (rest.ptr[0] == '#')
		(void)take_line(&rest);
	while (slice_eq(take_line(&rest), slice_of(">>> request"))) {
		assert_true(x->npair < PAIRS_MAX);
		x->request[x->npair] = take_message(&rest);
		assert_true(slice_eq(take_line(&rest), slice_of("<<< answer")));
		x->answer[x->npair++] = take_message(&rest);
	}
	assert_true(x->npair > 0);
	assert_int_equal(rest.len, 0);
}

static void
exchange_read(struct exchange *x, const char *name)
{
	char path[512];
	size_t len;
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/partner/%s.http", getenv("AUTOREG_TEST_DATA"), name);
	f = fopen(path, "rb");
	x->text = calloc(1, FILE_MAX + 1);
	if (!f || !x->text)
		fail_msg("%s", path);
	len = fread(x->text, 1, FILE_MAX, f);
	assert_true(len > 0 && len < FILE_MAX);
	(void)fclose(f);
	parse(x, (struct slice){ x->text, len });
}

static struct slice
header_of(const struct message *m, const char *name)
{
	struct slice rest = m->headers;

	while (rest.len > 0) {
		struct slice line = take_line(&rest);
		size_t n = strlen(name);

		if (slice_starts_nocase(line, slice_of(name)) && line.ptr[n] == ':')
			return slice_trim(slice_from(line, n + 1));
	}
	return (struct slice){ NULL, 0 };
}

static char *
text_of(struct slice s)
{
	char *text = strndup(s.len > 0 ? s.ptr : "", s.len);

	assert_non_null(text);
	return text;
}

/* --- what we send --- */

static void
assert_equal(struct slice is, struct slice want)
{
	char *a = text_of(is);
	char *b = text_of(want);

	assert_string_equal(a, b);
	free(a);
	free(b);
}

static void
assert_headers(const struct message *want, bool is_upload)
{
	const struct fake_request *r = partner_fake_request();
	struct slice rest = want->headers;
	size_t nwant = 0, nsent = 0;

	while (rest.len > 0) {
		struct slice line = take_line(&rest);
		const char *colon = memchr(line.ptr, ':', line.len);
		char *name = text_of(slice_head(line, (size_t)(colon - line.ptr)));
		char *value = text_of(slice_trim(slice_from(line, strlen(name) + 1)));

		if (strcmp(name, "Authorization") == 0)
			assert_string_equal(value + strlen("Bearer "), r->bearer);
		else if (strcmp(name, "Host") == 0)
			assert_non_null(strstr(r->url, value));
		else if (strcmp(name, "Content-Length") != 0)
			nwant++;
		/* Every question has an id of its own; only an upload has that of its batch. */
		if (strncmp(name, "MS-", 3) != 0
		        ? strstr("Accept X-Locale Content-Type", name) != NULL
		        : is_upload || strcmp(name, "MS-ContinuationToken") == 0)
			partner_fake_assert_header(name, value);
		free(name);
		free(value);
	}
	partner_fake_assert_header("MS-PartnerCenter-Application", "autoreg");
	for (size_t i = 0; r->headers[i]; i++)
		nsent += r->headers[i] == '\n';
	assert_int_equal(nsent, nwant + 1);
}

static void
assert_request(const struct message *want, bool same_body)
{
	const struct fake_request *r = partner_fake_request();
	const char *base = partner_fake_options()->base_url;
	bool is_upload = r->method == HTTP_POST;
	char line[1200];

	assert_true(partner_fake_has_request());
	assert_memory_equal(r->url, base, strlen(base));
	(void)snprintf(line, sizeof line, "%s %s HTTP/1.1", is_upload ? "POST" : "GET",
	    r->url + strlen(base));
	assert_equal(slice_of(line), want->first);
	assert_headers(want, is_upload);
	if (same_body)
		assert_equal((struct slice){ r->body, r->body_len }, want->body);
}

/* --- what comes of the answers --- */

/* How an operation ended: "done: …". */
struct end {
	unsigned calls;
	char text[ENDS_MAX];
	struct channel_answer answer;
};

static void
note(struct end *end, const struct channel_answer *answer)
{
	end->calls++;
	end->answer = *answer;
	(void)snprintf(end->text, sizeof end->text, "%s", channel_outcome_name(answer->outcome));
}

static void
note_more(struct end *end, const char *more)
{
	size_t len = strlen(end->text);

	(void)snprintf(end->text + len, sizeof end->text - len, " %s", more);
}

static void
on_submit(void *arg, const struct channel_answer *answer, const char *tracking)
{
	note(arg, answer);
	if (tracking[0])
		note_more(arg, tracking);
}

static void
on_poll(void *arg, const struct channel_answer *answer, const struct verdict *verdict)
{
	note(arg, answer);
	for (size_t i = 0; verdict && i < 2; i++) {
		const char *class = verdict_class_name(verdict[i].class);

		note_more(arg, class ? class : "none");
	}
}

static void
on_look(void *arg, const struct channel_answer *answer, const bool *there)
{
	note(arg, answer);
	for (size_t i = 0; there && i < 2; i++)
		note_more(arg, there[i] ? "there" : "missing");
}

static void
on_consent(void *arg, const struct channel_answer *answer, bool granted)
{
	note(arg, answer);
	note_more(arg, granted ? "granted" : "not granted");
}

static void
on_link(void *arg, const struct channel_answer *answer, const char *url)
{
	note(arg, answer);
	note_more(arg, url);
}

static void
on_customers(void *arg, const struct channel_answer *answer,
    const struct channel_customer *customer, size_t n)
{
	note(arg, answer);
	for (size_t i = 0; i < n; i++) {
		note_more(arg, customer[i].tenant);
		note_more(arg, customer[i].domain);
		note_more(arg, customer[i].company);
		note_more(arg, customer[i].granted ? "granted" : "not granted");
	}
}

enum op { OP_SUBMIT, OP_POLL, OP_LOOK, OP_CONSENT, OP_LINK, OP_CUSTOMERS };

struct replay {
	const char *file;
	enum op op;
	const char *tag;
	const char *listed; /* answer to the list of batches before the recorded request */
	const char *tracking;
	bool is_add; /* the device of the example of adding; else the two of that of making */
	bool is_hash_only;
	bool other_body; /* what is recorded is what must not be sent */
	const char *end; /* NULL: something else is sent, and the operation goes on */
	const char *code;
};

#define JOB "44444444-4444-4444-8444-44444444444"
#define HASH "ODAxMDEwMTAxMDEwMQ=="

static struct batch *
batch_of(const struct replay *r)
{
	struct batch *b = partner_fake_batch(r->tag);

	if (r->is_hash_only) {
		partner_fake_add(b, NULL, NULL, NULL, NULL, HASH, 0);
		partner_fake_add(b, NULL, NULL, NULL, NULL, HASH, 0);
	} else if (r->is_add) {
		partner_fake_add(b, "SN-0003", "1234567890123", NULL, NULL, HASH, 0);
	} else {
		partner_fake_add(b, "SN-0001", NULL, NULL, NULL, HASH, 0);
		partner_fake_add(b, "SN-0002", NULL, "Fabrikam", "FB Laptop 14", NULL, 0);
	}
	(void)snprintf(b->tracking, sizeof b->tracking, "%s", r->tracking ? r->tracking : "");
	return b;
}

static struct channel_op *
start(const struct replay *r, struct channel *c, const struct batch *b, struct end *end)
{
	struct channel_op *op = NULL;
	enum err_code rc = ERR_OK;
	struct err err;

	switch (r->op) {
	case OP_SUBMIT:
		rc = c->ops->submit(c, b, on_submit, end, &op, &err);
		break;
	case OP_POLL:
		rc = c->ops->poll(c, b, on_poll, end, &op, &err);
		break;
	case OP_LOOK:
		rc = c->ops->look(c, b, on_look, end, &op, &err);
		break;
	case OP_CONSENT:
		rc = c->ops->consent(c, &(struct channel_tenant){ b->tenant, b->domain },
		    on_consent, end, &op, &err);
		break;
	case OP_LINK:
		rc = c->ops->link(c, on_link, end, &op, &err);
		break;
	case OP_CUSTOMERS:
		rc = c->ops->customers(c, on_customers, end, &op, &err);
		break;
	}
	assert_int_equal(rc, ERR_OK);
	return op;
}

static void
give(const struct message *answer)
{
	char *headers = text_of(answer->headers);
	uint64_t status;

	assert_true(slice_to_u64((struct slice){ answer->first.ptr + strlen("HTTP/1.1 "), 3 }, 599,
	    &status));
	partner_fake_answer((unsigned)status, headers, answer->body);
	free(headers);
}

static void
play(const struct exchange *x, const struct replay *r)
{
	if (r->listed)
		partner_fake_answer_text(200, NULL, r->listed);
	for (size_t i = 0; i < x->npair; i++) {
		assert_request(&x->request[i], !r->other_body);
		give(&x->answer[i]);
		if (!partner_fake_waits())
			continue;
		assert_string_equal(partner_fake_refused(), "token-1");
		partner_fake_give_token("token-1");
		assert_request(&x->request[i], !r->other_body);
		give(&x->answer[i]);
	}
}

static void
replay(const struct replay *r)
{
	struct exchange x = { .text = NULL };
	struct end end = { .calls = 0 };
	struct batch *b = batch_of(r);
	struct channel_op *op;
	struct channel *c;
	struct err err;

	print_message("  %s\n", r->file);
	exchange_read(&x, r->file);
	partner_fake_token("token-1");
	assert_int_equal(partner_channel_new(partner_fake_options(), &c, &err), ERR_OK);
	op = start(r, c, b, &end);
	play(&x, r);
	if (r->end) {
		assert_string_equal(end.text, r->end);
		assert_string_equal(end.answer.code, r->code ? r->code : "");
	} else {
		assert_int_equal(end.calls, 0);
		c->ops->cancel(op);
		partner_fake_fail(ERR_CANCELLED, "cancelled");
		assert_string_equal(end.text, "stopped");
	}
	assert_int_equal(end.calls, 1);
	c->ops->free(c);
	batch_free(b);
	free(x.text);
}

/* --- the tests --- */

#define NONE "{\"items\":[]}"
#define ONE "{\"items\":[{\"id\":\"Contoso HQ\"}]}"

static void
replays(void **state)
{
	static const struct replay tc[] = {
		{ "create", OP_SUBMIT, "Contoso-HQ", .listed = NONE, .end = "done " JOB "1" },
		{ "append", OP_SUBMIT, "Contoso HQ", .listed = ONE, .is_add = true,
		    .end = "done " JOB "2" },
		{ "batches", OP_SUBMIT, "Contoso HQ", .end = NULL },
		{ "batches", OP_SUBMIT, "Contoso-HQ", .end = NULL },
		{ "batches", OP_SUBMIT, "CONTOSO HQ", .end = "name_case" },
		{ "status-processing", OP_POLL, "x", .tracking = JOB "1", .end = "done" },
		{ "status-queued", OP_POLL, "x", .tracking = JOB "1", .end = "done" },
		{ "status-mixed", OP_POLL, "x", .tracking = JOB "1",
		    .end = "done ok claimed_elsewhere" },
		{ "status-hash-only", OP_POLL, "x", .tracking = JOB "2", .is_hash_only = true,
		    .end = "done ok bad_hash" },
		{ "status-hash-only-fewer", OP_POLL, "x", .tracking = JOB "2", .is_hash_only = true,
		    .end = "done none none" },
		{ "devices", OP_LOOK, "Contoso HQ", .end = "done there missing" },
		{ "throttled", OP_SUBMIT, "Contoso-HQ", .listed = NONE, .end = "throttled" },
		{ "unauthorized-mfa", OP_SUBMIT, "Contoso HQ", .end = "auth", .code = "900421" },
		{ "unauthorized-empty", OP_SUBMIT, "Contoso HQ", .end = "auth" },
		{ "forbidden", OP_SUBMIT, "Contoso HQ", .end = "no_consent", .code = "20002" },
		{ "forbidden-text", OP_SUBMIT, "Contoso HQ", .end = "no_consent", .code = "20002" },
		{ "forbidden-empty", OP_SUBMIT, "Contoso HQ", .end = "no_consent" },
		{ "not-found", OP_POLL, "x", .tracking = "00000000-0000-4000-8000-000000000000",
		    .end = "gone", .code = "1000" },
		{ "bad-request", OP_SUBMIT, "Contoso-HQ", .listed = NONE, .end = "refused",
		    .code = "3000" },
		{ "server-error", OP_SUBMIT, "Contoso-HQ", .listed = NONE, .other_body = true,
		    .end = "server", .code = "..." },
		{ "customer", OP_CONSENT, "x", .end = "done granted" },
		{ "relationship-request", OP_LINK, "x",
		    .end =
		        "done https://admin.microsoft.com/Adminportal/Home"
		        "?invType=ResellerRelationship&partnerId=11111111-1111-4111-8111-111111111111"
		        "&msppId=0&DAP=false#/BillingAccounts/partner-invitation" },
		{ "customers", OP_CUSTOMERS, "x",
		    .end =
		        "done " FAKE_TENANT " contoso.example Contoso granted "
		        "33333333-3333-4333-8333-333333333333 fabrikam.example Fabrikam not granted" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++)
		replay(&tc[i]);
}

static void
details(void **state)
{
	static const struct replay throttled = { "throttled", OP_SUBMIT, "Contoso-HQ",
		.listed = NONE };
	struct exchange x = { .text = NULL };
	struct end end = { .calls = 0 };
	struct batch *b = batch_of(&throttled);
	struct channel *c;
	struct err err;

	(void)state;
	exchange_read(&x, throttled.file);
	assert_int_equal(partner_channel_new(partner_fake_options(), &c, &err), ERR_OK);
	(void)start(&throttled, c, b, &end);
	play(&x, &throttled);
	assert_int_equal(end.answer.status, 429);
	assert_int_equal(end.answer.retry_after_ms, 57000);
	assert_false(end.answer.customer_only);
	assert_string_equal(end.answer.message,
	    "the service asks to slow down: Rate limit is exceeded. Try again in 57 seconds. (HTTP 429)");
	assert_string_equal(end.answer.request_id, FAKE_REQUEST_ID);
	assert_string_equal(end.answer.correlation_id, FAKE_CORRELATION_ID);
	c->ops->free(c);
	batch_free(b);
	free(x.text);
}

static void
assert_length(const struct message *m)
{
	struct slice text = header_of(m, "Content-Length");
	uint64_t len = 0;

	if (text.len > 0)
		assert_true(slice_to_u64(text, FILE_MAX, &len));
	assert_int_equal(m->body.len, len);
}

/* Also those that other parts of the program send. */
static void
every_length_is_right(void **state)
{
	char path[512];
	struct dirent *entry;
	size_t n = 0;
	DIR *dir;

	(void)state;
	(void)snprintf(path, sizeof path, "%s/partner", getenv("AUTOREG_TEST_DATA"));
	dir = opendir(path);
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		struct exchange x = { .text = NULL };
		char *name = strdup(entry->d_name);
		char *dot = strstr(name, ".http");

		if (dot) {
			*dot = '\0';
			print_message("  %s\n", name);
			exchange_read(&x, name);
			for (size_t i = 0; i < x.npair; i++) {
				assert_length(&x.request[i]);
				assert_length(&x.answer[i]);
			}
			free(x.text);
			n++;
		}
		free(name);
	}
	(void)closedir(dir);
	assert_int_equal(n, 23);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(replays, partner_fake_enter, partner_fake_leave),
		cmocka_unit_test_setup_teardown(details, partner_fake_enter, partner_fake_leave),
		cmocka_unit_test(every_length_is_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
