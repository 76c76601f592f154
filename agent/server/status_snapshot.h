/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "agent/engine/agent.h"
#include "config/config.h"
#include "store/store.h"

/*
 * How things stand, taken in steps because one half is known on the loop's thread and the other on
 * the store's. A plain value: it refers to nothing that may change meanwhile.
 */
struct status_customer {
	const char *name;
	const char *via;      /* "partner/northwind"; what a hold may stand under */
	const char *consent;  /* "granted", "withdrawn", "unknown" */
	const char *held_for; /* NULL: nothing holds it */
	const char *held_message;
	int64_t next_unix_ms; /* when something is due for it; 0: nothing is, or nobody knows */
	unsigned in_flight;
	int64_t paused_until_unix_ms; /* 0, or in the past: it is not */
	uint64_t states[NDEVICE_STATE];
};

struct status_partner {
	const char *name;
	const char *token; /* "valid", "none", "refused"; NULL: no agent is there to know */
	const char *message;
	int64_t expires_unix_ms;   /* 0: there is none */
	const char *account;       /* who has signed in; NULL: nobody knows */
	int64_t signed_in_unix_ms; /* 0: nobody has, or nobody knows when */
	bool signed_in;            /* there is something that tokens can be asked for with */
	int64_t certificate_until_unix_ms; /* 0: there is none, or nobody knows */
	int64_t good_until_unix_ms;        /* of the sign-in, if nobody uses it; 0: there is none */
};

struct status_oem {
	const char *name;
	const char *credential; /* "valid", "refused", "expired"; NULL: no agent is there to know */
	const char *message;
	int64_t certificate_until_unix_ms; /* 0: there is none, or nobody knows */
};

struct status_snapshot {
	bool running;
	struct status_customer *customer;
	size_t ncustomer;
	struct status_partner *partner;
	size_t npartner;
	struct status_oem *oem;
	size_t noem;
	uint64_t login_lifetime_ms;
	uint64_t queued;
	int64_t oldest_unix_ms; /* of what is queued; 0: nothing is */
	struct arena arena;     /* owns all of it */
};

/* The customers, partners and makers of a configuration, of which nothing is known yet. Errors: ERR_NOMEM. */
MUST_USE enum err_code status_snapshot_new(const struct config *c, struct status_snapshot **out,
    struct err *err);

/* What a running agent knows, which has the same configuration; on the loop's thread. */
MUST_USE enum err_code status_snapshot_ask_agent(struct status_snapshot *s, const struct agent *a,
    struct err *err);

/* How many devices are in which state, and who has signed in. Blocks. Errors: those of the store. */
MUST_USE enum err_code status_snapshot_count(struct status_snapshot *s, struct store *store,
    struct err *err);

/* Without an agent: what its store tells of consent and holds. Blocks. Errors: those of the store. */
MUST_USE enum err_code status_snapshot_ask_store(struct status_snapshot *s, struct store *store,
    struct err *err);

/* In the shape that scripts rely on. NULL: no memory. */
json_t *status_snapshot_json(const struct status_snapshot *s);

/* Accepts NULL. */
void status_snapshot_free(struct status_snapshot *s);
