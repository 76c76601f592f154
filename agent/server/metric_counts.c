/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server/metric_counts.h"

#include "agent/meter/meter.h"
#include "store/store_async.h"

enum { MS = 1000, US = 1000000 }; /* parts of a second */

/* --- lists --- */

static void
put_files(const struct metric_facts *f, const char *name, struct buf *out)
{
	const struct meter_customer *c = NULL;

	while ((c = meter_next_customer(f->meter, c))) {
		for (int k = 0; k < METER_NFILE; k++)
			metric_text_number(out, name,
			    METRIC_LABELS("customer", c->name, "result",
			        meter_file_name((enum meter_file)k)),
			    c->files[k]);
	}
}

static void
put_rows(const struct metric_facts *f, const char *name, struct buf *out)
{
	const struct meter_customer *c = NULL;

	while ((c = meter_next_customer(f->meter, c))) {
		for (int k = 0; k < METER_NROW; k++)
			metric_text_number(out, name,
			    METRIC_LABELS("customer", c->name, "result",
			        meter_row_name((enum meter_row)k)),
			    c->rows[k]);
	}
}

/* --- sending --- */

/* Those of the states in which a device comes to rest. */
static void
put_devices(const struct metric_facts *f, const char *name, struct buf *out)
{
	static const enum device_state rest[] = { DEVICE_REGISTERED, DEVICE_READY, DEVICE_CLAIMED,
		DEVICE_FAILED, DEVICE_HELD };
	const struct meter_customer *c = NULL;

	while ((c = meter_next_customer(f->meter, c))) {
		for (size_t k = 0; k < sizeof rest / sizeof rest[0]; k++)
			metric_text_number(out, name,
			    METRIC_LABELS("customer", c->name, "result",
			        device_state_name(rest[k])),
			    c->devices[rest[k]]);
	}
}

static void
put_registration(const struct metric_facts *f, const char *name, struct buf *out)
{
	const struct meter_customer *c = NULL;

	while ((c = meter_next_customer(f->meter, c)))
		metric_text_histogram(out, name, METRIC_LABELS("customer", c->name),
		    &c->registration_ms, MS);
}

static void
put_batches(const struct metric_facts *f, const char *name, struct buf *out)
{
	const struct meter_customer *c = NULL;

	while ((c = meter_next_customer(f->meter, c))) {
		for (int k = 0; k < METER_NBATCH; k++)
			metric_text_number(out, name,
			    METRIC_LABELS("customer", c->name, "result",
			        meter_batch_name((enum meter_batch)k)),
			    c->batches[k]);
	}
}

static void
put_batch_devices(const struct metric_facts *f, const char *name, struct buf *out)
{
	metric_text_histogram(out, name, METRIC_LABELS(NULL), &f->meter->batch_devices, 1);
}

static void
put_throttled(const struct metric_facts *f, const char *name, struct buf *out)
{
	const struct meter_customer *c = NULL;

	while ((c = meter_next_customer(f->meter, c)))
		metric_text_scaled(out, name, METRIC_LABELS("customer", c->name), c->throttled_ms,
		    MS);
}

/* Of services that devices are sent to. */
static void
put_retries(const struct metric_facts *f, const char *name, struct buf *out)
{
	static const enum meter_api api[] = { METER_PARTNER, METER_OEM };

	for (size_t i = 0; i < sizeof api / sizeof api[0]; i++) {
		for (int k = 0; k < METER_NREASON; k++)
			metric_text_number(out, name,
			    METRIC_LABELS("api", meter_api_name(api[i]), "reason",
			        meter_reason_name((enum meter_reason)k)),
			    f->meter->api[api[i]].retries[k]);
	}
}

/* --- requests --- */

static void
put_requests(const struct metric_facts *f, const char *name, struct buf *out)
{
	for (int i = 0; i < METER_NAPI; i++) {
		for (int k = 0; k < METER_NCODE; k++)
			metric_text_number(out, name,
			    METRIC_LABELS("api", meter_api_name((enum meter_api)i), "code",
			        meter_code_name((enum meter_code)k)),
			    f->meter->api[i].requests[k]);
	}
}

static void
put_durations(const struct metric_facts *f, const char *name, struct buf *out)
{
	for (int i = 0; i < METER_NAPI; i++)
		metric_text_histogram(out, name,
		    METRIC_LABELS("api", meter_api_name((enum meter_api)i)),
		    &f->meter->api[i].duration_us, US);
}

static void
put_sent(const struct metric_facts *f, const char *name, struct buf *out)
{
	for (int i = 0; i < METER_NAPI; i++)
		metric_text_number(out, name,
		    METRIC_LABELS("api", meter_api_name((enum meter_api)i)),
		    f->meter->api[i].sent_bytes);
}

static void
put_received(const struct metric_facts *f, const char *name, struct buf *out)
{
	for (int i = 0; i < METER_NAPI; i++)
		metric_text_number(out, name,
		    METRIC_LABELS("api", meter_api_name((enum meter_api)i)),
		    f->meter->api[i].received_bytes);
}

static void
put_opened(const struct metric_facts *f, const char *name, struct buf *out)
{
	for (int i = 0; i < METER_NAPI; i++) {
		for (int k = 0; k < METER_NVERSION; k++)
			metric_text_number(out, name,
			    METRIC_LABELS("api", meter_api_name((enum meter_api)i), "version",
			        meter_version_name((enum meter_version)k)),
			    f->meter->api[i].opened[k]);
	}
}

static void
put_refreshes(const struct metric_facts *f, const char *name, struct buf *out)
{
	const struct meter_partner *p = NULL;

	while ((p = meter_next_partner(f->meter, p))) {
		const char *grant =
		    p->grant == TOKEN_REFRESH ? "refresh_token" : "client_credentials";

		metric_text_number(out, name,
		    METRIC_LABELS("partner", p->name, "grant", grant, "result", "ok"),
		    p->tokens.ok);
		metric_text_number(out, name,
		    METRIC_LABELS("partner", p->name, "grant", grant, "result", "failed"),
		    p->tokens.failed);
	}
}

static void
put_hooks(const struct metric_facts *f, const char *name, struct buf *out)
{
	for (int k = 0; k < METER_NHOOK; k++)
		metric_text_number(out, name,
		    METRIC_LABELS("result", meter_hook_name((enum meter_hook)k)),
		    f->meter->hooks[k]);
}

/* --- the store, and the loop --- */

static void
put_commits(const struct metric_facts *f, const char *name, struct buf *out)
{
	metric_text_histogram(out, name, METRIC_LABELS(NULL), &f->writer.commit_us, US);
}

static void
put_checkpoints(const struct metric_facts *f, const char *name, struct buf *out)
{
	metric_text_number(out, name, METRIC_LABELS("result", "ok"), f->writer.checkpoints[1]);
	metric_text_number(out, name, METRIC_LABELS("result", "failed"), f->writer.checkpoints[0]);
}

static void
put_troubles(const struct metric_facts *f, const char *name, struct buf *out)
{
	static const char *const kind[STORE_NTROUBLE] = {
		[STORE_TROUBLE_IO] = "io",
		[STORE_TROUBLE_BUSY] = "busy",
		[STORE_TROUBLE_DAMAGED] = "damaged",
		[STORE_TROUBLE_MEMORY] = "memory",
	};

	for (size_t i = 0; i < STORE_NTROUBLE; i++)
		metric_text_number(out, name, METRIC_LABELS("kind", kind[i]),
		    f->writer.trouble[i] + f->reader.trouble[i]);
}

static void
put_lag(const struct metric_facts *f, const char *name, struct buf *out)
{
	metric_text_histogram(out, name, METRIC_LABELS(NULL), &f->meter->loop_us, US);
}

static void
put_pings(const struct metric_facts *f, const char *name, struct buf *out)
{
	metric_text_number(out, name, METRIC_LABELS(NULL), f->meter->pings);
}

static const struct metric_family family[] = {
	{ "autoreg_files_total", METRIC_COUNTER,
	    "Files that were given as lists, by what became of them", put_files },
	{ "autoreg_file_rows_total", METRIC_COUNTER, "Rows of lists, by what became of them",
	    put_rows },
	{ "autoreg_devices_settled_total", METRIC_COUNTER,
	    "Devices that came to rest, by the state in which they did", put_devices },
	{ "autoreg_device_registration_seconds", METRIC_HISTOGRAM,
	    "How long after its list had come the service had a device", put_registration },
	{ "autoreg_batches_total", METRIC_COUNTER,
	    "Batches that the service accepted, that were settled, split or returned to the queue",
	    put_batches },
	{ "autoreg_batch_devices", METRIC_HISTOGRAM, "Devices of each new batch that was sent",
	    put_batch_devices },
	{ "autoreg_throttled_seconds_total", METRIC_COUNTER,
	    "For how long services have asked to wait with the customer's devices", put_throttled },
	{ "autoreg_retries_total", METRIC_COUNTER,
	    "Answers after which a batch had to be sent or asked about again", put_retries },
	{ "autoreg_http_requests_total", METRIC_COUNTER,
	    "Requests, by what answered; error: nothing did", put_requests },
	{ "autoreg_http_request_duration_seconds", METRIC_HISTOGRAM,
	    "From the first byte of a request to the last of its answer", put_durations },
	{ "autoreg_http_sent_bytes_total", METRIC_COUNTER, "What requests have sent, without TLS",
	    put_sent },
	{ "autoreg_http_received_bytes_total", METRIC_COUNTER,
	    "What answers have brought, without TLS", put_received },
	{ "autoreg_http_connections_opened_total", METRIC_COUNTER,
	    "Connections that were opened and brought an answer", put_opened },
	{ "autoreg_token_refreshes_total", METRIC_COUNTER,
	    "Requests for an access token of the partner", put_refreshes },
	{ "autoreg_hook_calls_total", METRIC_COUNTER,
	    "Calls of the hook; given_up: events that it will not be told of", put_hooks },
	{ "autoreg_store_commit_duration_seconds", METRIC_HISTOGRAM,
	    "How long it took to make a group of changes durable", put_commits },
	{ "autoreg_store_checkpoints_total", METRIC_COUNTER,
	    "How often a long write-ahead log was moved into the store", put_checkpoints },
	{ "autoreg_store_errors_total", METRIC_COUNTER, "What the disk or the store has failed of",
	    put_troubles },
	{ "autoreg_event_loop_lag_seconds", METRIC_HISTOGRAM,
	    "How long events may have waited in a round of the event loop", put_lag },
	{ "autoreg_watchdog_pings_total", METRIC_COUNTER,
	    "Signs of life that the service manager was given", put_pings },
};

const struct metric_family *
metric_counts(size_t *n)
{
	*n = sizeof family / sizeof family[0];
	return family;
}
