/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server/event_feed.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "agent/records/records_json.h"
#include "agent/tools/json_out.h"
#include "base/buf.h"
#include "store/store.h"
#include "store/store_async.h"

enum {
	PERIOD_MS = 1000,
	CATCH_UP_MS = 20,    /* while somebody is behind the trail */
	QUIET_MS = 15000,    /* then a comment is sent, which shows who has hung up */
	STATES_MAX = 1024,   /* bytes */
	EVENTS_AT_ONCE = 64, /* of which at least one is far smaller than what may be behind */
	EVENTS_BYTES = HTTP_STREAM_BEHIND_MAX / 2,
};

struct follower {
	struct http_exchange *x; /* NULL: nobody, or gone */
	bool asked;              /* the store's thread has what follows */
	bool full;               /* there is more of the trail */
	int64_t after;           /* -1: the newest */
	struct buf text;
};

struct event_feed {
	struct store_async *reader;
	uv_timer_t timer; /* runs while somebody follows */
	struct follower follower[EVENT_FEED_FOLLOWERS_MAX];
	uint64_t spoken_ms; /* when something was last sent to all */
	uint64_t counted_ms;

	bool known; /* states has been read */
	uint64_t states[NDEVICE_STATE];
	bool asking; /* the store's thread has this: */
	struct follower *turn[EVENT_FEED_FOLLOWERS_MAX];
	size_t nturn;
	bool counting;
	uint64_t fresh[NDEVICE_STATE];

	bool timer_closed;
	void (*closed)(void *arg); /* NULL: not closing */
	void *closed_arg;
};

/* --- telling --- */

static void
write_states(const struct event_feed *f, struct buf *out)
{
	buf_add_str(out, "event: states\ndata: {");
	for (int i = 0; i < NDEVICE_STATE; i++)
		buf_addf(out, "%s\"%s\":%" PRIu64, i > 0 ? "," : "",
		    device_state_name((enum device_state)i), f->states[i]);
	buf_add_str(out, "}\n\n");
}

static void
tell_all(struct event_feed *f, struct slice text)
{
	f->spoken_ms = uv_now(f->timer.loop);
	for (size_t i = 0; i < EVENT_FEED_FOLLOWERS_MAX; i++) {
		if (f->follower[i].x)
			http_exchange_push(f->follower[i].x, text);
	}
}

/* x NULL: all. */
static void
tell_states(struct event_feed *f, struct http_exchange *x)
{
	struct buf event;

	buf_init(&event, STATES_MAX);
	write_states(f, &event);
	if (x)
		http_exchange_push(x, buf_slice(&event));
	else
		tell_all(f, buf_slice(&event));
	buf_done(&event);
}

/* True: there is more of the trail for somebody. */
static bool
tell_trail(struct event_feed *f)
{
	bool behind = false;

	for (size_t i = 0; i < f->nturn; i++) {
		struct follower *to = f->turn[i];

		if (to->x && to->text.len > 0)
			http_exchange_push(to->x, buf_slice(&to->text));
		behind = behind || (to->x && to->full);
		to->asked = false;
		to->full = false;
		buf_done(&to->text);
	}
	return behind;
}

/* --- asking --- */

static enum err_code
add_count(void *arg, struct slice customer, enum device_state state, uint64_t n, struct err *err)
{
	struct event_feed *f = arg;

	(void)customer;
	(void)err;
	f->fresh[state] += n;
	return ERR_OK;
}

static enum err_code
add_event(void *arg, const struct store_event *e, struct err *err)
{
	struct follower *to = arg;

	if (to->full || to->text.len >= EVENTS_BYTES) {
		to->full = true;
		return ERR_OK;
	}
	buf_addf(&to->text, "id: %" PRId64 "\nevent: trail\ndata: ", e->id);
	if (json_out_add(&to->text, records_json_event(e), err))
		return err->code;
	buf_add_str(&to->text, "\n\n");
	to->after = e->id;
	return buf_check(&to->text, err);
}

static enum err_code
read_trail(struct store *s, struct follower *to, struct err *err)
{
	int64_t before = to->after;
	const struct store_event_query query = { .after = before, .limit = EVENTS_AT_ONCE };

	if (before < 0)
		return store_event_newest(s, &to->after, err);
	if (store_events(s, &query, add_event, to, err)) {
		to->after = before;
		buf_reset(&to->text);
		return err->code;
	}
	to->full = to->full || to->after - before >= EVENTS_AT_ONCE;
	return ERR_OK;
}

static enum err_code
ask(struct store *s, void *arg, struct err *err)
{
	struct event_feed *f = arg;

	for (size_t i = 0; i < f->nturn; i++) {
		if (read_trail(s, f->turn[i], err))
			return err->code;
	}
	return f->counting ? store_tally(s, add_count, f, err) : ERR_OK;
}

static void finish(struct event_feed *f);
static void on_timer(uv_timer_t *timer);

static void
take_states(struct event_feed *f)
{
	bool changed = !f->known || memcmp(f->states, f->fresh, sizeof f->states) != 0;

	if (!f->counting || !changed)
		return;
	f->known = true;
	memcpy(f->states, f->fresh, sizeof f->states);
	tell_states(f, NULL);
}

static void
on_answer(void *arg, const struct err *err)
{
	struct event_feed *f = arg;
	bool behind;

	f->asking = false;
	behind = tell_trail(f);
	if (f->closed) {
		finish(f);
		return;
	}
	if (!err)
		take_states(f);
	if (uv_now(f->timer.loop) - f->spoken_ms >= QUIET_MS)
		tell_all(f, slice_of(":\n\n"));
	(void)uv_timer_start(&f->timer, on_timer, behind ? CATCH_UP_MS : PERIOD_MS, 0);
}

/* How many there are. Who has not taken what there was is given nothing new. */
static size_t
choose_followers(struct event_feed *f)
{
	size_t n = 0;

	f->nturn = 0;
	for (size_t i = 0; i < EVENT_FEED_FOLLOWERS_MAX; i++) {
		struct follower *to = &f->follower[i];

		n += to->x != NULL;
		to->asked = to->x && http_exchange_behind(to->x) == 0;
		if (to->asked)
			f->turn[f->nturn++] = to;
	}
	return n;
}

static void
on_timer(uv_timer_t *timer)
{
	struct event_feed *f = timer->data;
	uint64_t now = uv_now(timer->loop);
	struct err err;

	if (choose_followers(f) == 0) {
		f->known = false; /* until somebody follows again it grows old */
		return;
	}
	f->counting = !f->known || now - f->counted_ms >= PERIOD_MS;
	if (f->counting) {
		f->counted_ms = now;
		memset(f->fresh, 0, sizeof f->fresh);
	}
	f->asking = store_async_start(f->reader, ask, on_answer, f, &err) == ERR_OK;
	if (!f->asking) {
		(void)tell_trail(f);
		(void)uv_timer_start(timer, on_timer, PERIOD_MS, 0);
	}
}

/* --- who follows --- */

static void
on_gone(void *arg, struct http_exchange *x)
{
	struct event_feed *f = arg;
	size_t i = 0;

	while (f->follower[i].x != x)
		i++;
	f->follower[i].x = NULL;
}

/* NULL: all places are taken. One that the store's thread still has is not free. */
static struct follower *
find_place(struct event_feed *f)
{
	for (size_t i = 0; i < EVENT_FEED_FOLLOWERS_MAX; i++) {
		if (!f->follower[i].x && !f->follower[i].asked)
			return &f->follower[i];
	}
	return NULL;
}

void
event_feed_follow(struct event_feed *f, struct http_exchange *x, int64_t after)
{
	struct follower *place = find_place(f);
	struct err err;

	if (!place) {
		(void)err_set(&err, ERR_LIMIT, "%d follow the events already",
		    EVENT_FEED_FOLLOWERS_MAX);
		http_exchange_fail(x, &err);
		return;
	}
	*place = (struct follower){ .x = x, .after = after };
	buf_init(&place->text, HTTP_STREAM_BEHIND_MAX);
	http_exchange_stream(x, "text/event-stream", on_gone, f);
	if (f->known)
		tell_states(f, x);
	if (!f->asking)
		(void)uv_timer_start(&f->timer, on_timer, 0, 0);
}

/* --- life --- */

enum err_code
event_feed_new(struct uv_loop_s *loop, struct store_async *reader, struct event_feed **out,
    struct err *err)
{
	struct event_feed *f = calloc(1, sizeof *f);

	if (!f)
		return err_set(err, ERR_NOMEM, "events");
	f->reader = reader;
	(void)uv_timer_init(loop, &f->timer);
	f->timer.data = f;
	*out = f;
	return ERR_OK;
}

static void
finish(struct event_feed *f)
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
	struct event_feed *f = handle->data;

	f->timer_closed = true;
	finish(f);
}

void
event_feed_close(struct event_feed *f, void (*closed)(void *arg), void *arg)
{
	for (size_t i = 0; i < EVENT_FEED_FOLLOWERS_MAX; i++)
		assert(!f->follower[i].x);
	f->closed = closed;
	f->closed_arg = arg;
	uv_close((uv_handle_t *)&f->timer, on_timer_closed);
}
