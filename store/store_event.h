/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"

/*
 * What happened: the store's audit trail, which is only ever appended to. It is a part of
 * store/store.h, whose rules hold here as well.
 */
struct store;

/* Texts may be empty, numbers 0: then it is not about that. */
struct store_event {
	int64_t id;         /* ascending, and never used again; ignored by add */
	int64_t at_unix_ms; /* ignored by add */
	struct slice kind;  /* "consent_granted" */
	struct slice actor; /* "agent", or who ordered it: "uid 1000" */
	struct slice customer;
	struct slice partner;
	int64_t list;
	struct slice serial;
	struct slice request_id;
	struct slice correlation_id;
	struct slice message; /* a line for people */
};

MUST_USE enum err_code store_event_add(struct store *s, const struct store_event *e,
    struct err *err);

/* Empty or 0: any. */
struct store_event_query {
	int64_t after;
	struct slice kind;
	struct slice customer;
	struct slice serial; /* in any case of ASCII letters */
	uint64_t limit;
	bool newest; /* of more than limit the newest, still in their order */
};

/* Slices hold during the call. An error from it ends the query. */
typedef enum err_code store_event_fn(void *arg, const struct store_event *e, struct err *err);

/* In their order. */
MUST_USE enum err_code store_events(struct store *s, const struct store_event_query *q,
    store_event_fn *fn, void *arg, struct err *err);

/* How far a reader of the trail has come, by the reader's name. 0: it has read nothing. */
MUST_USE enum err_code store_cursor_save(struct store *s, struct slice reader, int64_t event,
    struct err *err);
MUST_USE enum err_code store_cursor_load(struct store *s, struct slice reader, int64_t *event,
    struct err *err);

/* The newest event; 0: there is none. */
MUST_USE enum err_code store_event_newest(struct store *s, int64_t *event, struct err *err);
