/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/engine/agent.h"
#include "agent/intake/spool_census.h"
#include "agent/server/process_facts.h"
#include "agent/server/status_snapshot.h"
#include "base/err.h"
#include "store/store.h"
#include "store/store_async.h"

/* Where the agent writes. */
enum { METRIC_DISK_STATE, METRIC_DISK_SPOOL, METRIC_NDISK };

struct metric_disk {
	const char *name; /* "state", "spool" */
	const char *path;
	bool known; /* it could be looked at */
	uint64_t free_bytes;
};

/*
 * What metrics tell: how things stand, what has happened, and what else the store, the disks and the
 * machine know. Taken in steps, as a status_snapshot is. A plain value, but for the meter.
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
	int64_t certificate_until_unix_ms; /* that is shown to those who ask; 0: there is none */
	int64_t now_unix_ms;
	struct agent_config_status config;
	const struct meter *meter; /* of the agent: for the loop's thread only */
	struct store_async_stats writer, reader;
	struct metric_disk disk[METRIC_NDISK];
	bool spool_known; /* it could be looked at */
	struct spool_census spool;
	struct process_facts process;
};

/* What a running agent knows; on the loop's thread. Errors: ERR_NOMEM; *out is untouched then. */
MUST_USE enum err_code metric_facts_new(struct agent *a, struct metric_facts **out,
    struct err *err);

/*
 * What its store knows, and the disks and the machine. Blocks. Errors: ERR_NOMEM, those of the store;
 * the others tell nothing of what they cannot.
 */
MUST_USE enum err_code metric_facts_read(struct metric_facts *f, struct store *s, struct err *err);

/* Accepts NULL. */
void metric_facts_free(struct metric_facts *f);
