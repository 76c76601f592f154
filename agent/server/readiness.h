/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "agent/server/status_snapshot.h"
#include "base/err.h"

/*
 * Whether the agent can do its work, and if not what has to be done: for load balancers, service
 * managers and people. Each check is taken where it can be known; one that was not taken is not told.
 * A plain value.
 */
enum readiness_check {
	READINESS_CONFIGURATION,
	READINESS_CREDENTIALS,
	READINESS_STORE,
	READINESS_DISK,
	READINESS_SPOOL,
	NREADINESS,
};

enum readiness_state {
	READINESS_UNKNOWN, /* not taken */
	READINESS_OK,
	READINESS_WARNING, /* it works, but somebody should look */
	READINESS_FAILED,  /* it does not */
};

enum { READINESS_PATH_SIZE = 4096 };

struct readiness {
	char state_path[READINESS_PATH_SIZE];
	char spool_path[READINESS_PATH_SIZE];
	struct {
		enum readiness_state state;
		char reason[256]; /* of a warning or a failure */
		const char *advice;
	} check[NREADINESS];
};

/*
 * What a running agent knows. config: which one it has, read at another time than it was refused, if it
 * was; s: after status_snapshot_ask_agent().
 */
void readiness_ask_agent(struct readiness *r, const struct agent_config_status *config,
    const struct status_snapshot *s);

/* err: NULL, or why nothing can be made durable. */
void readiness_note_store(struct readiness *r, const struct err *err);

/* The disks below state_path and spool_path. Blocks. */
void readiness_look(struct readiness *r);

/* Has no check failed? */
bool readiness_is_ready(const struct readiness *r);

/* {"ready": …, "checks": […]}; NULL: no memory. */
json_t *readiness_json(const struct readiness *r);
