/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server/metric_states.h"

#include <stdio.h>
#include <string.h>

#include "agent/sending/roster.h"
#include "http/http_loop.h"

static void
put_build(const struct metric_facts *f, const char *name, struct buf *out)
{
	(void)f;
	metric_text_number(out, name,
	    METRIC_LABELS("version", AUTOREG_VERSION, "commit", AUTOREG_COMMIT, "curl",
	        http_loop_curl_version(), "openssl", http_loop_tls_version()),
	    1);
}

static void
put_start(const struct metric_facts *f, const char *name, struct buf *out)
{
	metric_text_seconds(out, name, METRIC_LABELS(NULL), f->started_unix_ms);
}

static void
put_reloaded(const struct metric_facts *f, const char *name, struct buf *out)
{
	metric_text_number(out, name, METRIC_LABELS(NULL), f->config.refused ? 0 : 1);
}

static void
put_loaded(const struct metric_facts *f, const char *name, struct buf *out)
{
	metric_text_seconds(out, name, METRIC_LABELS(NULL), f->config.loaded_unix_ms);
}

static void
put_generation(const struct metric_facts *f, const char *name, struct buf *out)
{
	metric_text_number(out, name, METRIC_LABELS(NULL), f->config.generation);
}

static void
put_devices(const struct metric_facts *f, const char *name, struct buf *out)
{
	for (size_t i = 0; i < f->status->ncustomer; i++) {
		const struct status_customer *c = &f->status->customer[i];

		for (int k = 0; k < NDEVICE_STATE; k++)
			metric_text_number(out, name,
			    METRIC_LABELS("customer", c->name, "state",
			        device_state_name((enum device_state)k)),
			    c->states[k]);
	}
}

static void
put_claims(const struct metric_facts *f, const char *name, struct buf *out)
{
	for (size_t i = 0; i < f->status->ncustomer; i++)
		metric_text_number(out, name,
		    METRIC_LABELS("customer", f->status->customer[i].name), f->claims[i]);
}

static void
put_consent(const struct metric_facts *f, const char *name, struct buf *out)
{
	for (size_t i = 0; i < f->status->ncustomer; i++) {
		const struct status_customer *c = &f->status->customer[i];

		for (int k = 0; k <= CONSENT_WITHDRAWN; k++) {
			const char *state = consent_state_name((enum consent_state)k);

			metric_text_number(out, name,
			    METRIC_LABELS("customer", c->name, "state", state),
			    strcmp(state, c->consent) == 0);
		}
	}
}

static void
put_consent_checked(const struct metric_facts *f, const char *name, struct buf *out)
{
	for (size_t i = 0; i < f->status->ncustomer; i++)
		metric_text_seconds(out, name,
		    METRIC_LABELS("customer", f->status->customer[i].name),
		    f->consent_checked_unix_ms[i]);
}

static void
put_holds(const struct metric_facts *f, const char *name, struct buf *out)
{
	for (size_t i = 0; i < f->status->ncustomer; i++) {
		const struct status_customer *c = &f->status->customer[i];

		for (int k = 0; k < NHOLD_REASON; k++) {
			const char *reason = hold_reason_name((enum hold_reason)k);

			metric_text_number(out, name,
			    METRIC_LABELS("customer", c->name, "reason", reason),
			    c->held_for && strcmp(reason, c->held_for) == 0);
		}
	}
}

static void
put_up(const struct metric_facts *f, const char *name, struct buf *out)
{
	uint64_t n = 0;

	for (size_t i = 0; i < f->status->ncustomer; i++)
		n += f->status->customer[i].held_for == NULL;
	metric_text_number(out, name, METRIC_LABELS(NULL), n);
}

static void
put_backoff(const struct metric_facts *f, const char *name, struct buf *out)
{
	for (size_t i = 0; i < f->status->ncustomer; i++) {
		const struct status_customer *c = &f->status->customer[i];

		metric_text_seconds(out, name, METRIC_LABELS("customer", c->name),
		    c->paused_until_unix_ms);
	}
}

static void
put_batches(const struct metric_facts *f, const char *name, struct buf *out)
{
	for (size_t i = 0; i < f->status->ncustomer; i++)
		metric_text_number(out, name,
		    METRIC_LABELS("customer", f->status->customer[i].name),
		    f->status->customer[i].in_flight);
}

static void
put_queue_age(const struct metric_facts *f, const char *name, struct buf *out)
{
	int64_t oldest = f->status->oldest_unix_ms;

	metric_text_seconds(out, name, METRIC_LABELS(NULL), oldest ? f->now_unix_ms - oldest : 0);
}

static void
put_tokens(const struct metric_facts *f, const char *name, struct buf *out)
{
	for (size_t i = 0; i < f->status->npartner; i++)
		metric_text_seconds(out, name, METRIC_LABELS("partner", f->status->partner[i].name),
		    f->status->partner[i].expires_unix_ms);
}

static void
put_logins(const struct metric_facts *f, const char *name, struct buf *out)
{
	for (size_t i = 0; i < f->status->npartner; i++)
		metric_text_seconds(out, name, METRIC_LABELS("partner", f->status->partner[i].name),
		    f->login_until_unix_ms[i]);
}

static void
put_certificate(struct buf *out, const char *name, const char *kind, const char *service,
    int64_t until_unix_ms)
{
	char scope[SCOPE_NAME_SIZE];

	(void)snprintf(scope, sizeof scope, "%s/%s", kind, service);
	metric_text_seconds(out, name, METRIC_LABELS("service", scope), until_unix_ms);
}

/* Where no certificate is shown there is no sample: 0 would read as expired. */
static void
put_certificates(const struct metric_facts *f, const char *name, struct buf *out)
{
	for (size_t i = 0; i < f->status->npartner; i++) {
		const struct status_partner *p = &f->status->partner[i];

		if (p->certificate_until_unix_ms > 0)
			put_certificate(out, name, "partner", p->name,
			    p->certificate_until_unix_ms);
	}
	for (size_t i = 0; i < f->status->noem; i++) {
		const struct status_oem *o = &f->status->oem[i];

		if (o->certificate_until_unix_ms > 0)
			put_certificate(out, name, "oem", o->name, o->certificate_until_unix_ms);
	}
	if (f->certificate_until_unix_ms > 0)
		metric_text_seconds(out, name, METRIC_LABELS("service", "server"),
		    f->certificate_until_unix_ms);
}

static void
put_store(const struct metric_facts *f, const char *name, struct buf *out)
{
	metric_text_number(out, name, METRIC_LABELS(NULL), f->store_bytes);
}

static void
put_wal(const struct metric_facts *f, const char *name, struct buf *out)
{
	metric_text_number(out, name, METRIC_LABELS(NULL), f->wal_bytes);
}

static const struct metric_family family[] = {
	{ "autoreg_build_info", METRIC_INFO, "The program that runs, and what it was linked with",
	    put_build },
	{ "autoreg_start_time_seconds", METRIC_GAUGE, "When it was started, unix time", put_start },
	{ "autoreg_config_last_reload_successful", METRIC_GAUGE,
	    "Whether the newest configuration is in force: 0 after one that was refused",
	    put_reloaded },
	{ "autoreg_config_last_reload_success_timestamp_seconds", METRIC_GAUGE,
	    "When the configuration in force was read, unix time", put_loaded },
	{ "autoreg_config_generation", METRIC_GAUGE,
	    "How many configurations have been in force since the start", put_generation },
	{ "autoreg_devices", METRIC_GAUGE, "Devices in each state", put_devices },
	{ "autoreg_claims", METRIC_GAUGE, "Devices that another organization claims", put_claims },
	{ "autoreg_consent_state", METRIC_GAUGE,
	    "How the consent of the customer stands: 1 for its state", put_consent },
	{ "autoreg_consent_checked_timestamp_seconds", METRIC_GAUGE,
	    "When the service was last asked for the customer's consent, unix time; 0: never",
	    put_consent_checked },
	{ "autoreg_up_customers", METRIC_GAUGE, "Customers that nothing holds", put_up },
	{ "autoreg_customer_held", METRIC_GAUGE,
	    "Whether the customer's devices wait for a person, and why", put_holds },
	{ "autoreg_backoff_until_timestamp_seconds", METRIC_GAUGE,
	    "Until when nothing is sent for the customer because its service asked to wait, unix "
	    "time; 0: it did not",
	    put_backoff },
	{ "autoreg_batches_in_flight", METRIC_GAUGE, "Accepted jobs that are not settled",
	    put_batches },
	{ "autoreg_queue_oldest_age_seconds", METRIC_GAUGE,
	    "How long ago the list of the oldest queued device came; 0: nothing is queued",
	    put_queue_age },
	{ "autoreg_token_expiry_timestamp_seconds", METRIC_GAUGE,
	    "When the partner's access token expires, unix time; 0: there is none", put_tokens },
	{ "autoreg_login_until_timestamp_seconds", METRIC_GAUGE,
	    "Until when the partner's sign-in lasts if it is not used, unix time; 0: there is none",
	    put_logins },
	{ "autoreg_certificate_not_after_timestamp_seconds", METRIC_GAUGE,
	    "Until when the certificate is good that the service is shown, or, as server, whoever asks "
	    "us over TLS, unix time; where there is none there is no sample",
	    put_certificates },
	{ "autoreg_store_bytes", METRIC_GAUGE, "Size of the store", put_store },
	{ "autoreg_store_wal_bytes", METRIC_GAUGE, "Size of the store's write-ahead log", put_wal },
};

const struct metric_family *
metric_states(size_t *n)
{
	*n = sizeof family / sizeof family[0];
	return family;
}
