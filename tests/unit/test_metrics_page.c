/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server/metrics_page.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "agent/meter/meter.h"
#include "http/http_loop.h"
#include "tests/unit/alloc_fault.h"

#define T0 INT64_C(1893456000000) /* 2030-01-01T00:00:00Z */

/* One customer with a name that no configuration would take, and one of which nothing is known. */
struct known {
	struct status_customer customer[2];
	struct status_partner partner[2];
	struct status_oem oem[2];
	struct status_snapshot status;
	int64_t checked[2];
	uint64_t claims[2];
	int64_t login[2];
	struct meter_customer counted, gone;
	struct meter_partner asked;
	struct meter meter;
	struct metric_facts facts;
};

static char name_e[] = "e", name_gone[] = "gone", name_nw[] = "nw";

/* A customer that is counted, and one that the configuration has no more. */
static void
fill_meter(struct known *k)
{
	static const uint64_t bounds[] = { 1000 };

	meter_init(&k->meter);
	k->counted = (struct meter_customer){ .name = name_e,
		.configured = true,
		.files = { 4, 5 },
		.devices = { [DEVICE_REGISTERED] = 6 },
		.throttled_ms = 1500 };
	k->gone = (struct meter_customer){ .name = name_gone };
	k->asked = (struct meter_partner){ .name = name_nw,
		.configured = true,
		.grant = TOKEN_CLIENT_CREDENTIALS,
		.tokens = { .ok = 8, .failed = 9 } };
	histogram_init(&k->counted.registration_ms, bounds, 1);
	histogram_add(&k->counted.registration_ms, 999);
	histogram_init(&k->facts.writer.commit_us, bounds, 1);
	k->facts.writer.trouble[STORE_TROUBLE_IO] = 3;
	k->facts.reader.trouble[STORE_TROUBLE_IO] = 4;
	SLIST_INSERT_HEAD(&k->meter.customers, &k->counted, link);
	SLIST_INSERT_HEAD(&k->meter.customers, &k->gone, link);
	SLIST_INSERT_HEAD(&k->meter.partners, &k->asked, link);
	meter_retry(&k->meter, METER_OEM, METER_NETWORK);
	meter_hook(&k->meter, METER_GIVEN_UP);
	meter_ping(&k->meter);
	meter_batch_sent(&k->meter, 5);
}

static void
fill(struct known *k)
{
	*k = (struct known){
		.customer = {
			{ .name = "a\\b\"c\nd",
			    .consent = "granted",
			    .held_for = "tag",
			    .in_flight = 3,
			    .paused_until_unix_ms = T0 + 4000,
			    .states = { [DEVICE_QUEUED] = 7, [DEVICE_READY] = 1 } },
			{ .name = "e", .consent = "unknown" },
		},
		.oem = { { .name = "fabrikam", .certificate_until_unix_ms = T0 + 5000 },
			{ .name = "tailspin" } },
		.partner = { { .name = "nw",
		                 .expires_unix_ms = T0 + 7,
		                 .certificate_until_unix_ms = T0 + 9000 },
			{ .name = "other" } },
		.status = { .ncustomer = 2, .npartner = 2, .noem = 2, .oldest_unix_ms = T0 - 1500 },
		.checked = { T0 - 2000 },
		.claims = { 0, 4 },
		.login = { T0 + 86400000 },
	};
	k->status.customer = k->customer;
	k->status.partner = k->partner;
	k->status.oem = k->oem;
	k->facts = (struct metric_facts){
		.status = &k->status,
		.consent_checked_unix_ms = k->checked,
		.claims = k->claims,
		.login_until_unix_ms = k->login,
		.store_bytes = UINT64_C(5000000000),
		.wal_bytes = 4096,
		.started_unix_ms = T0 - 1,
		.certificate_until_unix_ms = T0 + 3000,
		.now_unix_ms = T0,
		.config = { .loaded_unix_ms = T0, .generation = 2, .refused = true },
		.meter = &k->meter,
		.disk = { { .name = "state", .known = true, .free_bytes = 99 },
		    { .name = "spool" } },
		.spool_known = true,
		.spool = { .waiting = 2, .rejected = 1, .oldest_unix_s = T0 / 1000 - 60 },
		.process = { .cpu_us = 1500000, .open_fds = 7 },
	};
	fill_meter(k);
}

#define ODD "a\\\\b\\\"c\\nd"
#define DEVICES(customer, refused, held, queued, submitted, registered, ready, claimed, failed) \
	"autoreg_devices{customer=\"" customer "\",state=\"refused\"} " refused "\n" \
	"autoreg_devices{customer=\"" customer "\",state=\"held\"} " held "\n" \
	"autoreg_devices{customer=\"" customer "\",state=\"queued\"} " queued "\n" \
	"autoreg_devices{customer=\"" customer "\",state=\"submitted\"} " submitted "\n" \
	"autoreg_devices{customer=\"" customer "\",state=\"registered\"} " registered "\n" \
	"autoreg_devices{customer=\"" customer "\",state=\"ready\"} " ready "\n" \
	"autoreg_devices{customer=\"" customer "\",state=\"claimed\"} " claimed "\n" \
	"autoreg_devices{customer=\"" customer "\",state=\"failed\"} " failed "\n"
#define CONSENT(customer, unknown, granted) \
	"autoreg_consent_state{customer=\"" customer "\",state=\"unknown\"} " unknown "\n" \
	"autoreg_consent_state{customer=\"" customer "\",state=\"requested\"} 0\n" \
	"autoreg_consent_state{customer=\"" customer "\",state=\"granted\"} " granted "\n" \
	"autoreg_consent_state{customer=\"" customer "\",state=\"denied\"} 0\n" \
	"autoreg_consent_state{customer=\"" customer "\",state=\"withdrawn\"} 0\n"
#define HELD(customer, tag) \
	"autoreg_customer_held{customer=\"" customer "\",reason=\"consent\"} 0\n" \
	"autoreg_customer_held{customer=\"" customer "\",reason=\"credentials\"} 0\n" \
	"autoreg_customer_held{customer=\"" customer "\",reason=\"tag\"} " tag "\n" \
	"autoreg_customer_held{customer=\"" customer "\",reason=\"paused\"} 0\n"

static const char *const samples[] = {
	"autoreg_start_time_seconds 1893455999.999\n",
	"autoreg_config_last_reload_successful 0\n",
	"autoreg_config_last_reload_success_timestamp_seconds 1893456000.000\n",
	"autoreg_config_generation 2\n",
	DEVICES(ODD, "0", "0", "7", "0", "0", "1", "0", "0")
	    DEVICES("e", "0", "0", "0", "0", "0", "0", "0", "0"),
	"autoreg_claims{customer=\"" ODD "\"} 0\n"
	"autoreg_claims{customer=\"e\"} 4\n",
	CONSENT(ODD, "0", "1") CONSENT("e", "1", "0"),
	"autoreg_consent_checked_timestamp_seconds{customer=\"" ODD "\"} 1893455998.000\n"
	"autoreg_consent_checked_timestamp_seconds{customer=\"e\"} 0.000\n",
	"autoreg_up_customers 1\n",
	HELD(ODD, "1") HELD("e", "0"),
	"autoreg_backoff_until_timestamp_seconds{customer=\"" ODD "\"} 1893456004.000\n"
	"autoreg_backoff_until_timestamp_seconds{customer=\"e\"} 0.000\n",
	"autoreg_batches_in_flight{customer=\"" ODD "\"} 3\n"
	"autoreg_batches_in_flight{customer=\"e\"} 0\n",
	"autoreg_queue_oldest_age_seconds 1.500\n",
	"autoreg_token_expiry_timestamp_seconds{partner=\"nw\"} 1893456000.007\n"
	"autoreg_token_expiry_timestamp_seconds{partner=\"other\"} 0.000\n",
	"autoreg_login_until_timestamp_seconds{partner=\"nw\"} 1893542400.000\n"
	"autoreg_login_until_timestamp_seconds{partner=\"other\"} 0.000\n",
	"autoreg_certificate_not_after_timestamp_seconds{service=\"partner/nw\"} 1893456009.000\n"
	"autoreg_certificate_not_after_timestamp_seconds{service=\"oem/fabrikam\"} "
	"1893456005.000\n"
	"autoreg_certificate_not_after_timestamp_seconds{service=\"server\"} 1893456003.000\n",
	"autoreg_store_bytes 5000000000\n",
	"autoreg_store_wal_bytes 4096\n",
};

/* Takes "# HELP NAME TEXT" and "# TYPE NAME KIND" off the page. */
static void
take_head(const char **page, const char *name, const char *kind)
{
	char want[128];

	(void)snprintf(want, sizeof want, "# HELP %s ", name);
	assert_memory_equal(*page, want, strlen(want));
	*page = strchr(*page, '\n') + 1;
	(void)snprintf(want, sizeof want, "# TYPE %s %s\n", name, kind);
	assert_memory_equal(*page, want, strlen(want));
	*page += strlen(want);
}

/* Of what was counted, and of the machine: some of each kind. */
static const char *const others[] = {
	"\nautoreg_files_total{customer=\"e\",result=\"accepted\"} 4\n"
	"autoreg_files_total{customer=\"e\",result=\"rejected\"} 5\n# ",
	"\nautoreg_devices_settled_total{customer=\"e\",result=\"registered\"} 6\n",
	"\nautoreg_device_registration_seconds_bucket{customer=\"e\",le=\"1.0\"} 1\n"
	"autoreg_device_registration_seconds_bucket{customer=\"e\",le=\"+Inf\"} 1\n"
	"autoreg_device_registration_seconds_sum{customer=\"e\"} 0.999\n"
	"autoreg_device_registration_seconds_count{customer=\"e\"} 1\n# ",
	"\nautoreg_batch_devices_sum 5\n",
	"\nautoreg_throttled_seconds_total{customer=\"e\"} 1.500\n# ",
	"\nautoreg_retries_total{api=\"oem\",reason=\"network\"} 1\n",
	"\nautoreg_token_refreshes_total{partner=\"nw\",grant=\"client_credentials\",result=\"ok\"}"
	" 8\n"
	"autoreg_token_refreshes_total{partner=\"nw\",grant=\"client_credentials\","
	"result=\"failed\"} 9\n# ",
	"\nautoreg_hook_calls_total{result=\"given_up\"} 1\n# ",
	"\nautoreg_store_errors_total{kind=\"io\"} 7\n",
	"\nautoreg_watchdog_pings_total 1\n# ",
	"\nautoreg_disk_free_bytes{path=\"state\"} 99\n# ",
	"\nautoreg_spool_files{state=\"waiting\"} 2\nautoreg_spool_files{state=\"rejected\"} 1\n# ",
	"\nautoreg_spool_oldest_file_age_seconds 60.000\n# ",
	"\nprocess_cpu_seconds_total 1.500000\n# ",
	"\nprocess_open_fds 7\n# ",
};

static void
look(enum metrics_form form, const char *build, const char *kind, const char *end)
{
	struct known known;
	char want[256];
	struct buf out;
	const char *page;

	fill(&known);
	buf_init(&out, 64 * 1024);
	metrics_page_write(&known.facts, form, &out);
	page = out.ptr;
	take_head(&page, build, kind);
	(void)snprintf(want, sizeof want,
	    "autoreg_build_info{version=\"" AUTOREG_VERSION "\",commit=\"");
	assert_memory_equal(page, want, strlen(want));
	(void)snprintf(want, sizeof want, "\",curl=\"%s\",openssl=\"%s\"} 1\n",
	    http_loop_curl_version(), http_loop_tls_version());
	page = strstr(page, want);
	assert_non_null(page);
	page += strlen(want);
	for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
		char name[64];

		(void)snprintf(name, sizeof name, "%.*s", (int)strcspn(samples[i], "{ "),
		    samples[i]);
		print_message("  %s\n", name);
		take_head(&page, name, "gauge");
		assert_memory_equal(page, samples[i], strlen(samples[i]));
		page += strlen(samples[i]);
	}
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		if (!strstr(page, others[i]))
			print_message("%s\n", others[i]);
		assert_non_null(strstr(page, others[i]));
	}
	assert_null(strstr(page, "gone"));
	assert_string_equal(out.ptr + out.len - strlen(end), end);
	buf_done(&out);
}

static void
counters_are_named_as_the_form_wants(void **state)
{
	struct known known;
	struct buf out;

	(void)state;
	fill(&known);
	buf_init(&out, 64 * 1024);
	metrics_page_write(&known.facts, METRICS_PROMETHEUS, &out);
	assert_non_null(strstr(out.ptr, "\n# TYPE autoreg_files_total counter\n"));
	assert_non_null(strstr(out.ptr, "\n# TYPE autoreg_batch_devices histogram\n"));
	buf_reset(&out);
	metrics_page_write(&known.facts, METRICS_OPENMETRICS, &out);
	assert_non_null(strstr(out.ptr, "\n# TYPE autoreg_files counter\n"));
	assert_non_null(strstr(out.ptr, "\n# HELP autoreg_files "));
	assert_non_null(strstr(out.ptr, "\nautoreg_files_total{"));
	buf_done(&out);
}

static void
all_of_it_is_told(void **state)
{
	(void)state;
	look(METRICS_PROMETHEUS, "autoreg_build_info", "gauge", "\n");
	look(METRICS_OPENMETRICS, "autoreg_build", "info", "\n# EOF\n");
}

static void
nothing_is_queued(void **state)
{
	struct known known;
	struct buf out;

	(void)state;
	fill(&known);
	known.status.oldest_unix_ms = 0;
	known.facts.config.refused = false;
	buf_init(&out, 64 * 1024);
	metrics_page_write(&known.facts, METRICS_PROMETHEUS, &out);
	assert_non_null(strstr(out.ptr, "\nautoreg_queue_oldest_age_seconds 0.000\n"));
	assert_non_null(strstr(out.ptr, "\nautoreg_config_last_reload_successful 1\n"));
	buf_done(&out);
}

static void
the_form_is_what_is_asked_for(void **state)
{
	static const struct {
		const char *accept;
		enum metrics_form form;
	} tc[] = {
		{ NULL, METRICS_PROMETHEUS },
		{ "*/*", METRICS_PROMETHEUS },
		{ "text/plain;version=0.0.4", METRICS_PROMETHEUS },
		{ "application/openmetrics-text;version=1.0.0,text/plain;q=0.5,*/*;q=0.1",
		    METRICS_OPENMETRICS },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++)
		assert_int_equal(metrics_page_form(tc[i].accept), tc[i].form);
	assert_string_equal(metrics_page_type(METRICS_PROMETHEUS),
	    "text/plain; version=0.0.4; charset=utf-8");
	assert_string_equal(metrics_page_type(METRICS_OPENMETRICS),
	    "application/openmetrics-text; version=1.0.0; charset=utf-8");
}

static void
try_write(void *arg)
{
	struct buf out;

	buf_init(&out, 64 * 1024);
	metrics_page_write(arg, METRICS_OPENMETRICS, &out);
	assert_int_equal(out.failed != ERR_OK, alloc_fault_hit());
	buf_done(&out);
}

static void
nothing_is_written_in_part(void **state)
{
	struct known known;

	(void)state;
	fill(&known);
	assert_true(alloc_fault_sweep(try_write, &known.facts) > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_it_is_told),
		cmocka_unit_test(counters_are_named_as_the_form_wants),
		cmocka_unit_test(nothing_is_queued),
		cmocka_unit_test(the_form_is_what_is_asked_for),
		cmocka_unit_test(nothing_is_written_in_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
