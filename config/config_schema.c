/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config_schema.h"

#include "config/auth_schema.h"
#include "config/config.h"
#include "config/customer_schema.h"
#include "config/event_kinds.h"
#include "config/network_schema.h"

#define FIELD(of, name) offsetof(struct of, name)
#define SECONDS(n) (UINT64_C(1000) * (n))
#define MINUTES(n) SECONDS(UINT64_C(60) * (n))
#define HOURS(n) MINUTES(UINT64_C(60) * (n))
#define DAYS(n) HOURS(UINT64_C(24) * (n))
#define MIB(n) (UINT64_C(1024) * 1024 * (n))

static const struct section cloud_section = {
	.size = sizeof(struct cloud),
	.key =
	    (const struct key[]){
	        { .name = "login",
	            .help = "Where tokens come from.",
	            .type = TYPE_URL,
	            .offset = FIELD(cloud, login),
	            .required = true,
	            .example = "http://127.0.0.1:8400" },
	        { .name = "partner_center",
	            .help = "The Partner Center API.",
	            .type = TYPE_URL,
	            .offset = FIELD(cloud, partner_center),
	            .required = true,
	            .example = "http://127.0.0.1:8400" },
	        { .name = "graph",
	            .help = "Microsoft Graph.",
	            .type = TYPE_URL,
	            .offset = FIELD(cloud, graph),
	            .required = true,
	            .example = "http://127.0.0.1:8400" },
	        { .name = "audience",
	            .help = "Whom tokens for Partner Center are for.",
	            .type = TYPE_TEXT,
	            .offset = FIELD(cloud, audience),
	            .same_as = "partner_center",
	            .example = "http://127.0.0.1:8400" },
	        { .name = NULL },
	    },
};

static const char *const partner_role[] = {
	[PARTNER_DIRECT] = "direct",
	[PARTNER_INDIRECT_PROVIDER] = "indirect_provider",
	[PARTNER_INDIRECT_RESELLER] = "indirect_reseller",
	NULL,
};

static const struct section partner_section = {
	.size = sizeof(struct partner),
	.key =
	    (const struct key[]){
	        { .name = "cloud",
	            .help = "global, usgov, china, or one of clouds.",
	            .type = TYPE_NAME,
	            .offset = FIELD(partner, cloud),
	            .initial = "global" },
	        { .name = "tenant",
	            .help = "The partner's own tenant.",
	            .type = TYPE_GUID,
	            .offset = FIELD(partner, tenant),
	            .required = true,
	            .example = "11111111-1111-4111-8111-111111111111" },
	        { .name = "client_id",
	            .help = "The application registered in that tenant.",
	            .type = TYPE_GUID,
	            .offset = FIELD(partner, client_id),
	            .required = true,
	            .example = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa" },
	        { .name = "role",
	            .help = "How the partner sells.",
	            .type = TYPE_WORD,
	            .offset = FIELD(partner, role),
	            .words = partner_role,
	            .initial = "direct" },
	        { .name = "auth",
	            .help = "How the application proves itself.",
	            .type = TYPE_SECTION,
	            .offset = FIELD(partner, auth),
	            .section = &auth_schema_partner,
	            .required = true },
	        { .name = NULL },
	    },
};

static const struct section oem_flush_section = {
	.size = sizeof(struct oem_flush),
	.key =
	    (const struct key[]){
	        { .name = "devices",
	            .help = "Send once so many wait.",
	            .unit = "devices",
	            .type = TYPE_NUMBER,
	            .offset = FIELD(oem_flush, devices),
	            .min = 1,
	            .max = 1000,
	            .initial = "200" },
	        { .name = "after",
	            .help = "Send once the oldest has waited so long.",
	            .type = TYPE_DURATION,
	            .offset = FIELD(oem_flush, after_ms),
	            .min = SECONDS(1),
	            .max = HOURS(24),
	            .initial = "30s" },
	        { .name = NULL },
	    },
};

static const struct section oem_not_found_section = {
	.size = sizeof(struct oem_not_found),
	.key =
	    (const struct key[]){
	        { .name = "every",
	            .help = "How often to ask again.",
	            .type = TYPE_DURATION,
	            .offset = FIELD(oem_not_found, every_ms),
	            .min = SECONDS(1),
	            .max = DAYS(7),
	            .initial = "30m",
	            .at_most = "for" },
	        { .name = "for",
	            .help = "How long, before the device is failed.",
	            .type = TYPE_DURATION,
	            .offset = FIELD(oem_not_found, for_ms),
	            .min = SECONDS(1),
	            .max = DAYS(30),
	            .initial = "48h" },
	        { .name = NULL },
	    },
};

static const struct section oem_section = {
	.size = sizeof(struct oem),
	.key =
	    (const struct key[]){
	        { .name = "profile",
	            .help = "How the service is spoken to: reference-v1, or the path of a profile.",
	            .type = TYPE_PROFILE,
	            .offset = FIELD(oem, profile),
	            .initial = "reference-v1" },
	        { .name = "base_url",
	            .help = "Where the service is.",
	            .type = TYPE_URL,
	            .offset = FIELD(oem, base_url),
	            .required = true,
	            .example = "https://oem.example" },
	        { .name = "auth",
	            .help = "How we prove who we are.",
	            .type = TYPE_SECTION,
	            .offset = FIELD(oem, auth),
	            .section = &auth_schema_oem,
	            .required = true },
	        { .name = "consent_link",
	            .help = "What the customer's administrator is sent.",
	            .type = TYPE_LINK,
	            .offset = FIELD(oem, consent_link),
	            .example = "https://consent.example/?oemid=fabrikam" },
	        { .name = "flush",
	            .help = "When waiting devices are sent: whichever comes first.",
	            .type = TYPE_SECTION,
	            .offset = FIELD(oem, flush),
	            .section = &oem_flush_section },
	        { .name = "not_found",
	            .help = "For devices that the service does not know yet (812).",
	            .type = TYPE_SECTION,
	            .offset = FIELD(oem, not_found),
	            .section = &oem_not_found_section },
	        { .name = NULL },
	    },
};

static const struct section batch_section = {
	.size = sizeof(struct batch_limits),
	.key =
	    (const struct key[]){
	        { .name = "max_devices",
	            .help = "The most devices in a request.",
	            .unit = "devices",
	            .type = TYPE_NUMBER,
	            .offset = FIELD(batch_limits, max_devices),
	            .min = 1,
	            .max = 1000,
	            .initial = "500" },
	        { .name = "max_bytes",
	            .help = "The most bytes in a request.",
	            .type = TYPE_SIZE,
	            .offset = FIELD(batch_limits, max_bytes),
	            .min = MIB(1),
	            .max = MIB(64),
	            .initial = "8MiB" },
	        { .name = "uploads",
	            .help = "Requests that are being sent at a time, for each partner or OEM.",
	            .unit = "requests",
	            .type = TYPE_NUMBER,
	            .offset = FIELD(batch_limits, uploads),
	            .min = 1,
	            .max = 64,
	            .initial = "4" },
	        { .name = "in_flight",
	            .help = "Accepted jobs that are not settled yet, for each customer.",
	            .unit = "jobs",
	            .type = TYPE_NUMBER,
	            .offset = FIELD(batch_limits, in_flight),
	            .min = 1,
	            .max = 1000,
	            .initial = "20" },
	        { .name = NULL },
	    },
};

static const struct section poll_section = {
	.size = sizeof(struct poll_times),
	.key =
	    (const struct key[]){
	        { .name = "first",
	            .help = "How soon a job is asked about first.",
	            .type = TYPE_DURATION,
	            .offset = FIELD(poll_times, first_ms),
	            .min = 1,
	            .max = HOURS(1),
	            .initial = "5s",
	            .at_most = "max" },
	        { .name = "max",
	            .help = "The longest time between two questions.",
	            .type = TYPE_DURATION,
	            .offset = FIELD(poll_times, max_ms),
	            .min = 1,
	            .max = HOURS(24),
	            .initial = "60s",
	            .at_most = "deadline" },
	        { .name = "deadline",
	            .help = "How long a job may take.",
	            .type = TYPE_DURATION,
	            .offset = FIELD(poll_times, deadline_ms),
	            .min = SECONDS(1),
	            .max = DAYS(30),
	            .initial = "24h" },
	        { .name = NULL },
	    },
};

static const struct section retry_section = {
	.size = sizeof(struct retry_times),
	.key =
	    (const struct key[]){
	        { .name = "base",
	            .help = "The first pause before a request is tried again; later ones double.",
	            .type = TYPE_DURATION,
	            .offset = FIELD(retry_times, base_ms),
	            .min = 1,
	            .max = HOURS(1),
	            .initial = "2s",
	            .at_most = "max" },
	        { .name = "max",
	            .help = "The longest pause.",
	            .type = TYPE_DURATION,
	            .offset = FIELD(retry_times, max_ms),
	            .min = 1,
	            .max = HOURS(24),
	            .initial = "15m" },
	        { .name = "attempts",
	            .help = "How often a request is tried at most.",
	            .unit = "attempts",
	            .type = TYPE_NUMBER,
	            .offset = FIELD(retry_times, attempts),
	            .min = 1,
	            .max = 100,
	            .initial = "12" },
	        { .name = NULL },
	    },
};

static const struct section claims_section = {
	.size = sizeof(struct claim_times),
	.key =
	    (const struct key[]){
	        { .name = "recheck",
	            .help = "When to ask again for a claimed device; the last pause repeats.",
	            .type = TYPE_DURATION,
	            .items = 16,
	            .min = SECONDS(1),
	            .max = DAYS(365),
	            .offset = FIELD(claim_times, recheck),
	            .initial = "6h 24h 7d" },
	        { .name = NULL },
	    },
};

static const struct section consent_section = {
	.size = sizeof(struct consent_times),
	.key =
	    (const struct key[]){
	        { .name = "recheck",
	            .help = "How often to ask whether a customer's consent stands.",
	            .type = TYPE_DURATION,
	            .offset = FIELD(consent_times, recheck_ms),
	            .min = SECONDS(1),
	            .max = DAYS(7),
	            .initial = "1h",
	            .at_most = "max_age" },
	        { .name = "max_age",
	            .help = "Nothing new is sent on an answer that is older.",
	            .type = TYPE_DURATION,
	            .offset = FIELD(consent_times, max_age_ms),
	            .min = SECONDS(1),
	            .max = DAYS(30),
	            .initial = "24h" },
	        { .name = NULL },
	    },
};

static const struct section login_section = {
	.size = sizeof(struct login_times),
	.key =
	    (const struct key[]){
	        { .name = "renew",
	            .help = "How often a sign-in is used at least, so that it does not lapse.",
	            .type = TYPE_DURATION,
	            .offset = FIELD(login_times, renew_ms),
	            .min = HOURS(1),
	            .max = DAYS(30),
	            .initial = "1d" },
	        { .name = "lifetime",
	            .help = "How long one lasts that is not used.",
	            .type = TYPE_DURATION,
	            .offset = FIELD(login_times, lifetime_ms),
	            .min = DAYS(1),
	            .max = DAYS(400),
	            .initial = "90d" },
	        { .name = NULL },
	    },
};

static const struct section hooks_section = {
	.size = sizeof(struct hook_settings),
	.key =
	    (const struct key[]){
	        { .name = "on",
	            .help = "The kinds of events that are told; default: none.",
	            .type = TYPE_CHOICE,
	            .items = EVENT_KINDS,
	            .offset = FIELD(hook_settings, on),
	            .words = event_kinds,
	            .example = "[claim_released, consent_withdrawn]" },
	        { .name = "exec",
	            .help = "A program and its arguments: it reads the event as JSON.",
	            .type = TYPE_TEXT,
	            .items = 32,
	            .offset = FIELD(hook_settings, exec),
	            .example = "[/usr/local/bin/tell, --quiet]" },
	        { .name = "webhook",
	            .help = "Where the event is posted as JSON, instead of exec.",
	            .type = TYPE_LINK,
	            .offset = FIELD(hook_settings, webhook),
	            .example = "https://hooks.example/autoreg" },
	        { .name = "secret",
	            .help = "webhook: signs what is posted.",
	            .type = TYPE_SECRET,
	            .offset = FIELD(hook_settings, secret),
	            .example = "{credential: hook-secret}" },
	        { .name = "timeout",
	            .help = "How long it may take to tell one event.",
	            .type = TYPE_DURATION,
	            .offset = FIELD(hook_settings, timeout_ms),
	            .min = SECONDS(1),
	            .max = MINUTES(5),
	            .initial = "30s" },
	        { .name = "attempts",
	            .help = "How often one is tried before it is given up.",
	            .unit = "attempts",
	            .type = TYPE_NUMBER,
	            .offset = FIELD(hook_settings, attempts),
	            .min = 1,
	            .max = 100,
	            .initial = "8" },
	        { .name = NULL },
	    },
};

static const struct section file_section = {
	.size = sizeof(struct config),
	.key =
	    (const struct key[]){
	        { .name = "version",
	            .help = "Of this format.",
	            .type = TYPE_NUMBER,
	            .offset = FIELD(config, version),
	            .min = 1,
	            .max = 1,
	            .required = true,
	            .example = "1" },
	        { .name = "state",
	            .help = "The folder of the store, of lists that were taken in, and of reports.",
	            .type = TYPE_PATH,
	            .offset = FIELD(config, state),
	            .initial = "/var/lib/autoreg" },
	        { .name = "spool",
	            .help = "The folder that lists are put into: in it, one for each customer.",
	            .type = TYPE_PATH,
	            .offset = FIELD(config, spool),
	            .initial = "/var/spool/autoreg" },
	        { .name = "seal_key",
	            .help = "What seals tokens at rest; default: a key file in the state folder.",
	            .type = TYPE_SECRET,
	            .offset = FIELD(config, seal_key),
	            .example = "{credential: seal-key}" },
	        { .name = "listen",
	            .help =
	                "Metrics, health and status, read only; off: none. Beyond loopback see server.",
	            .type = TYPE_LISTEN,
	            .offset = FIELD(config, listen),
	            .initial = "127.0.0.1:9417" },
	        { .name = "server",
	            .help = "Who may ask at listen; default: anybody on this machine.",
	            .type = TYPE_SECTION,
	            .offset = FIELD(config, server),
	            .section = &network_schema_server },
	        { .name = "control",
	            .help = "The socket through which the daemon is told what to do.",
	            .type = TYPE_PATH,
	            .offset = FIELD(config, control),
	            .max = SOCKET_PATH_MAX,
	            .initial = "/run/autoreg/control.sock" },
	        { .name = "http",
	            .help = "How requests leave this machine.",
	            .type = TYPE_SECTION,
	            .offset = FIELD(config, http),
	            .section = &network_schema_http },
	        { .name = "clouds",
	            .help = "Clouds of one's own, by name; global, usgov and china are built in.",
	            .type = TYPE_NAMED,
	            .offset = FIELD(config, clouds),
	            .section = &cloud_section,
	            .example = "lab" },
	        { .name = "partners",
	            .help = "Partner Center accounts, by name.",
	            .type = TYPE_NAMED,
	            .offset = FIELD(config, partners),
	            .section = &partner_section,
	            .shown = true,
	            .example = "northwind" },
	        { .name = "oems",
	            .help = "Services of manufacturers, by name.",
	            .type = TYPE_NAMED,
	            .offset = FIELD(config, oems),
	            .section = &oem_section,
	            .example = "fabrikam" },
	        { .name = "customers",
	            .help = "Whose devices are registered, by name.",
	            .type = TYPE_NAMED,
	            .offset = FIELD(config, customers),
	            .section = &customer_schema,
	            .shown = true,
	            .example = "contoso" },
	        { .name = "batch",
	            .help = "How much is sent at once.",
	            .type = TYPE_SECTION,
	            .offset = FIELD(config, batch),
	            .section = &batch_section },
	        { .name = "poll",
	            .help = "How accepted jobs are followed.",
	            .type = TYPE_SECTION,
	            .offset = FIELD(config, poll),
	            .section = &poll_section },
	        { .name = "retry",
	            .help = "What happens when the service is away or busy.",
	            .type = TYPE_SECTION,
	            .offset = FIELD(config, retry),
	            .section = &retry_section },
	        { .name = "claims",
	            .help = "Devices that another organization holds.",
	            .type = TYPE_SECTION,
	            .offset = FIELD(config, claims),
	            .section = &claims_section },
	        { .name = "consent",
	            .help = "Whether customers let us.",
	            .type = TYPE_SECTION,
	            .offset = FIELD(config, consent),
	            .section = &consent_section },
	        { .name = "login",
	            .help = "Sign-ins of partners, which last only if they are used.",
	            .type = TYPE_SECTION,
	            .offset = FIELD(config, login),
	            .section = &login_section },
	        { .name = "hooks",
	            .help = "Whom to tell when something happens.",
	            .type = TYPE_SECTION,
	            .offset = FIELD(config, hooks),
	            .section = &hooks_section },
	        { .name = "images",
	            .help =
	                "Advice on images by maker and model, which comes before what is built in.",
	            .type = TYPE_INPUT,
	            .offset = FIELD(config, images),
	            .example = "images.yaml" },
	        { .name = NULL },
	    },
};

const struct section *
config_schema(void)
{
	return &file_section;
}

const struct key *
section_key(const struct section *s, struct slice name)
{
	for (const struct key *k = s->key; k->name; k++) {
		if (slice_eq(slice_of(k->name), name))
			return k;
	}
	return NULL;
}

size_t
key_item_size(const struct key *k)
{
	return k->type == TYPE_DURATION ? sizeof(uint64_t) : sizeof(const char *);
}

bool
key_next_initial(const struct key *k, struct slice *rest, struct slice *item)
{
	size_t len = 0;

	while (len < rest->len && (k->items == 0 || rest->ptr[len] != ' '))
		len++;
	*item = slice_head(*rest, len);
	*rest = slice_trim((struct slice){ rest->ptr + len, rest->len - len });
	return len > 0;
}
