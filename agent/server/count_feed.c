/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server/count_feed.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/buf.h"
#include "store/store.h"
#include "store/store_async.h"

enum {
	PERIOD_MS = 1000,
	QUIET_PERIODS = 15, /* then a comment is sent, which shows who has hung up */
	EVENT_MAX = 1024,
};

struct count_feed {
	struct store_async *reader;
	uv_timer_t timer; /* runs while somebody follows */
	struct http_exchange *follower[COUNT_FEED_FOLLOWERS_MAX];
	size_t nfollower;
	unsigned quiet; /* periods since something was sent */

	bool known; /* states has been read */
	uint64_t states[NDEVICE_STATE];
	bool asking; /* the store's thread fills this: */
	uint64_t fresh[NDEVICE_STATE];

	bool timer_closed;
	void (*closed)(void *arg); /* NULL: not closing */
	void *closed_arg;
};

/* --- telling --- */

static void
write_event(const struct count_feed *f, struct buf *out)
{
	buf_add_str(out, "event: states\ndata: {");
	for (int i = 0; i < NDEVICE_STATE; i++)
		buf_addf(out, "%s\"%s\":%" PRIu64, i > 0 ? "," : "",
		    device_state_name((enum device_state)i), f->states[i]);
	buf_add_str(out, "}\n\n");
}

static void
tell_all(struct count_feed *f, struct slice text)
{
	f->quiet = 0;
	for (size_t i = 0; i < f->nfollower; i++)
		http_exchange_push(f->follower[i], text);
}

/* x NULL: all. */
static void
tell_states(struct count_feed *f, struct http_exchange *x)
{
	struct buf event;

	buf_init(&event, EVENT_MAX);
	write_event(f, &event);
	if (x)
		http_exchange_push(x, buf_slice(&event));
	else
		tell_all(f, buf_slice(&event));
	buf_done(&event);
}

/* --- asking --- */

static enum err_code
add_count(void *arg, struct slice customer, enum device_state state, uint64_t n, struct err *err)
{
	struct count_feed *f = arg;

	(void)customer;
	(void)err;
	f->fresh[state] += n;
	return ERR_OK;
}

static enum err_code
count(struct store *s, void *arg, struct err *err)
{
	return store_tally(s, add_count, arg, err);
}

static void finish(struct count_feed *f);

static void
on_counted(void *arg, const struct err *err)
{
	struct count_feed *f = arg;
	bool changed = !f->known || memcmp(f->states, f->fresh, sizeof f->states) != 0;

	f->asking = false;
	if (f->closed) {
		finish(f);
	} else if (!err && changed) {
		f->known = true;
		memcpy(f->states, f->fresh, sizeof f->states);
		tell_states(f, NULL);
	} else if (++f->quiet >= QUIET_PERIODS) {
		tell_all(f, slice_of(":\n\n"));
	}
}

static void
on_timer(uv_timer_t *timer)
{
	struct count_feed *f = timer->data;
	struct err err;

	if (f->nfollower == 0) {
		(void)uv_timer_stop(timer);
		f->known = false; /* until somebody follows again it grows old */
	} else if (!f->asking) {
		memset(f->fresh, 0, sizeof f->fresh);
		f->asking = store_async_start(f->reader, count, on_counted, f, &err) == ERR_OK;
	}
}

/* --- who follows --- */

static void
on_gone(void *arg, struct http_exchange *x)
{
	struct count_feed *f = arg;
	size_t i = 0;

	while (f->follower[i] != x)
		i++;
	f->follower[i] = f->follower[--f->nfollower];
}

void
count_feed_follow(struct count_feed *f, struct http_exchange *x)
{
	struct err err;

	if (f->nfollower == COUNT_FEED_FOLLOWERS_MAX) {
		(void)err_set(&err, ERR_LIMIT, "%d follow the events already",
		    COUNT_FEED_FOLLOWERS_MAX);
		http_exchange_fail(x, &err);
		return;
	}
	f->follower[f->nfollower++] = x;
	http_exchange_stream(x, "text/event-stream", on_gone, f);
	if (f->known)
		tell_states(f, x);
	if (!uv_is_active((uv_handle_t *)&f->timer))
		(void)uv_timer_start(&f->timer, on_timer, 0, PERIOD_MS);
}

/* --- life --- */

enum err_code
count_feed_new(struct uv_loop_s *loop, struct store_async *reader, struct count_feed **out,
    struct err *err)
{
	struct count_feed *f = calloc(1, sizeof *f);

	if (!f)
		return err_set(err, ERR_NOMEM, "events");
	f->reader = reader;
	(void)uv_timer_init(loop, &f->timer);
	f->timer.data = f;
	*out = f;
	return ERR_OK;
}

static void
finish(struct count_feed *f)
{
	void (*closed)(void *arg) = f->closed;
	void *arg = f->closed_arg;

	if (f->asking || !f->timer_closed)
		return;
	free(f);
	closed(arg);
}

static void
on_timer_closed(uv_handle_t *handle)
{
	struct count_feed *f = handle->data;

	f->timer_closed = true;
	finish(f);
}

void
count_feed_close(struct count_feed *f, void (*closed)(void *arg), void *arg)
{
	assert(f->nfollower == 0);
	f->closed = closed;
	f->closed_arg = arg;
	uv_close((uv_handle_t *)&f->timer, on_timer_closed);
}
