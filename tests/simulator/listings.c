/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulator/listings.h"

#include <stdio.h>
#include <string.h>

#include "tests/simulator/forms.h"
#include "tests/simulator/json_make.h"
#include "tests/simulator/must.h"
#include "tests/simulator/partner_center.h"

/* uri is made by printf from the rest. */
static json_t *
link_to(json_t *uri)
{
	return must_have(
	    json_pack("{s:o, s:s, s:[]}", "uri", must_have(uri), "method", "GET", "headers"));
}

/* Where the list goes on; false if the token is none of ours, which is then answered. */
static bool
read_offset(struct simulator *sim, struct exchange *x, size_t *offset)
{
	const char *token = exchange_header(x, "ms-continuationtoken");

	*offset = 0;
	if (!token || forms_token_read(token, offset))
		return true;
	partner_center_invalid(sim, x, "MS-ContinuationToken");
	return false;
}

/* --- batches --- */

static size_t
count_listed(const struct batch *b, uint64_t now_ms)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++)
		n += b->devices[i]->listed_ms <= now_ms;
	return n;
}

/* The link has no /v1, and blanks in the name stay as they are. */
static json_t *
show_batch(struct simulator *sim, const struct customer *c, const struct batch *b)
{
	size_t n = count_listed(b, simulator_now_ms(sim));

	return must_have(json_pack("{s:s, s:s, s:o, s:I, s:o, s:o}", "id", b->name, "createdBy",
	    "Northwind Partner", "creationDate", forms_time(sim, b->created_ms), "devicesCount",
	    (json_int_t)n, "devicesLink",
	    link_to(json_sprintf("/customers/%s/deviceBatches/%s/devices", c->tenant, b->name)),
	    "attributes", json_make_attributes("DeviceBatch")));
}

void
listings_batches(struct simulator *sim, struct exchange *x)
{
	json_t *items = must_have(json_array());

	for (const struct batch *b = x->customer->batches; b; b = b->next)
		json_make_append(items, show_batch(sim, x->customer, b));
	forms_collection(sim, x, json_array_size(items), items, NULL, NULL);
}

/* --- devices --- */

static json_t *
show_device(struct simulator *sim, const struct device *d)
{
	return json_pack("{s:s, s:s*, s:s*, s:s*, s:s*, s:[{s:s, s:n}], s:o, s:[s,s,s], s:o}", "id",
	    d->id, "serialNumber", d->serial, "productKey", d->product_key, "modelName", d->model,
	    "oemManufacturerName", d->manufacturer, "policies", "key", "o_o_b_e", "value",
	    "uploadedDate", forms_time(sim, d->listed_ms), "allowedOperations", "GET", "PATCH",
	    "DELETE", "attributes", json_make_attributes("Device"));
}

/* The client has looked for what it submitted to this batch. */
static void
note_look(const struct customer *c, const struct batch *b)
{
	for (struct device *d = c->devices; d; d = d->next) {
		if (d->holder && d->holder->batch == b && d->certainty == CERTAINTY_NONE)
			d->certainty = CERTAINTY_LISTED;
	}
}

/* The listed ones from offset on, at most a page; *seen: how many are listed in all. */
static json_t *
show_page(struct simulator *sim, const struct batch *b, size_t offset, size_t *seen)
{
	uint64_t now = simulator_now_ms(sim);
	json_t *items = must_have(json_array());
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++) {
		if (b->devices[i]->listed_ms > now)
			continue;
		if (n >= offset && n < offset + sim->scenario->page_size)
			json_make_append(items, show_device(sim, b->devices[i]));
		n++;
	}
	*seen = n;
	return items;
}

void
listings_devices(struct simulator *sim, struct exchange *x)
{
	const struct batch *b = books_batch(x->customer, x->arg[1]);
	char token[32];
	size_t offset;
	size_t total;
	size_t end;
	json_t *items;

	if (!b) {
		partner_center_not_found(sim, x);
		return;
	}
	if (!read_offset(sim, x, &offset))
		return;
	items = show_page(sim, b, offset, &total);
	end = offset + json_array_size(items);
	if (end < total)
		forms_token(end, token);
	else
		note_look(x->customer, b);
	forms_collection(sim, x, total, items, end < total ? token : NULL, NULL);
}

/* --- customers --- */

static json_t *
show_customer(const struct customer *c)
{
	json_t *profile = must_have(json_pack("{s:s, s:s, s:s, s:{s:o}, s:o}", "tenantId",
	    c->tenant, "domain", c->domain, "companyName", c->name, "links", "self",
	    link_to(json_sprintf("/customers/%s/profiles/company", c->tenant)), "attributes",
	    json_make_attributes("CustomerCompanyProfile")));

	return must_have(
	    json_pack("{s:s, s:o, s:s, s:{s:o}, s:o}", "id", c->tenant, "companyProfile", profile,
	        "relationshipToPartner", scenario_relationship_words()[c->relationship], "links",
	        "self", link_to(json_sprintf("/customers/%s", c->tenant)), "attributes",
	        json_make_attributes("Customer")));
}

void
listings_customer(struct simulator *sim, struct exchange *x)
{
	json_t *out = show_customer(x->customer);

	json_make_set(out, "allowDelegatedAccess", json_false());
	forms_json(sim, x, 200, out);
}

static json_t *
next_link(uint64_t size, const char *token)
{
	return must_have(json_pack("{s:o, s:s, s:[{s:s, s:s}]}", "uri",
	    must_have(
	        json_sprintf("/customers?size=%llu&seekOperation=Next", (unsigned long long)size)),
	    "method", "GET", "headers", "key", "MS-ContinuationToken", "value", token));
}

/* size: 0 for all of them. */
static void
answer_customers(struct simulator *sim, struct exchange *x, size_t offset, uint64_t size)
{
	json_t *items = must_have(json_array());
	json_t *links;
	char token[32];
	size_t n = 0;
	bool more;

	for (const struct customer *c = sim->books->customers; c; c = c->next) {
		if (c->relationship == RELATIONSHIP_NONE)
			continue;
		if (n >= offset && (size == 0 || json_array_size(items) < size))
			json_make_append(items, show_customer(c));
		n++;
	}
	more = offset + json_array_size(items) < n;
	forms_token(more ? offset + json_array_size(items) : 0, token);
	links = must_have(json_pack("{s:o, s:o*}", "self",
	    link_to(json_sprintf("/customers?size=%llu", (unsigned long long)size)), "next",
	    more ? next_link(size, token) : NULL));
	forms_collection(sim, x, n, items, more ? token : NULL, links);
}

/* The token of a page and the wish to go on belong together. */
static bool
is_next(const struct exchange *x)
{
	const char *seek = exchange_field(x->query, "seekOperation");

	return seek && strcmp(seek, "Next") == 0;
}

void
listings_customers(struct simulator *sim, struct exchange *x)
{
	const char *text = exchange_field(x->query, "size");
	uint64_t size = 0;
	size_t offset;

	if (text && !slice_to_u64(slice_of(text), BOOKS_CUSTOMERS_MAX, &size))
		partner_center_invalid(sim, x, "size");
	else if (!exchange_header(x, "ms-continuationtoken") != !is_next(x))
		partner_center_invalid(sim, x, "seekOperation");
	else if (read_offset(sim, x, &offset))
		answer_customers(sim, x, offset, size);
}

void
listings_relationship(struct simulator *sim, struct exchange *x)
{
	forms_json(sim, x, 200,
	    must_have(json_pack("{s:o, s:o}", "url",
	        must_have(json_sprintf(
	            "https://admin.microsoft.com/Adminportal/Home?invType=ResellerRelationship"
	            "&partnerId=%s&msppId=0&DAP=false#/BillingAccounts/partner-invitation",
	            sim->scenario->partner)),
	        "attributes", json_make_attributes("RelationshipRequest"))));
}
