/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/meter/loop_lag.h"

#include <stdint.h>
#include <stdlib.h>
#include <uv.h>

/*
 * libuv calls what is ready from inside its poll, between its "prepare" and its "check": so the time
 * between these two is sleep and work together. It can say itself how much of it was sleep.
 */
struct loop_lag {
	uv_prepare_t prepare;
	struct histogram *rounds;
	uint64_t at_ns;    /* when the last round ended; 0: there was none */
	uint64_t slept_ns; /* until then, in all */
};

static void
on_prepare(uv_prepare_t *handle)
{
	struct loop_lag *l = handle->data;
	uint64_t now_ns = uv_hrtime(), slept_ns = uv_metrics_idle_time(handle->loop);

	if (l->at_ns > 0) {
		uint64_t took_ns = now_ns - l->at_ns, slept = slept_ns - l->slept_ns;

		histogram_add(l->rounds, took_ns > slept ? (took_ns - slept) / 1000 : 0);
	}
	l->at_ns = now_ns;
	l->slept_ns = slept_ns;
}

struct loop_lag *
loop_lag_new(struct uv_loop_s *loop, struct histogram *rounds)
{
	struct loop_lag *l = calloc(1, sizeof *l);

	if (!l)
		return NULL;
	l->rounds = rounds;
	(void)uv_loop_configure(loop, UV_METRICS_IDLE_TIME);
	(void)uv_prepare_init(loop, &l->prepare);
	l->prepare.data = l;
	(void)uv_prepare_start(&l->prepare, on_prepare);
	uv_unref((uv_handle_t *)&l->prepare);
	return l;
}

static void
on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void
loop_lag_close(struct loop_lag *l)
{
	if (l)
		uv_close((uv_handle_t *)&l->prepare, on_closed);
}
