/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/meter/meter.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* --- words --- */

static const char *const api_name[METER_NAPI] = {
	[METER_OAUTH] = "oauth",
	[METER_PARTNER] = "partner",
	[METER_OEM] = "oem",
	[METER_HOOK] = "hook",
};

const char *
meter_api_name(enum meter_api api)
{
	return api_name[api];
}

const char *
meter_code_name(enum meter_code code)
{
	static const char *const name[METER_NCODE] = {
		[METER_2XX] = "2xx",
		[METER_3XX] = "3xx",
		[METER_4XX] = "4xx",
		[METER_429] = "429",
		[METER_5XX] = "5xx",
		[METER_ERROR] = "error",
	};

	return name[code];
}

static const char *const version_name[METER_NVERSION] = {
	[METER_HTTP_1_0] = "1.0",
	[METER_HTTP_1_1] = "1.1",
	[METER_HTTP_2] = "2",
};

const char *
meter_version_name(enum meter_version version)
{
	return version_name[version];
}

const char *
meter_reason_name(enum meter_reason reason)
{
	static const char *const name[METER_NREASON] = {
		[METER_THROTTLED] = "throttled",
		[METER_SERVER] = "server",
		[METER_NETWORK] = "network",
		[METER_AUTH] = "auth",
	};

	return name[reason];
}

const char *
meter_file_name(enum meter_file result)
{
	static const char *const name[METER_NFILE] = {
		[METER_ACCEPTED] = "accepted",
		[METER_REJECTED] = "rejected",
	};

	return name[result];
}

const char *
meter_row_name(enum meter_row result)
{
	static const char *const name[METER_NROW] = {
		[METER_QUEUED] = "queued",
		[METER_INVALID] = "invalid",
		[METER_DUPLICATE] = "duplicate",
	};

	return name[result];
}

const char *
meter_batch_name(enum meter_batch result)
{
	static const char *const name[METER_NBATCH] = {
		[METER_TAKEN] = "accepted",
		[METER_SETTLED] = "settled",
		[METER_SPLIT] = "split",
		[METER_RETURNED] = "returned",
	};

	return name[result];
}

const char *
meter_hook_name(enum meter_hook result)
{
	static const char *const name[METER_NHOOK] = {
		[METER_TOLD] = "ok",
		[METER_FAILED] = "failed",
		[METER_GIVEN_UP] = "given_up",
	};

	return name[result];
}

/* --- life --- */

static const uint64_t request_us[] = { 50000, 100000, 250000, 500000, 1000000, 2500000, 5000000,
	10000000, 30000000 };
static const uint64_t loop_us[] = { 1000, 5000, 10000, 50000, 100000, 500000, 1000000 };
static const uint64_t registration_ms[] = { 30000, 60000, 120000, 300000, 600000, 1200000, 3600000,
	14400000, 86400000 };
static const uint64_t devices[] = { 1, 5, 10, 50, 100, 200, 500, 1000 };

void
meter_init(struct meter *m)
{
	memset(m, 0, sizeof *m);
	for (size_t i = 0; i < METER_NAPI; i++)
		histogram_init(&m->api[i].duration_us, request_us, COUNT(request_us));
	histogram_init(&m->batch_devices, devices, COUNT(devices));
	histogram_init(&m->loop_us, loop_us, COUNT(loop_us));
}

static void
free_customer(struct meter_customer *c)
{
	if (!c)
		return;
	free(c->name);
	free(c);
}

static void
free_partner(struct meter_partner *p)
{
	if (!p)
		return;
	free(p->name);
	free(p);
}

void
meter_done(struct meter *m)
{
	while (!SLIST_EMPTY(&m->customers)) {
		struct meter_customer *c = SLIST_FIRST(&m->customers);

		SLIST_REMOVE_HEAD(&m->customers, link);
		free_customer(c);
	}
	while (!SLIST_EMPTY(&m->partners)) {
		struct meter_partner *p = SLIST_FIRST(&m->partners);

		SLIST_REMOVE_HEAD(&m->partners, link);
		free_partner(p);
	}
}

/* --- who is counted --- */

struct meter_customer *
meter_customer(struct meter *m, const char *name)
{
	struct meter_customer *c = m ? SLIST_FIRST(&m->customers) : NULL;

	while (c && strcmp(c->name, name) != 0)
		c = SLIST_NEXT(c, link);
	return c;
}

struct meter_partner *
meter_partner(struct meter *m, const char *name)
{
	struct meter_partner *p = m ? SLIST_FIRST(&m->partners) : NULL;

	while (p && strcmp(p->name, name) != 0)
		p = SLIST_NEXT(p, link);
	return p;
}

const struct meter_customer *
meter_next_customer(const struct meter *m, const struct meter_customer *after)
{
	const struct meter_customer *c =
	    after ? SLIST_NEXT(after, link) : SLIST_FIRST(&m->customers);

	while (c && !c->configured)
		c = SLIST_NEXT(c, link);
	return c;
}

const struct meter_partner *
meter_next_partner(const struct meter *m, const struct meter_partner *after)
{
	const struct meter_partner *p = after ? SLIST_NEXT(after, link) : SLIST_FIRST(&m->partners);

	while (p && !p->configured)
		p = SLIST_NEXT(p, link);
	return p;
}

static enum err_code
follow_customer(struct meter *m, const struct customer *like, struct err *err)
{
	struct meter_customer *c = meter_customer(m, like->name);

	if (!c) {
		c = calloc(1, sizeof *c);
		if (!c || !(c->name = strdup(like->name))) {
			free_customer(c);
			return err_set(err, ERR_NOMEM, "metrics");
		}
		histogram_init(&c->registration_ms, registration_ms, COUNT(registration_ms));
		SLIST_INSERT_HEAD(&m->customers, c, link);
	}
	c->configured = true;
	return ERR_OK;
}

static enum err_code
follow_partner(struct meter *m, const struct partner *like, struct err *err)
{
	struct meter_partner *p = meter_partner(m, like->name);

	if (!p) {
		p = calloc(1, sizeof *p);
		if (!p || !(p->name = strdup(like->name))) {
			free_partner(p);
			return err_set(err, ERR_NOMEM, "metrics");
		}
		SLIST_INSERT_HEAD(&m->partners, p, link);
	}
	p->configured = true;
	p->grant =
	    like->auth.method == PARTNER_REFRESH_TOKEN ? TOKEN_REFRESH : TOKEN_CLIENT_CREDENTIALS;
	return ERR_OK;
}

/* From the last to the first, because each is put in front: they are told in their order. */
enum err_code
meter_follow(struct meter *m, const struct config *config, struct err *err)
{
	struct meter_customer *c;
	struct meter_partner *p;

	for (c = SLIST_FIRST(&m->customers); c; c = SLIST_NEXT(c, link))
		c->configured = false;
	for (p = SLIST_FIRST(&m->partners); p; p = SLIST_NEXT(p, link))
		p->configured = false;
	for (size_t i = config->customers.n; i > 0; i--) {
		if (follow_customer(m, &config->customers.item[i - 1], err))
			return err->code;
	}
	for (size_t i = config->partners.n; i > 0; i--) {
		/* An indirect reseller asks for no token. */
		if (config->partners.item[i - 1].role != PARTNER_INDIRECT_RESELLER &&
		    follow_partner(m, &config->partners.item[i - 1], err))
			return err->code;
	}
	return ERR_OK;
}

/* --- counting --- */

/* The place of a word; n if it is none of them. */
static size_t
place_of(const char *word, const char *const *name, size_t n)
{
	size_t i = 0;

	while (i < n && strcmp(word, name[i]) != 0)
		i++;
	return i;
}

static enum meter_code
code_of(unsigned status)
{
	static const enum meter_code by_hundred[] = { METER_ERROR, METER_ERROR, METER_2XX,
		METER_3XX, METER_4XX };

	if (status == 429)
		return METER_429;
	return status < 500 ? by_hundred[status / 100] : METER_5XX;
}

void
meter_traffic(void *arg, const struct http_traffic *t)
{
	struct meter *m = arg;
	size_t api = t->api ? place_of(t->api, api_name, METER_NAPI) : METER_NAPI;
	size_t version = place_of(t->version, version_name, METER_NVERSION);
	struct meter_exchange *e;

	if (!m || api == METER_NAPI)
		return;
	e = &m->api[api];
	e->sent_bytes += t->sent_bytes;
	e->received_bytes += t->received_bytes;
	if (version < METER_NVERSION)
		e->opened[version] += t->connections;
	if (t->cancelled)
		return; /* that says nothing about the service */
	e->requests[code_of(t->status)]++;
	histogram_add(&e->duration_us, t->duration_us);
}

void
meter_list(struct meter_customer *c, enum meter_file result, const uint64_t rows[METER_NROW])
{
	if (!c)
		return;
	c->files[result]++;
	for (size_t i = 0; i < METER_NROW; i++)
		c->rows[i] += rows[i];
}

void
meter_batch_sent(struct meter *m, uint64_t n)
{
	if (m)
		histogram_add(&m->batch_devices, n);
}

void
meter_batch_end(struct meter_customer *c, enum meter_batch result)
{
	if (c)
		c->batches[result]++;
}

/* A clock that was set back makes no device younger than nothing. */
void
meter_device(struct meter_customer *c, enum device_state state, int64_t age_ms)
{
	if (!c)
		return;
	c->devices[state]++;
	if (state == DEVICE_REGISTERED || state == DEVICE_READY)
		histogram_add(&c->registration_ms, age_ms > 0 ? (uint64_t)age_ms : 0);
}

void
meter_retry(struct meter *m, enum meter_api api, enum meter_reason reason)
{
	if (m)
		m->api[api].retries[reason]++;
}

void
meter_throttle(struct meter_customer *c, int64_t for_ms)
{
	if (c && for_ms > 0)
		c->throttled_ms += (uint64_t)for_ms;
}

void
meter_hook(struct meter *m, enum meter_hook result)
{
	if (m)
		m->hooks[result]++;
}

void
meter_ping(struct meter *m)
{
	if (m)
		m->pings++;
}
