/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/engine/agent.h"
#include "agent/server/status_snapshot.h"
#include "base/err.h"
#include "store/store.h"

/*
 * What metrics tell: how things stand, and what else the store knows. Taken in steps, as a
 * status_snapshot is. A plain value.
 */
struct metric_facts {
	struct status_snapshot *status;
	int64_t *consent_checked_unix_ms; /* by customer, as those of status; 0: never */
	uint64_t *claims;                 /* by customer: not released */
	int64_t *login_until_unix_ms;     /* by partner; 0: nobody has signed in */
	uint64_t login_lifetime_ms;
	uint64_t store_bytes;
	uint64_t wal_bytes;
	int64_t started_unix_ms;
	int64_t now_unix_ms;
	struct agent_config_status config;
};

/* What a running agent knows; on the loop's thread. Errors: ERR_NOMEM; *out is untouched then. */
MUST_USE enum err_code metric_facts_new(const struct agent *a, struct metric_facts **out,
    struct err *err);

/* What its store knows. Blocks. Errors: those of the store. */
MUST_USE enum err_code metric_facts_read(struct metric_facts *f, struct store *s, struct err *err);

/* Accepts NULL. */
void metric_facts_free(struct metric_facts *f);
