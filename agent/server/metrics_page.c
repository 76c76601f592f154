/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server/metrics_page.h"

#include <inttypes.h>
#include <string.h>

#include "agent/sending/roster.h"

/* --- samples --- */

static void
put_label(struct buf *out, const char *value)
{
	buf_add_char(out, '"');
	for (; *value != '\0'; value++) {
		if (*value == '\n') {
			buf_add_str(out, "\\n");
			continue;
		}
		if (*value == '\\' || *value == '"')
			buf_add_char(out, '\\');
		buf_add_char(out, *value);
	}
	buf_add_char(out, '"');
}

/* Labels come in pairs of name and value; the first NULL ends them. */
static void
put_name(struct buf *out, const char *name, const char *const label[4])
{
	buf_add_str(out, name);
	for (size_t i = 0; i < 4 && label[i]; i += 2) {
		buf_addf(out, "%c%s=", i > 0 ? ',' : '{', label[i]);
		put_label(out, label[i + 1]);
	}
	buf_add_str(out, label[0] ? "} " : " ");
}

#define LABELS(...) ((const char *const[4]){ __VA_ARGS__ })

static void
put_number(struct buf *out, const char *name, const char *const label[4], uint64_t value)
{
	put_name(out, name, label);
	buf_addf(out, "%" PRIu64 "\n", value);
}

/* Prometheus counts time in seconds. */
static void
put_seconds(struct buf *out, const char *name, const char *const label[4], int64_t ms)
{
	put_name(out, name, label);
	buf_addf(out, "%" PRId64 ".%03d\n", ms > 0 ? ms / 1000 : 0, ms > 0 ? (int)(ms % 1000) : 0);
}

/* --- what there is --- */

typedef void samples_fn(const struct metric_facts *f, const char *name, struct buf *out);

static void
put_build(const struct metric_facts *f, const char *name, struct buf *out)
{
	(void)f;
	put_number(out, name, LABELS("version", AUTOREG_VERSION), 1);
}

static void
put_start(const struct metric_facts *f, const char *name, struct buf *out)
{
	put_seconds(out, name, LABELS(NULL), f->started_unix_ms);
}

static void
put_reloaded(const struct metric_facts *f, const char *name, struct buf *out)
{
	put_number(out, name, LABELS(NULL), f->config.refused ? 0 : 1);
}

static void
put_loaded(const struct metric_facts *f, const char *name, struct buf *out)
{
	put_seconds(out, name, LABELS(NULL), f->config.loaded_unix_ms);
}

static void
put_devices(const struct metric_facts *f, const char *name, struct buf *out)
{
	for (size_t i = 0; i < f->status->ncustomer; i++) {
		const struct status_customer *c = &f->status->customer[i];

		for (int k = 0; k < NDEVICE_STATE; k++)
			put_number(out, name,
			    LABELS("customer", c->name, "state",
			        device_state_name((enum device_state)k)),
			    c->states[k]);
	}
}

static void
put_claims(const struct metric_facts *f, const char *name, struct buf *out)
{
	for (size_t i = 0; i < f->status->ncustomer; i++)
		put_number(out, name, LABELS("customer", f->status->customer[i].name),
		    f->claims[i]);
}

static void
put_consent(const struct metric_facts *f, const char *name, struct buf *out)
{
	for (size_t i = 0; i < f->status->ncustomer; i++) {
		const struct status_customer *c = &f->status->customer[i];

		for (int k = 0; k <= CONSENT_WITHDRAWN; k++) {
			const char *state = consent_state_name((enum consent_state)k);

			put_number(out, name, LABELS("customer", c->name, "state", state),
			    strcmp(state, c->consent) == 0);
		}
	}
}

static void
put_consent_checked(const struct metric_facts *f, const char *name, struct buf *out)
{
	for (size_t i = 0; i < f->status->ncustomer; i++)
		put_seconds(out, name, LABELS("customer", f->status->customer[i].name),
		    f->consent_checked_unix_ms[i]);
}

static void
put_holds(const struct metric_facts *f, const char *name, struct buf *out)
{
	for (size_t i = 0; i < f->status->ncustomer; i++) {
		const struct status_customer *c = &f->status->customer[i];

		for (int k = 0; k < NHOLD_REASON; k++) {
			const char *reason = hold_reason_name((enum hold_reason)k);

			put_number(out, name, LABELS("customer", c->name, "reason", reason),
			    c->held_for && strcmp(reason, c->held_for) == 0);
		}
	}
}

static void
put_batches(const struct metric_facts *f, const char *name, struct buf *out)
{
	for (size_t i = 0; i < f->status->ncustomer; i++)
		put_number(out, name, LABELS("customer", f->status->customer[i].name),
		    f->status->customer[i].in_flight);
}

static void
put_queue_age(const struct metric_facts *f, const char *name, struct buf *out)
{
	int64_t oldest = f->status->oldest_unix_ms;

	put_seconds(out, name, LABELS(NULL), oldest ? f->now_unix_ms - oldest : 0);
}

static void
put_tokens(const struct metric_facts *f, const char *name, struct buf *out)
{
	for (size_t i = 0; i < f->status->npartner; i++)
		put_seconds(out, name, LABELS("partner", f->status->partner[i].name),
		    f->status->partner[i].expires_unix_ms);
}

static void
put_logins(const struct metric_facts *f, const char *name, struct buf *out)
{
	for (size_t i = 0; i < f->status->npartner; i++)
		put_seconds(out, name, LABELS("partner", f->status->partner[i].name),
		    f->login_until_unix_ms[i]);
}

/* A service that no certificate is shown to has no sample: 0 would read as expired. */
static void
put_certificates(const struct metric_facts *f, const char *name, struct buf *out)
{
	for (size_t i = 0; i < f->status->noem; i++) {
		const struct status_oem *o = &f->status->oem[i];

		if (o->certificate_until_unix_ms > 0)
			put_seconds(out, name, LABELS("oem", o->name),
			    o->certificate_until_unix_ms);
	}
}

static void
put_store(const struct metric_facts *f, const char *name, struct buf *out)
{
	put_number(out, name, LABELS(NULL), f->store_bytes);
}

static void
put_wal(const struct metric_facts *f, const char *name, struct buf *out)
{
	put_number(out, name, LABELS(NULL), f->wal_bytes);
}

/* All of them are gauges; BUILD is one that carries only labels. */
#define BUILD "autoreg_build_info"

static const struct family {
	const char *name;
	const char *help; /* no full stop, nothing to escape */
	samples_fn *put;
} family[] = {
	{ BUILD, "The program that runs", put_build },
	{ "autoreg_start_time_seconds", "When it was started, unix time", put_start },
	{ "autoreg_config_last_reload_successful",
	    "Whether the newest configuration is in force: 0 after one that was refused",
	    put_reloaded },
	{ "autoreg_config_last_reload_success_timestamp_seconds",
	    "When the configuration in force was read, unix time", put_loaded },
	{ "autoreg_devices", "Devices in each state", put_devices },
	{ "autoreg_claims", "Devices that another organization claims", put_claims },
	{ "autoreg_consent_state", "How the consent of the customer stands: 1 for its state",
	    put_consent },
	{ "autoreg_consent_checked_timestamp_seconds",
	    "When the service was last asked for the customer's consent, unix time; 0: never",
	    put_consent_checked },
	{ "autoreg_customer_held", "Whether the customer's devices wait for a person, and why",
	    put_holds },
	{ "autoreg_batches_in_flight", "Accepted jobs that are not settled", put_batches },
	{ "autoreg_queue_oldest_age_seconds",
	    "How long ago the list of the oldest queued device came; 0: nothing is queued",
	    put_queue_age },
	{ "autoreg_token_expiry_timestamp_seconds",
	    "When the partner's access token expires, unix time; 0: there is none", put_tokens },
	{ "autoreg_login_until_timestamp_seconds",
	    "Until when the partner's sign-in lasts if it is not used, unix time; 0: there is none",
	    put_logins },
	{ "autoreg_certificate_not_after_timestamp_seconds",
	    "Until when the certificates are good that the maker's service is shown, unix time",
	    put_certificates },
	{ "autoreg_store_bytes", "Size of the store", put_store },
	{ "autoreg_store_wal_bytes", "Size of the store's write-ahead log", put_wal },
};

/* OpenMetrics has a type of its own for what carries only labels, and names it without its suffix. */
static void
put_head(const struct family *m, enum metrics_form form, struct buf *out)
{
	bool info = form == METRICS_OPENMETRICS && strcmp(m->name, BUILD) == 0;
	int len = (int)strlen(m->name) - (info ? (int)strlen("_info") : 0);

	buf_addf(out, "# HELP %.*s %s\n# TYPE %.*s %s\n", len, m->name, m->help, len, m->name,
	    info ? "info" : "gauge");
}

enum metrics_form
metrics_page_form(const char *accept)
{
	return accept && strstr(accept, "application/openmetrics-text") ? METRICS_OPENMETRICS
	                                                                : METRICS_PROMETHEUS;
}

const char *
metrics_page_type(enum metrics_form form)
{
	return form == METRICS_OPENMETRICS
	    ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
	    : "text/plain; version=0.0.4; charset=utf-8";
}

void
metrics_page_write(const struct metric_facts *f, enum metrics_form form, struct buf *out)
{
	for (size_t i = 0; i < sizeof family / sizeof family[0]; i++) {
		put_head(&family[i], form, out);
		family[i].put(f, family[i].name, out);
	}
	if (form == METRICS_OPENMETRICS)
		buf_add_str(out, "# EOF\n");
}
