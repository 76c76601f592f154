/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulator/books.h"

#include <ctype.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tests/simulator/guid_text.h"
#include "tests/simulator/json_make.h"
#include "tests/simulator/must.h"

struct books *
books_new(void)
{
	struct books *b = must_have(calloc(1, sizeof *b));

	b->customers_end = &b->customers;
	return b;
}

/* --- clean-up --- */

static void
keep(void *node)
{
	(void)node; /* devices are freed by their list */
}

static void
free_devices(struct device *d)
{
	while (d) {
		struct device *next = d->next;

		free(d->serial);
		free(d->product_key);
		free(d->manufacturer);
		free(d->model);
		free(d);
		d = next;
	}
}

static void
free_batches(struct batch *batch)
{
	while (batch) {
		struct batch *next = batch->next;

		free(batch->name);
		free(batch->devices);
		free(batch);
		batch = next;
	}
}

static void
free_jobs(struct job *j)
{
	while (j) {
		struct job *next = j->next;

		for (size_t i = 0; i < j->n; i++) {
			free(j->entries[i].code);
			free(j->entries[i].name);
		}
		free(j->request_id);
		free(j->entries);
		free(j->order);
		free(j);
		j = next;
	}
}

void
books_free(struct books *b)
{
	struct customer *next;

	if (!b)
		return;
	for (struct customer *c = b->customers; c; c = next) {
		next = c->next;
		tdestroy(c->by_identity, keep);
		free_devices(c->devices);
		free_batches(c->batches);
		free_jobs(c->jobs);
		free(c->name);
		free(c->domain);
		free(c);
	}
	free(b);
}

/* --- customers --- */

static struct customer *
find_customer(const struct books *b, const char *name)
{
	for (struct customer *c = b->customers; c; c = c->next) {
		if (strcasecmp(c->tenant, name) == 0 || strcmp(c->name, name) == 0)
			return c;
	}
	return NULL;
}

static void
set_text(char **field, const char *text)
{
	free(*field);
	*field = must_have(strdup(text));
}

static struct customer *
add_customer(struct books *b, const char *tenant)
{
	struct customer *c;

	if (b->customer_count == BOOKS_CUSTOMERS_MAX)
		return NULL;
	c = must_have(calloc(1, sizeof *c));
	for (size_t i = 0; tenant[i]; i++)
		c->tenant[i] = (char)tolower((unsigned char)tenant[i]);
	set_text(&c->name, c->tenant);
	set_text(&c->domain, "contoso.example");
	c->relationship = RELATIONSHIP_RESELLER;
	c->devices_end = &c->devices;
	c->batches_end = &c->batches;
	c->jobs_end = &c->jobs;
	*b->customers_end = c;
	b->customers_end = &c->next;
	b->customer_count++;
	return c;
}

struct customer *
books_meet_customer(struct books *b, const struct scenario *s, const char *name)
{
	struct customer *c = find_customer(b, name);

	return c || s->customers || !guid_text_is(slice_of(name)) ? c : add_customer(b, name);
}

void
books_follow(struct books *b, const struct scenario *s)
{
	for (const struct customer_plan *plan = s->customers; plan; plan = plan->next) {
		struct customer *c = find_customer(b, plan->tenant);

		if (!c)
			c = add_customer(b, plan->tenant);
		if (!c)
			return;
		set_text(&c->name, plan->name);
		set_text(&c->domain, plan->domain);
		c->relationship = plan->relationship;
		c->maker_consent = plan->consent;
		c->refusal = plan->refusal;
	}
}

void
books_change(struct books *b, const struct scenario *s, uint64_t now_ms)
{
	for (const struct customer_plan *plan = s->customers; plan; plan = plan->next) {
		struct customer_change *change = plan->changes;
		struct customer *c = change ? find_customer(b, plan->tenant) : NULL;

		for (; c && change && change->at_ms <= now_ms; change = change->next) {
			if (!change->done && change->of_relationship)
				c->relationship = change->relationship;
			if (!change->done && change->of_consent)
				c->maker_consent = change->consent;
			change->done = true;
		}
	}
}

/* --- batches and devices --- */

struct batch *
books_batch(const struct customer *c, const char *name)
{
	struct batch *batch = c->batches;

	while (batch && strcmp(batch->name, name) != 0)
		batch = batch->next;
	return batch;
}

struct batch *
books_add_batch(struct books *b, struct customer *c, const char *name, uint64_t now_ms)
{
	struct batch *batch;

	if (b->batch_count == BOOKS_BATCHES_MAX)
		return NULL;
	batch = must_have(calloc(1, sizeof *batch));
	set_text(&batch->name, name);
	batch->created_ms = now_ms;
	*c->batches_end = batch;
	c->batches_end = &batch->next;
	b->batch_count++;
	return batch;
}

static int
compare_identities(const void *left, const void *right)
{
	const struct device *a = left;
	const struct device *b = right;

	return memcmp(a->identity, b->identity, BOOKS_IDENTITY_BYTES);
}

struct device *
books_device(const struct customer *c, const unsigned char identity[BOOKS_IDENTITY_BYTES])
{
	struct device key;
	void *found;

	memcpy(key.identity, identity, BOOKS_IDENTITY_BYTES);
	found = tfind(&key, &c->by_identity, compare_identities);
	return found ? *(struct device **)found : NULL;
}

struct device *
books_add_device(struct books *b, struct customer *c, struct chance *ids,
    const unsigned char identity[BOOKS_IDENTITY_BYTES])
{
	struct device *d;

	if (b->device_count == BOOKS_DEVICES_MAX)
		return NULL;
	d = must_have(calloc(1, sizeof *d));
	memcpy(d->identity, identity, BOOKS_IDENTITY_BYTES);
	chance_guid(ids, d->id);
	must_have(tsearch(d, &c->by_identity, compare_identities));
	*c->devices_end = d;
	c->devices_end = &d->next;
	b->device_count++;
	return d;
}

void
books_register(struct batch *batch, struct device *d, uint64_t listed_ms)
{
	if (batch->n == batch->room) {
		batch->room = batch->room ? batch->room * 2 : 64;
		batch->devices =
		    must_have(realloc(batch->devices, batch->room * sizeof(struct device *)));
	}
	batch->devices[batch->n++] = d;
	d->batch = batch;
	d->listed_ms = listed_ms;
	d->registered++;
}

/* --- jobs --- */

struct job *
books_add_job(struct books *b, struct batch *batch, struct customer *c, size_t n,
    struct chance *ids)
{
	struct job *j;

	if (b->job_count == BOOKS_JOBS_MAX)
		return NULL;
	j = must_have(calloc(1, sizeof *j));
	j->nth = ++b->job_count;
	chance_guid(ids, j->tracking);
	j->customer = c;
	j->batch = batch;
	j->n = n;
	j->entries = must_have(calloc(n, sizeof *j->entries));
	j->order = must_have(calloc(n, sizeof *j->order));
	*c->jobs_end = j;
	c->jobs_end = &j->next;
	j->queued = b->unsettled;
	b->unsettled = j;
	return j;
}

struct job *
books_job(const struct customer *c, const char *tracking)
{
	struct job *j = c->jobs;

	while (j && strcasecmp(j->tracking, tracking) != 0)
		j = j->next;
	return j;
}

/* Equal times are settled in the order of acceptance: the newest comes first in the list. */
struct job *
books_take_due(struct books *b, uint64_t now_ms)
{
	struct job **first = NULL;
	struct job *j;

	for (struct job **at = &b->unsettled; *at; at = &(*at)->queued) {
		if ((*at)->course.due_ms <= now_ms &&
		    (!first || (*at)->course.due_ms <= (*first)->course.due_ms))
			first = at;
	}
	if (!first)
		return NULL;
	j = *first;
	*first = j->queued;
	return j;
}

/* --- for tests --- */

static json_t *
show_device(const struct device *d, uint64_t now_ms)
{
	return must_have(json_pack("{s:s, s:s?, s:s?, s:s?, s:s?, s:I, s:I, s:s?, s:b}", "id",
	    d->id, "serial", d->serial, "product_key", d->product_key, "manufacturer",
	    d->manufacturer, "model", d->model, "submitted", (json_int_t)d->submitted, "registered",
	    (json_int_t)d->registered, "batch", d->batch ? d->batch->name : NULL, "listed",
	    d->batch && d->listed_ms <= now_ms));
}

static json_t *
show_job(const struct job *j)
{
	return must_have(json_pack("{s:s, s:I, s:s, s:I, s:b}", "tracking", j->tracking, "nth",
	    (json_int_t)j->nth, "batch", j->batch->name, "devices", (json_int_t)j->n, "settled",
	    j->course.settled));
}

static json_t *
show_customer(const struct customer *c, uint64_t now_ms)
{
	json_t *batches = must_have(json_array());
	json_t *devices = must_have(json_array());
	json_t *jobs = must_have(json_array());

	for (const struct batch *batch = c->batches; batch; batch = batch->next)
		json_make_append(batches,
		    must_have(json_pack("{s:s, s:I}", "name", batch->name, "devices",
		        (json_int_t)batch->n)));
	for (const struct device *d = c->devices; d; d = d->next)
		json_make_append(devices, show_device(d, now_ms));
	for (const struct job *j = c->jobs; j; j = j->next)
		json_make_append(jobs, show_job(j));
	return must_have(json_pack("{s:s, s:s, s:b, s:o, s:o, s:o}", "tenant", c->tenant, "name",
	    c->name, "reseller", c->relationship == RELATIONSHIP_RESELLER, "batches", batches,
	    "devices", devices, "jobs", jobs));
}

json_t *
books_show(const struct books *b, uint64_t now_ms)
{
	json_t *customers = must_have(json_array());

	for (const struct customer *c = b->customers; c; c = c->next)
		json_make_append(customers, show_customer(c, now_ms));
	return customers;
}
