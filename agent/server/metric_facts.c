/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server/metric_facts.h"

#include <stdlib.h>
#include <sys/statvfs.h>

#include "base/log.h"

static enum err_code
make_room(struct metric_facts *f, struct err *err)
{
	struct status_snapshot *s = f->status;

	f->consent_checked_unix_ms =
	    arena_alloc(&s->arena, s->ncustomer * sizeof *f->consent_checked_unix_ms);
	f->claims = arena_alloc(&s->arena, s->ncustomer * sizeof *f->claims);
	f->login_until_unix_ms =
	    arena_alloc(&s->arena, s->npartner * sizeof *f->login_until_unix_ms);
	return s->arena.failed ? err_set(err, ERR_NOMEM, "metrics") : ERR_OK;
}

static const char *
copy(struct metric_facts *f, const char *text)
{
	return arena_text(&f->status->arena, slice_of(text));
}

enum err_code
metric_facts_new(struct agent *a, struct metric_facts **out, struct err *err)
{
	struct metric_facts *f = calloc(1, sizeof *f);

	if (!f)
		return err_set(err, ERR_NOMEM, "metrics");
	if (status_snapshot_new(agent_config(a), &f->status, err) ||
	    status_snapshot_ask_agent(f->status, a, err)) {
		metric_facts_free(f);
		return err->code;
	}
	f->disk[METRIC_DISK_STATE] =
	    (struct metric_disk){ .name = "state", .path = copy(f, agent_config(a)->state) };
	f->disk[METRIC_DISK_SPOOL] =
	    (struct metric_disk){ .name = "spool", .path = copy(f, agent_config(a)->spool) };
	if (make_room(f, err)) {
		metric_facts_free(f);
		return err->code;
	}
	f->login_lifetime_ms = agent_config(a)->login.lifetime_ms;
	agent_config_status(a, &f->config);
	f->meter = agent_meter(a);
	store_async_stats(agent_writer(a), &f->writer);
	store_async_stats(agent_reader(a), &f->reader);
	*out = f;
	return ERR_OK;
}

/* The number of customers: the configuration has it no more. */
static size_t
find_customer(const struct status_snapshot *s, struct slice name)
{
	size_t i = 0;

	while (i < s->ncustomer && !slice_eq(name, slice_of(s->customer[i].name)))
		i++;
	return i;
}

static enum err_code
add_consent(void *arg, const struct store_consent *c, struct err *err)
{
	struct metric_facts *f = arg;
	size_t i = find_customer(f->status, c->customer);

	(void)err;
	if (i < f->status->ncustomer)
		f->consent_checked_unix_ms[i] = c->checked_unix_ms;
	return ERR_OK;
}

static enum err_code
add_claim(void *arg, const struct store_claim *c, struct err *err)
{
	struct metric_facts *f = arg;
	size_t i = find_customer(f->status, c->customer);

	(void)err;
	if (i < f->status->ncustomer)
		f->claims[i]++;
	return ERR_OK;
}

static enum err_code
add_login(void *arg, const struct store_login *l, struct err *err)
{
	struct metric_facts *f = arg;

	(void)err;
	for (size_t i = 0; i < f->status->npartner; i++) {
		if (slice_eq(l->partner, slice_of(f->status->partner[i].name)))
			f->login_until_unix_ms[i] =
			    l->saved_unix_ms + (int64_t)f->login_lifetime_ms;
	}
	return ERR_OK;
}

static void
look_at_disk(struct metric_disk *d)
{
	struct statvfs fs;

	d->known = statvfs(d->path, &fs) == 0;
	if (d->known)
		d->free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
}

/* A spool that cannot be read keeps nobody from the other metrics; /readyz has the reason. */
static enum err_code
count_spool(struct metric_facts *f, struct err *err)
{
	const char **customer = calloc(f->status->ncustomer + 1, sizeof *customer);
	struct err why;

	if (!customer)
		return err_set(err, ERR_NOMEM, "metrics");
	for (size_t i = 0; i < f->status->ncustomer; i++)
		customer[i] = f->status->customer[i].name;
	f->spool_known = spool_census_take(f->disk[METRIC_DISK_SPOOL].path, customer,
	                     f->status->ncustomer, &f->spool, &why) == ERR_OK;
	if (!f->spool_known)
		log_trace("the spool is not counted: %s", why.msg);
	free(customer);
	return ERR_OK;
}

enum err_code
metric_facts_read(struct metric_facts *f, struct store *s, struct err *err)
{
	const struct store_claim_query all = { .limit = 0 };
	struct store_stats stats;

	if (status_snapshot_count(f->status, s, err) || store_consents(s, add_consent, f, err) ||
	    store_claims(s, &all, add_claim, f, err) || store_logins(s, add_login, f, err) ||
	    store_stats(s, &stats, err))
		return err->code;
	f->store_bytes = stats.file_bytes;
	f->wal_bytes = stats.wal_bytes;
	for (size_t i = 0; i < METRIC_NDISK; i++)
		look_at_disk(&f->disk[i]);
	process_facts_read(&f->process);
	return count_spool(f, err);
}

void
metric_facts_free(struct metric_facts *f)
{
	if (!f)
		return;
	status_snapshot_free(f->status);
	free(f);
}
