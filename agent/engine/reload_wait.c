/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/reload_wait.h"

#include <stdlib.h>
#include <uv.h>

struct reload_wait {
	uv_timer_t patience;
	reload_wait_fn *done; /* NULL: it was told */
	void *arg;
	struct err why; /* code ERR_OK: it has not failed */
};

static void
tell(struct reload_wait *w, const struct err *why)
{
	reload_wait_fn *done = w->done;

	w->done = NULL;
	done(w->arg, why);
}

static void
on_patience(uv_timer_t *timer)
{
	struct err err;

	(void)err_set(&err, ERR_BUSY,
	    "what was under way has not ended yet; the new configuration comes into force when it "
	    "does, see 'autoreg status'");
	tell(timer->data, &err);
}

enum err_code
reload_wait_start(struct uv_loop_s *loop, uint64_t patience_ms, reload_wait_fn *done, void *arg,
    struct reload_wait **out, struct err *err)
{
	struct reload_wait *w = calloc(1, sizeof *w);

	if (!w)
		return err_set(err, ERR_NOMEM, "reload");
	w->done = done;
	w->arg = arg;
	(void)uv_timer_init(loop, &w->patience);
	w->patience.data = w;
	(void)uv_timer_start(&w->patience, on_patience, patience_ms, 0);
	*out = w;
	return ERR_OK;
}

static void
on_closed(uv_handle_t *handle)
{
	struct reload_wait w = *(struct reload_wait *)handle->data;

	free(handle->data);
	if (w.done)
		tell(&w, w.why.code ? &w.why : NULL);
}

void
reload_wait_end(struct reload_wait *w, const struct err *why)
{
	if (!w)
		return;
	if (why)
		w->why = *why;
	uv_close((uv_handle_t *)&w->patience, on_closed);
}
