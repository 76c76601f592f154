/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"

/*
 * Devices that others hold. It is a part of store/store.h, whose rules hold here as well.
 */
struct store;

/* A claim: from the first time that the service said so. It stays when the device is released. */
struct store_claim {
	int64_t device;
	struct slice serial;
	struct slice manufacturer;
	struct slice model;
	struct slice customer;
	struct slice tag;
	int64_t since_unix_ms;
	int64_t asked_unix_ms;    /* when the service last said so */
	int64_t ask_unix_ms;      /* when it is asked again; 0: not by itself */
	int64_t released_unix_ms; /* 0: it is not */
	bool stopped;             /* a person said: do not ask */
	uint32_t attempts;        /* how often the service said so */
	int32_t code;
	struct slice name;
	struct slice request_id;
	struct slice correlation_id;
	struct slice case_number; /* of support; may be empty */
	struct slice note;
};
typedef enum err_code store_claim_fn(void *arg, const struct store_claim *c, struct err *err);

/* Empty means any. */
struct store_claim_query {
	struct slice serial; /* in any case of ASCII letters */
	struct slice customer;
	bool released;  /* those that were released as well */
	uint64_t limit; /* 0: no limit */
};

/* Oldest first. */
MUST_USE enum err_code store_claims(struct store *s, const struct store_claim_query *q,
    store_claim_fn *fn, void *arg, struct err *err);

enum store_claim_part { CLAIM_CASE, CLAIM_NOTE, CLAIM_STOP, CLAIM_RESUME };

/*
 * Changes claims that match and are not released; n counts them. text: of CLAIM_CASE and CLAIM_NOTE.
 * CLAIM_RESUME has them asked at now_unix_ms. The event is the caller's.
 */
MUST_USE enum err_code store_claim_change(struct store *s, const struct store_claim_query *q,
    enum store_claim_part part, struct slice text, int64_t now_unix_ms, uint64_t *n,
    struct err *err);

/* When a customer's next claim is to be asked about; customers without any are left out. */
typedef enum err_code store_claim_due_fn(void *arg, struct slice customer, int64_t ask_unix_ms,
    struct err *err);
MUST_USE enum err_code store_claims_due(struct store *s, store_claim_due_fn *fn, void *arg,
    struct err *err);

/*
 * Queues the claimed devices of a customer that are to be asked about until then, attempts
 * forgotten. *n: how many.
 */
MUST_USE enum err_code store_claims_ask(struct store *s, struct slice customer,
    int64_t until_unix_ms, uint64_t *n, struct err *err);
