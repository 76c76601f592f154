/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "agent/commands/options.h"
#include "agent/engine/agent.h"

/*
 * A process around an agent: the loop, the signals, the end. SIGTERM and SIGINT stop it, a second
 * one at once; SIGHUP reads the configuration again. If stopping takes too long, the process ends
 * without waiting: whatever was in flight is in the store, as unknown.
 */
struct agent_host;

struct agent_host_options {
	const struct options *options;
	bool daemon;
	void *arg;
	/* The agent is open. Errors: it is stopped again, and the command fails with them. */
	enum err_code (*on_open)(void *arg, struct agent_host *host, struct err *err);
	void (*on_list_done)(void *arg, int64_t list); /* may be NULL */
	void (*on_stop)(void *arg);                    /* stopping begins; may be NULL */
	void (*on_change)(void *arg);                  /* as those of agent_options */
	void (*on_progress)(void *arg);
	void (*on_failure)(void *arg, const struct err *err); /* it cannot begin; may be NULL */
	/* As in agent_options; may be NULL. */
	enum err_code (*on_reload)(void *arg, const struct config *next, struct err *err);
};

/* Takes config over. Returns the exit code of the command, after having told what failed. */
int agent_host_run(const struct agent_host_options *opt, struct config *config);

/* Ends it, once; the first exit code counts. */
void agent_host_stop(struct agent_host *host, int exit_code);

struct agent *agent_host_agent(struct agent_host *host);
struct uv_loop_s *agent_host_loop(struct agent_host *host);
