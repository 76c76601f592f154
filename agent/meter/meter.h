/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "auth/token_source.h"
#include "base/err.h"
#include "base/histogram.h"
#include "config/config.h"
#include "http/http_loop.h"
#include "store/device_state.h"

/*
 * What has happened since the program was started, as numbers that only grow. It belongs to the agent,
 * so that a reload, which begins another engine, loses none. What the store can say is not counted
 * here. Whoever counts does so where the thing happens, and nowhere else; all but meter_follow()
 * accept NULL for the meter or the customer: nobody counts then.
 *
 * Thread: the loop's.
 */
enum meter_api { METER_OAUTH, METER_PARTNER, METER_OEM, METER_HOOK, METER_NAPI };
enum meter_code { METER_2XX, METER_3XX, METER_4XX, METER_429, METER_5XX, METER_ERROR, METER_NCODE };
enum meter_version { METER_HTTP_1_0, METER_HTTP_1_1, METER_HTTP_2, METER_NVERSION };
enum meter_reason { METER_THROTTLED, METER_SERVER, METER_NETWORK, METER_AUTH, METER_NREASON };
enum meter_file { METER_ACCEPTED, METER_REJECTED, METER_NFILE };
enum meter_row { METER_QUEUED, METER_INVALID, METER_DUPLICATE, METER_NROW };
enum meter_batch { METER_TAKEN, METER_SETTLED, METER_SPLIT, METER_RETURNED, METER_NBATCH };
enum meter_hook { METER_TOLD, METER_FAILED, METER_GIVEN_UP, METER_NHOOK };

/* Words of the metrics' labels; static. */
const char *meter_api_name(enum meter_api api);
const char *meter_code_name(enum meter_code code);
const char *meter_version_name(enum meter_version version);
const char *meter_reason_name(enum meter_reason reason);
const char *meter_file_name(enum meter_file result);
const char *meter_row_name(enum meter_row result);
const char *meter_batch_name(enum meter_batch result);
const char *meter_hook_name(enum meter_hook result);

struct meter_exchange {
	uint64_t requests[METER_NCODE];
	uint64_t opened[METER_NVERSION]; /* connections */
	uint64_t sent_bytes;
	uint64_t received_bytes;
	uint64_t retries[METER_NREASON];
	struct histogram duration_us;
};

struct meter_customer {
	SLIST_ENTRY(meter_customer) link;
	char *name;
	bool configured;
	uint64_t files[METER_NFILE];
	uint64_t rows[METER_NROW];
	uint64_t batches[METER_NBATCH];
	uint64_t devices[NDEVICE_STATE]; /* that came to rest in this state */
	uint64_t throttled_ms;
	struct histogram
	    registration_ms; /* of devices that the service has: since their list came */
};

struct meter_partner {
	SLIST_ENTRY(meter_partner) link;
	char *name;
	bool configured;
	enum token_grant grant;
	struct token_counts tokens;
};

struct meter {
	struct meter_exchange api[METER_NAPI];
	struct histogram batch_devices;
	struct histogram loop_us; /* rounds of the loop, without the time it slept */
	uint64_t hooks[METER_NHOOK];
	uint64_t pings; /* that a service manager was given */
	SLIST_HEAD(, meter_customer) customers;
	SLIST_HEAD(, meter_partner) partners;
};

void meter_init(struct meter *m);

/* Nobody may count any more. */
void meter_done(struct meter *m);

/*
 * This configuration comes into force: its customers and partners are counted. Those that it does not
 * have any more keep their numbers, but are not told, until they come back; pointers to them stay good
 * until meter_done(). Errors: ERR_NOMEM; some are counted then, and it may be tried again.
 */
MUST_USE enum err_code meter_follow(struct meter *m, const struct config *c, struct err *err);

/* NULL: no configuration has ever had it. For whoever counts more than once. */
struct meter_customer *meter_customer(struct meter *m, const char *name);
struct meter_partner *meter_partner(struct meter *m, const char *name);

/* Those that the configuration has, in turn: the first after NULL; NULL: there are no more. */
const struct meter_customer *meter_next_customer(const struct meter *m,
    const struct meter_customer *after);
const struct meter_partner *meter_next_partner(const struct meter *m,
    const struct meter_partner *after);

/* An http_observe_fn; arg is the meter. What says nothing of its API is not counted. */
http_observe_fn meter_traffic;

/* rows: of a list that was taken, by what became of them. */
void meter_list(struct meter_customer *c, enum meter_file result, const uint64_t rows[METER_NROW]);

void meter_batch_sent(struct meter *m, uint64_t devices);
void meter_batch_end(struct meter_customer *c, enum meter_batch result);
void meter_device(struct meter_customer *c, enum device_state state, int64_t age_ms);
void meter_retry(struct meter *m, enum meter_api api, enum meter_reason reason);
void meter_throttle(struct meter_customer *c, int64_t for_ms);
void meter_hook(struct meter *m, enum meter_hook result);
void meter_ping(struct meter *m);
