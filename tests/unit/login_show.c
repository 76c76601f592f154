/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/login_show.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/buf.h"

enum { TEXT_MAX = 4096 };

static enum err_code
add_event(void *arg, const struct store_event *e, struct err *err)
{
	struct buf *out = arg;

	(void)err;
	buf_addf(out, SLICE_FMT " " SLICE_FMT " " SLICE_FMT "\n", SLICE_ARG(e->kind),
	    SLICE_ARG(e->partner), SLICE_ARG(e->actor));
	return ERR_OK;
}

static enum err_code
add_hold(void *arg, const struct store_hold *h, struct err *err)
{
	struct buf *out = arg;

	(void)err;
	buf_addf(out, SLICE_FMT " " SLICE_FMT ": " SLICE_FMT "\n", SLICE_ARG(h->scope),
	    SLICE_ARG(h->reason), SLICE_ARG(h->message));
	return ERR_OK;
}

static enum err_code
add_login(void *arg, const struct store_login *l, struct err *err)
{
	struct buf *out = arg;

	(void)err;
	buf_addf(out, SLICE_FMT " " SLICE_FMT " [" SLICE_FMT "] %lld warned %u\n",
	    SLICE_ARG(l->partner), SLICE_ARG(l->account), SLICE_ARG(l->roles),
	    (long long)l->since_unix_ms, (unsigned)l->warned_days);
	return ERR_OK;
}

static void
expect(struct buf *got, const char *want)
{
	assert_string_equal(got->ptr ? got->ptr : "", want);
	buf_done(got);
}

void
login_show_expect(struct store *s, const char *logins, const char *holds, const char *events)
{
	const struct store_event_query all = { .after = 0 };
	struct buf text;
	struct err err;

	buf_init(&text, TEXT_MAX);
	assert_int_equal(store_logins(s, add_login, &text, &err), ERR_OK);
	expect(&text, logins);
	assert_int_equal(store_holds(s, add_hold, &text, &err), ERR_OK);
	expect(&text, holds);
	assert_int_equal(store_events(s, &all, add_event, &text, &err), ERR_OK);
	expect(&text, events);
}
