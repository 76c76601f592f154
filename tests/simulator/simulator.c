/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulator/simulator.h"

#include <string.h>

#include "tests/simulator/control.h"
#include "tests/simulator/entra.h"
#include "tests/simulator/faults.h"
#include "tests/simulator/form_fields.h"
#include "tests/simulator/forms.h"
#include "tests/simulator/job_course.h"
#include "tests/simulator/journal.h"
#include "tests/simulator/listings.h"
#include "tests/simulator/partner_center.h"
#include "tests/simulator/uploads.h"

enum { STREAM_IDS, STREAM_FORMS, STREAM_LUCK };

/* The first pattern that agrees counts. */
static const struct route {
	const char *method;
	const char *pattern;
	enum operation operation;
	void (*answer)(struct simulator *sim, struct exchange *x);
} routes[] = {
	{ "POST", "/{}/oauth2/v2.0/token", OPERATION_TOKEN, entra_token },
	{ "POST", "/{}/oauth2/token", OPERATION_TOKEN, entra_token },
	{ "POST", "/{}/oauth2/v2.0/devicecode", OPERATION_DEVICE_CODE, entra_device_code },
	{ "GET", "/v1/customers", OPERATION_CUSTOMERS, listings_customers },
	{ "GET", "/v1/customers/relationshiprequests", OPERATION_RELATIONSHIP,
	    listings_relationship },
	{ "GET", "/v1/customers/{}", OPERATION_CUSTOMER, listings_customer },
	{ "POST", "/v1/customers/{}/deviceBatches", OPERATION_CREATE, uploads_create },
	{ "GET", "/v1/customers/{}/deviceBatches", OPERATION_BATCHES, listings_batches },
	{ "POST", "/v1/customers/{}/deviceBatches/{}/devices", OPERATION_APPEND, uploads_append },
	{ "GET", "/v1/customers/{}/deviceBatches/{}/devices", OPERATION_DEVICES, listings_devices },
	{ "GET", "/v1/customers/{}/batchJobStatus/{}", OPERATION_STATUS, job_course_status },
	{ "GET", "/_simulator/books", OPERATION_CONTROL, control_books },
	{ "GET", "/_simulator/requests", OPERATION_CONTROL, control_requests },
	{ "GET", "/_simulator/violations", OPERATION_CONTROL, control_violations },
	{ "POST", "/_simulator/consent", OPERATION_CONTROL, control_consent },
	{ "POST", "/_simulator/scenario", OPERATION_CONTROL, control_scenario },
	{ "POST", "/_simulator/sign_in", OPERATION_CONTROL, control_sign_in },
};

enum { NROUTE = sizeof routes / sizeof routes[0] };

void
simulator_init(struct simulator *sim, struct scenario *scenario, uint64_t seed,
    const struct clock *clock)
{
	*sim = (struct simulator){
		.clock = clock,
		.start_mono_ms = clock_mono_ms(clock),
		.start_unix_s = clock_unix_s(clock),
		.books = books_new(),
		.ids = chance_from(seed, STREAM_IDS),
		.forms = chance_from(seed, STREAM_FORMS),
		.luck = chance_from(seed, STREAM_LUCK),
	};
	simulator_follow(sim, scenario);
}

void
simulator_done(struct simulator *sim)
{
	sign_ins_done(&sim->sign_ins);
	seen_ids_done(&sim->assertions);
	seen_ids_done(&sim->request_ids);
	violations_done(&sim->violations);
	issued_tokens_done(&sim->tokens);
	books_free(sim->books);
	scenario_free(sim->scenario);
}

uint64_t
simulator_now_ms(const struct simulator *sim)
{
	return clock_mono_ms(sim->clock) - sim->start_mono_ms;
}

int64_t
simulator_unix_ms(const struct simulator *sim, uint64_t ms)
{
	return sim->start_unix_s * 1000 + (int64_t)ms;
}

void
simulator_follow(struct simulator *sim, struct scenario *scenario)
{
	scenario_free(sim->scenario);
	sim->scenario = scenario;
	books_follow(sim->books, scenario);
}

/* --- one exchange --- */

/* NULL: no such path, or not by this method; *path_known tells which. */
static const struct route *
find_route(struct exchange *x, bool *path_known)
{
	*path_known = false;
	for (size_t i = 0; i < NROUTE; i++) {
		if (!exchange_matches(x, routes[i].pattern))
			continue;
		*path_known = true;
		if (strcmp(routes[i].method, x->method) == 0)
			return &routes[i];
	}
	return NULL;
}

static void
refuse_unrouted(struct simulator *sim, struct exchange *x, bool path_known)
{
	violations_add(&sim->violations, x->n,
	    strcmp(x->method, "DELETE") == 0 ? "delete" : "unknown-call", "%s %s", x->method,
	    x->uri);
	if (path_known)
		forms_empty(sim, x, 405);
	else
		partner_center_not_found(sim, x);
}

static void
read_content(struct exchange *x)
{
	struct slice body = buf_slice(&x->body);

	x->query = form_fields_parse(exchange_query(x));
	if (operation_is_entra(x->operation))
		x->content = form_fields_parse(body);
	else if (body.len > 0)
		x->content = json_loadb(body.ptr, body.len, JSON_REJECT_DUPLICATES, NULL);
}

static void
answer(struct simulator *sim, struct exchange *x, const struct route *route)
{
	bool partner_center = !operation_is_entra(x->operation);

	if (partner_center)
		partner_center_meet(sim, x);
	faults_choose(sim, x);
	if (faults_before(sim, x))
		return;
	if (!partner_center || partner_center_admit(sim, x))
		route->answer(sim, x);
	faults_after(x);
	if (x->customer)
		partner_center_judge_consent(sim, x);
}

void
simulator_sends(struct simulator *sim, const struct exchange *x)
{
	partner_center_told(sim, x);
}

void
simulator_handle(struct simulator *sim, struct exchange *x)
{
	bool path_known;
	const struct route *route = find_route(x, &path_known);

	job_course_advance(sim);
	books_change(sim->books, sim->scenario, simulator_now_ms(sim));
	x->n = ++sim->request_count;
	x->operation = route ? route->operation : OPERATION_UNKNOWN;
	sim->requests[x->operation]++;
	read_content(x);
	if (x->too_large)
		exchange_answer(x, 413);
	else if (!route)
		refuse_unrouted(sim, x, path_known);
	else if (x->operation == OPERATION_CONTROL)
		route->answer(sim, x);
	else
		answer(sim, x, route);
	if (x->operation != OPERATION_CONTROL)
		journal_write(sim, x);
}
