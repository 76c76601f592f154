/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/doctor.h"

#include <assert.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "agent/commands/agent_checkup.h"
#include "agent/commands/machine_checkup.h"
#include "agent/commands/service_checkup.h"
#include "agent/engine/connections.h"
#include "agent/engine/maker_connection.h"
#include "agent/engine/maker_profiles.h"
#include "agent/engine/proxy_setting.h"
#include "agent/engine/secret_source.h"
#include "base/random.h"
#include "http/http_address.h"
#include "http/http_loop.h"
#include "oem/oem_credential.h"
#include "store/store_async.h"

enum { TEXT_SIZE = 512, SUBJECT_SIZE = sizeof "https://" + HTTP_AUTHORITY_SIZE };

/* What is opened to ask the services. All of it is closed again, in the order of agent.c. */
struct doctor {
	const struct config *config;
	enum doctor_scope scope;
	struct checkup *out;
	json_t *status; /* of the running agent; NULL: none is */
	uv_loop_t loop;
	struct http_loop *http;

	/* Partners whose secrets are there, if no agent runs and the store can be opened. */
	struct config partners_only; /* borrows from config */
	struct partner *partner;
	struct secret *seal_key;
	struct store_async *writer;
	struct connections *connections;

	struct oem_profile **profile;
	struct maker_connection *maker; /* of each maker of config; zero: it could not be opened */

	struct service_host *host;
	size_t nhost;
	struct service_account *account;
	size_t naccount;
	char (*subject)[SUBJECT_SIZE]; /* of hosts and accounts */
	size_t nsubject;
};

static void
tell(struct doctor *d, const struct check *check)
{
	checkup_add(d->out, check);
}

static const char *
subject(struct doctor *d, const char *kind, const char *name)
{
	char *to = d->subject[d->nsubject++];

	(void)snprintf(to, SUBJECT_SIZE, "%s%s", kind, name);
	return to;
}

/* --- the configuration --- */

static bool
load(const char *path, struct config **c, struct checkup *out, struct err *err)
{
	struct problems problems;
	char where[TEXT_SIZE];

	if (config_load(path, CONFIG_LOOK_AT_FILES, c, &problems, err) == ERR_OK) {
		checkup_add(out,
		    &(struct check){ "configuration", path, CHECK_OK, EXIT_DONE,
		        "nothing is wrong with it, and the files that it names are there", NULL });
		return true;
	}
	for (size_t i = 0; err->code == ERR_FORMAT && i < problems.n; i++) {
		const struct problem *p = &problems.item[i];

		(void)snprintf(where, sizeof where, "%s:%zu:%zu", path, p->at.line, p->at.column);
		checkup_add(out,
		    &(struct check){ "configuration", p->at.line > 0 ? where : path, CHECK_FAILED,
		        EXIT_CONFIG, p->message, p->advice });
	}
	return false;
}

/* --- partners --- */

/* Those that can be spoken for; false: there is none, or no memory. */
static bool
gather_partners(struct doctor *d)
{
	const struct partner_list *all = &d->config->partners;
	size_t n = 0;

	d->partner = calloc(all->n + 1, sizeof *d->partner);
	for (size_t i = 0; d->partner && i < all->n; i++) {
		const struct partner *p = &all->item[i];

		/* An indirect reseller has no use for any secret. */
		if (p->role != PARTNER_INDIRECT_RESELLER && machine_checkup_partner(p, d->out))
			d->partner[n++] = *p;
	}
	d->partners_only = *d->config;
	d->partners_only.partners.item = d->partner;
	d->partners_only.partners.n = n;
	d->partners_only.oems.n = 0;
	return n > 0;
}

static enum err_code
open_connections(struct doctor *d, struct err *err)
{
	const struct config *c = &d->partners_only;
	struct store *store = NULL;
	struct connections_options opt = {
		.config = c,
		.clock = clock_system(),
		.random = random_system(),
		.loop = &d->loop,
		.http = d->http,
	};
	enum err_code rc;

	if ((connections_need_seal(c) &&
	        (rc = secret_source_seal_key(&c->seal_key, c->state, opt.random, &d->seal_key,
	             err))) ||
	    (rc = store_open(c->state, STORE_WRITE, opt.clock, &store, err)))
		return rc;
	rc = store_async_new(&d->loop, store, STORE_ASYNC_GROUPS, &d->writer, err);
	if (rc) {
		store_close(store);
		return rc;
	}
	opt.store = store; /* used inside open only, while nothing else is asked of it */
	opt.writer = d->writer;
	opt.seal_key = d->seal_key;
	return connections_open(&opt, &d->connections, err);
}

/* Why no token is asked for, or its failure, stands in the list afterwards. */
static void
reach_partners(struct doctor *d, bool usable)
{
	struct err err;

	if (!gather_partners(d))
		return;
	if (d->status)
		return; /* its refresh tokens are the agent's */
	if (!usable) {
		tell(d,
		    &(struct check){ "token", "partners", CHECK_SKIPPED, EXIT_DONE,
		        "without its state folder no token can be kept, so that none is asked for",
		        "Start the agent, or ask as the user that it runs as." });
		return;
	}
	if (open_connections(d, &err)) {
		tell(d,
		    &(struct check){ "token", "partners",
		        err.code == ERR_BUSY ? CHECK_SKIPPED : CHECK_FAILED, EXIT_FAILED, err.msg,
		        err.code == ERR_BUSY
		            ? "Another process works in the state folder, but answers at no socket."
		            : NULL });
		return;
	}
	for (size_t i = 0; i < d->partners_only.partners.n; i++)
		d->account[d->naccount++] = (struct service_account){
			.subject = subject(d, "partner/", d->partner[i].name),
			.tokens = connections_tokens(d->connections, i),
			.channel = connections_channels(d->connections)[i],
		};
}

/* --- makers --- */

static struct channel_tenant
tenant_by(const struct config *c, const char *oem)
{
	for (size_t i = 0; i < c->customers.n; i++) {
		const struct customer *k = &c->customers.item[i];

		if (k->via.kind == VIA_OEM && strcmp(k->via.name, oem) == 0)
			return (struct channel_tenant){ k->tenant, k->domain ? k->domain : "" };
	}
	return (struct channel_tenant){ NULL, NULL };
}

/* Their credentials do not change by being used, so that a running agent does not matter. */
static void
reach_makers(struct doctor *d)
{
	const struct oem_list *all = &d->config->oems;
	struct err err;

	if (all->n == 0)
		return;
	d->maker = calloc(all->n, sizeof *d->maker);
	if (!d->maker || maker_profiles_load(d->config, &d->profile, &err))
		return; /* the configuration was found good, profiles included */
	for (size_t i = 0; i < all->n; i++) {
		const struct maker_connection_options opt = {
			.http = d->http,
			.clock = clock_system(),
			.random = random_system(),
			.oem = &all->item[i],
			.profile = d->profile[i],
			.loop = &d->loop,
		};
		const char *name = subject(d, "oem/", all->item[i].name);

		if (!machine_checkup_oem(&all->item[i], d->out))
			continue;
		if (maker_connection_open(&opt, &d->maker[i], &err)) {
			tell(d,
			    &(struct check){ "credentials", name, CHECK_FAILED, EXIT_CONFIG,
			        err.msg, NULL });
			continue;
		}
		d->account[d->naccount++] = (struct service_account){
			.subject = name,
			.channel = d->maker[i].channel,
			.tenant = tenant_by(d->config, all->item[i].name),
		};
	}
}

/* --- hosts --- */

/* Each host once: "https://host:8443" of a longer address, which the configuration has checked. */
static void
add_host(struct doctor *d, const char *url, const struct http_tls *tls)
{
	const char *host = strstr(url, "://") + strlen("://");
	size_t len = (size_t)(host - url) + strcspn(host, "/");
	char origin[SUBJECT_SIZE];

	(void)snprintf(origin, sizeof origin, "%.*s", (int)len, url);
	for (size_t i = 0; i < d->nhost; i++) {
		if (strcmp(d->host[i].origin, origin) == 0)
			return;
	}
	d->host[d->nhost++] = (struct service_host){ subject(d, "", origin), tls };
}

static void
gather_hosts(struct doctor *d)
{
	const struct config *c = d->config;

	for (size_t i = 0; i < c->partners.n; i++) {
		const struct cloud *cloud = config_cloud(c, c->partners.item[i].cloud);

		add_host(d, cloud->login, NULL);
		add_host(d, cloud->partner_center, NULL);
	}
	for (size_t i = 0; i < c->oems.n; i++) {
		struct oem_credential *own = d->maker ? d->maker[i].credential : NULL;

		if (c->oems.item[i].auth.token_url)
			add_host(d, c->oems.item[i].auth.token_url, NULL);
		add_host(d, c->oems.item[i].base_url, own ? oem_credential_tls(own) : NULL);
	}
}

/* --- the proxy --- */

static bool
is_proxied(const struct config *c)
{
	static const char *const name[] = { "https_proxy", "HTTPS_PROXY", "all_proxy",
		"ALL_PROXY" };

	if (c->http.proxy)
		return strcmp(c->http.proxy, CONFIG_OFF) != 0;
	for (size_t i = 0; i < sizeof name / sizeof name[0]; i++) {
		const char *value = getenv(name[i]);

		if (value && value[0] != '\0')
			return true;
	}
	return false;
}

/* Without one that can be read the services are asked directly. */
static void
set_proxy(struct doctor *d)
{
	struct http_proxy *proxy = NULL;
	struct err err;

	if (proxy_setting_read(&d->config->http, &proxy, &err))
		tell(d,
		    &(struct check){ "credentials", "proxy", CHECK_FAILED, EXIT_CONFIG, err.msg,
		        "See that it is there, private, and readable for the user that the agent "
		        "runs as." });
	else
		http_loop_set_proxy(d->http, proxy);
}

/* --- asking --- */

static void
on_store_closed(void *arg)
{
	struct doctor *d = arg;

	connections_close(d->connections);
	d->connections = NULL;
}

static void
on_http_closed(void *arg)
{
	struct doctor *d = arg;

	if (d->writer)
		store_async_close(d->writer, on_store_closed, d);
	else
		on_store_closed(d);
}

static void
on_looked(void *arg)
{
	struct doctor *d = arg;

	/* As in the agent: a refresh token may still have to be kept when nobody waits any more. */
	http_loop_close(d->http, on_http_closed, d);
}

static enum err_code
start(struct doctor *d, struct err *err)
{
	const struct service_checkup_options opt = {
		.loop = &d->loop,
		.http = d->http,
		.clock = clock_system(),
		.host = d->host,
		.nhost = d->nhost,
		.account = d->account,
		.naccount = d->naccount,
		.proxied = is_proxied(d->config),
		.call = d->scope == DOCTOR_ALL,
		.out = d->out,
	};

	return service_checkup_start(&opt, on_looked, d, err);
}

static enum err_code
ask_services(struct doctor *d, bool usable, struct err *err)
{
	const struct config *c = d->config;
	const struct http_options http = {
		.ca_file = getenv("SSL_CERT_FILE"),
		.user_agent = "autoreg/" AUTOREG_VERSION,
	};
	size_t most = 2 * (c->partners.n + c->oems.n) + 1;
	enum err_code rc;
	int left;

	d->host = calloc(most, sizeof *d->host);
	d->account = calloc(most, sizeof *d->account);
	d->subject = calloc(2 * most, sizeof *d->subject);
	if (!d->host || !d->account || !d->subject)
		return err_set(err, ERR_NOMEM, "services");
	if (uv_loop_init(&d->loop) != 0)
		return err_set(err, ERR_NOMEM, "loop");
	rc = http_loop_open(&d->loop, &http, &d->http, err);
	if (rc == ERR_OK) {
		set_proxy(d);
		reach_partners(d, usable);
		reach_makers(d);
		gather_hosts(d);
		rc = start(d, err);
		if (rc)
			on_looked(d);
	}
	(void)uv_run(&d->loop, UV_RUN_DEFAULT);
	for (size_t i = 0; d->maker && i < c->oems.n; i++)
		maker_connection_close(&d->maker[i]);
	(void)uv_run(&d->loop, UV_RUN_DEFAULT); /* a key outside is closed on the pool */
	left = uv_loop_close(&d->loop);
	assert(left == 0); /* else something is still open */
	return rc;
}

static void
doctor_done(struct doctor *d)
{
	maker_profiles_free(d->profile, d->config->oems.n);
	secret_free(d->seal_key);
	json_decref(d->status);
	free(d->maker);
	free(d->partner);
	free(d->host);
	free(d->account);
	free(d->subject);
}

enum err_code
doctor_look(const char *config_path, enum doctor_scope scope, struct checkup *out, struct err *err)
{
	struct doctor d = { .scope = scope, .out = out };
	struct config *c = NULL;
	bool usable;
	enum err_code rc;

	if (!load(config_path, &c, out, err))
		return err->code == ERR_FORMAT ? ERR_OK : err->code;
	d.config = c;
	agent_checkup_ask(c, out, &d.status);
	usable = machine_checkup_state(c->state, out);
	if (scope == DOCTOR_ALL)
		machine_checkup_spool(c, out);
	rc = ask_services(&d, usable, err);
	if (rc == ERR_OK && d.status) {
		agent_checkup_tokens(d.status, out);
		if (scope == DOCTOR_ALL)
			agent_checkup_call(c, out);
	}
	doctor_done(&d);
	config_free(c);
	return rc;
}
