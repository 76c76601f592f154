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
#include "tests/simulator/maker_access.h"
#include "tests/simulator/maker_course.h"
#include "tests/simulator/maker_service.h"
#include "tests/simulator/partner_center.h"
#include "tests/simulator/registrations.h"
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
	{ "POST", "/v1/token", OPERATION_MAKER_TOKEN, maker_access_token },
	{ "POST", "/v1/consent/validate", OPERATION_VALIDATE, maker_service_validate },
	{ "POST", "/v1/registrations", OPERATION_REGISTER, registrations_post },
	{ "GET", "/v1/operations/{}", OPERATION_PROGRESS, maker_course_progress },
	{ "GET", "/_simulator/books", OPERATION_CONTROL, control_books },
	{ "GET", "/_simulator/requests", OPERATION_CONTROL, control_requests },
	{ "GET", "/_simulator/unit/{}", OPERATION_CONTROL, control_unit },
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
		.maker = maker_books_new(),
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
	maker_books_free(sim->maker);
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
	/* Whoever wants to know whether we are there at all may ask for the root. */
	if (strcmp(x->uri, "/") != 0)
		violations_add(&sim->violations, x->n,
		    strcmp(x->method, "DELETE") == 0 ? "delete" : "unknown-call", "%s %s",
		    x->method, x->uri);
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
	if (operation_is_for_token(x->operation))
		x->content = form_fields_parse(body);
	else if (body.len > 0)
		x->content = json_loadb(body.ptr, body.len, JSON_REJECT_DUPLICATES, NULL);
}

/* What all calls of a service have in common; Entra ID meets nobody. */
static const struct manners {
	void (*meet)(struct simulator *sim, struct exchange *x);
	bool (*admit)(struct simulator *sim, struct exchange *x);
	void (*judge_consent)(struct simulator *sim, struct exchange *x);
} manners[] = {
	[SERVICE_ENTRA] = { 0 },
	[SERVICE_PARTNER_CENTER] = { partner_center_meet, partner_center_admit,
	    partner_center_judge_consent },
	[SERVICE_MAKER] = { maker_service_meet, maker_service_admit, maker_service_judge_consent },
};

static void
answer(struct simulator *sim, struct exchange *x, const struct route *route)
{
	const struct manners *m = &manners[operation_service(x->operation)];

	if (m->meet)
		m->meet(sim, x);
	faults_choose(sim, x);
	if (faults_before(sim, x))
		return;
	if (!m->admit || m->admit(sim, x))
		route->answer(sim, x);
	faults_after(x);
	if (x->customer)
		m->judge_consent(sim, x);
}

void
simulator_sends(struct simulator *sim, const struct exchange *x)
{
	if (x->told)
		consent_told_learn(sim, x);
}

void
simulator_handle(struct simulator *sim, struct exchange *x)
{
	bool path_known;
	const struct route *route = find_route(x, &path_known);

	job_course_advance(sim);
	maker_course_advance(sim);
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
