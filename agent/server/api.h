/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "agent/engine/agent.h"
#include "base/err.h"

/*
 * What the daemon answers and takes over HTTP: questions on its TCP address and its control socket,
 * orders on the socket only. The table of paths is in api.c.
 *
 * Thread: the loop's.
 */
struct api;
struct gate_desk;
struct uv_loop_s;

/* What listens already where the agent's configuration says; 0: nothing. */
struct api_sockets {
	int http;
	int control;
};

/*
 * Listens where the agent's configuration says. The sockets are taken over, also on error. Errors:
 * those of http_server_open(); *out is untouched then, and the loop has to run once more.
 */
MUST_USE enum err_code api_open(struct uv_loop_s *loop, struct agent *a,
    const struct api_sockets *sockets, struct api **out, struct err *err);

/*
 * Another configuration is about to be in force: who may ask over TCP, and what we show for it, is what
 * it says from now on. Errors: those of http_access_new() and http_server_set_access(); nothing has
 * changed then.
 */
MUST_USE enum err_code api_reload(struct api *api, const struct config *next, struct err *err);

/*
 * To be called before agent_stop(), which may follow at once: no new request reaches the agent, and
 * those that it has are answered when it answers. Then everything is closed and freed, and closed
 * (may be NULL) is called on the loop thread, never inside close.
 */
void api_close(struct api *api, void (*closed)(void *arg), void *arg);

/* ---- For the handlers ----------------------------------------------------------------------------- */

struct agent *api_agent(const struct api *api);
struct gate_desk *api_gate_desk(const struct api *api);
const char *api_folder(const struct api *api); /* for temporary files; outlives all exchanges */
int64_t api_started_unix_ms(const struct api *api);
/* When the certificate that we show over TCP ends; 0: there is none. */
int64_t api_certificate_until_unix_ms(const struct api *api);
