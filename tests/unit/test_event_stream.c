/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/event_stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/alloc_fault.h"

#define LENGTH(array) (sizeof array / sizeof(array)[0])

/* "name=data;" each */
struct heard {
	char text[256];
	enum err_code fails;
};

static enum err_code
on_event(void *arg, struct slice name, struct slice data, struct err *err)
{
	struct heard *h = arg;
	size_t used = strlen(h->text);

	(void)snprintf(h->text + used, sizeof h->text - used, SLICE_FMT "=" SLICE_FMT ";",
	    SLICE_ARG(name), SLICE_ARG(data));
	return h->fails ? err_set(err, h->fails, "enough") : ERR_OK;
}

static enum err_code
put(struct event_stream *s, const char *text, size_t piece, struct err *err)
{
	struct slice rest = slice_of(text);

	while (rest.len > 0) {
		struct slice head = slice_head(rest, piece);

		if (event_stream_put(s, head, err))
			return err->code;
		rest = slice_from(rest, head.len);
	}
	return ERR_OK;
}

static void
events(void **state)
{
	static const struct {
		const char *name;
		const char *text;
		const char *want;
	} tc[] = {
		{ "as the agent sends them", "id: 7\nevent: trail\ndata: {}\n\n", "trail={};" },
		{ "two", "event: a\ndata: 1\n\nevent: b\ndata: 2\n\n", "a=1;b=2;" },
		{ "without a name", "data: 1\n\n", "message=1;" },
		{ "the name is the next one's no more", "event: a\n\ndata: 1\n\n", "message=1;" },
		{ "without data", "event: a\n\n", "" },
		{ "empty data", "data\n\n", "message=;" },
		{ "data of two lines", "data: 1\ndata: 2\n\n", "message=1\n2;" },
		{ "data of two empty lines", "data:\ndata\n\n", "message=\n;" },
		{ "without a blank", "data:1\n\n", "message=1;" },
		{ "only one blank is taken off", "data:  1\n\n", "message= 1;" },
		{ "a colon in the data", "data: a: b\n\n", "message=a: b;" },
		{ "comments, and fields that nobody knows",
		    ":\n: hello\nretry: 3\nfoo\ndata: 1\n\n", "message=1;" },
		{ "CR LF", "event: a\r\ndata: 1\r\n\r\n", "a=1;" },
		{ "CR", "event: a\rdata: 1\r\r", "a=1;" },
		{ "one that breaks off", "data: 1\n\ndata: 2\n", "message=1;" },
		{ "nothing", "", "" },
	};
	static const size_t piece[] = { 1, 2, 3, 1000 };

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		for (size_t k = 0; k < LENGTH(piece); k++) {
			struct heard h = { "", ERR_OK };
			struct event_stream s;
			struct err err;

			print_message("  %s, by %zu\n", tc[i].name, piece[k]);
			event_stream_init(&s, on_event, &h);
			assert_int_equal(put(&s, tc[i].text, piece[k], &err), ERR_OK);
			assert_string_equal(h.text, tc[i].want);
			event_stream_done(&s);
		}
	}
}

static void
another_stream(void **state)
{
	struct heard h = { "", ERR_OK };
	struct event_stream s;
	struct err err;

	(void)state;
	event_stream_init(&s, on_event, &h);
	assert_int_equal(put(&s, "event: a\ndata: 1\ndata: 2\r", 100, &err), ERR_OK);
	event_stream_reset(&s);
	assert_int_equal(put(&s, "\ndata: 3\n\n", 100, &err), ERR_OK);
	assert_string_equal(h.text, "message=3;");
	event_stream_done(&s);
}

static void
limits(void **state)
{
	static char line[EVENT_STREAM_MAX + 1];
	struct heard h = { "", ERR_OK };
	struct event_stream s;
	struct err err;

	(void)state;
	memset(line, 'x', sizeof line);
	event_stream_init(&s, on_event, &h);
	assert_int_equal(event_stream_put(&s, (struct slice){ line, sizeof line - 1 }, &err),
	    ERR_OK);
	assert_int_equal(event_stream_put(&s, slice_of("x"), &err), ERR_LIMIT);
	event_stream_done(&s);

	/* Of many lines. */
	memcpy(line, "data: ", 6);
	line[sizeof line - 2] = '\n';
	event_stream_init(&s, on_event, &h);
	assert_int_equal(event_stream_put(&s, (struct slice){ line, sizeof line - 1 }, &err),
	    ERR_OK);
	assert_int_equal(event_stream_put(&s, (struct slice){ line, sizeof line - 1 }, &err),
	    ERR_LIMIT);
	event_stream_done(&s);

	h.fails = ERR_IO;
	event_stream_init(&s, on_event, &h);
	assert_int_equal(put(&s, "data: 1\n\ndata: 2\n\n", 100, &err), ERR_IO);
	assert_string_equal(h.text, "message=1;");
	event_stream_done(&s);
}

static void
try_to_put(void *arg)
{
	struct heard h = { "", ERR_OK };
	struct event_stream s;
	struct err err;
	enum err_code rc;

	(void)arg;
	event_stream_init(&s, on_event, &h);
	rc = put(&s, "event: a\ndata: 1\n\n", 100, &err);
	assert_int_equal(rc, alloc_fault_hit() ? ERR_NOMEM : ERR_OK);
	assert_string_equal(h.text, rc ? "" : "a=1;");
	event_stream_done(&s);
}

static void
no_memory(void **state)
{
	(void)state;
	assert_true(alloc_fault_sweep(try_to_put, NULL) >= 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events),
		cmocka_unit_test(another_stream),
		cmocka_unit_test(limits),
		cmocka_unit_test(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
