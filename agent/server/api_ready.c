/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server/api_ready.h"

#include <stdio.h>
#include <stdlib.h>

#include "agent/server/api.h"
#include "agent/server/readiness.h"
#include "store/store_async.h"

enum { HTTP_OK = 200, HTTP_UNAVAILABLE = 503 };

/*
 * First the disks, then the store, each on a thread that may be blocked:
 *
 *	the agent ----> LOOK (reader) ----> WRITE (writer) ----> answer
 */
struct probe {
	struct http_exchange *x;
	struct agent *agent;
	struct readiness readiness;
};

static void
answer(struct probe *p)
{
	http_exchange_json(p->x, readiness_is_ready(&p->readiness) ? HTTP_OK : HTTP_UNAVAILABLE,
	    readiness_json(&p->readiness));
	free(p);
}

/* A group without a change: it takes the write lock, and writes nothing. */
static enum err_code
write_nothing(struct store *s, void *arg, struct err *err)
{
	(void)s;
	(void)arg;
	(void)err;
	return ERR_OK;
}

static void
on_written(void *arg, const struct err *err)
{
	struct probe *p = arg;

	readiness_note_store(&p->readiness, err);
	answer(p);
}

static enum err_code
look(struct store *s, void *arg, struct err *err)
{
	struct probe *p = arg;

	(void)s;
	(void)err;
	readiness_look(&p->readiness);
	return ERR_OK;
}

static void
on_looked(void *arg, const struct err *failed)
{
	struct probe *p = arg;
	struct err err;

	if (failed)
		on_written(p, failed);
	else if (store_async_start(agent_writer(p->agent), write_nothing, on_written, p, &err))
		on_written(p, &err);
}

static enum err_code
ask_agent(struct readiness *r, const struct agent *a, struct err *err)
{
	const struct config *c = agent_config(a);
	struct agent_config_status config;
	struct status_snapshot *s;

	if (status_snapshot_new(c, &s, err))
		return err->code;
	if (status_snapshot_ask_agent(s, a, err)) {
		status_snapshot_free(s);
		return err->code;
	}
	(void)snprintf(r->state_path, sizeof r->state_path, "%s", c->state);
	(void)snprintf(r->spool_path, sizeof r->spool_path, "%s", c->spool);
	agent_config_status(a, &config);
	readiness_ask_agent(r, &config, s);
	status_snapshot_free(s);
	return ERR_OK;
}

void
api_ready(void *arg, struct http_exchange *x)
{
	struct agent *a = api_agent(arg);
	struct probe *p = calloc(1, sizeof *p);
	struct err err;

	if (!p || ask_agent(&p->readiness, a, &err)) {
		http_exchange_fail(x, &(struct err){ ERR_NOMEM, "out of memory" });
		free(p);
		return;
	}
	p->x = x;
	p->agent = a;
	if (store_async_start(agent_reader(a), look, on_looked, p, &err))
		on_written(p, &err);
}
