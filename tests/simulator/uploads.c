/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulator/uploads.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "tests/simulator/forms.h"
#include "tests/simulator/must.h"
#include "tests/simulator/partner_center.h"

/* A device as it was sent: members that were not, or were null, are NULL. */
struct sent_device {
	const char *serial;
	const char *product_key;
	const char *hash;
	const char *manufacturer;
	const char *model;
};

struct upload {
	struct simulator *sim;
	struct exchange *x;
	json_t *devices;
	struct batch *batch;
};

/* --- what was sent --- */

/* The service binds names without regard to case. */
static json_t *
member(json_t *object, const char *name)
{
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value)
	{
		if (strcasecmp(key, name) == 0)
			return value;
	}
	return NULL;
}

/* Returns the name of the member that is wrong, or NULL. */
static const char *
read_device(json_t *object, struct sent_device *out)
{
	const struct {
		const char *name;
		const char **field;
	} known[] = {
		{ "SerialNumber", &out->serial },
		{ "ProductKey", &out->product_key },
		{ "HardwareHash", &out->hash },
		{ "OemManufacturerName", &out->manufacturer },
		{ "ModelName", &out->model },
	};

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		json_t *value = member(object, known[i].name);

		*known[i].field = json_string_value(value);
		if (value && !json_is_null(value) && json_string_length(value) == 0)
			return known[i].name;
	}
	return NULL;
}

static bool
has_empty_policies(json_t *object)
{
	json_t *policies = member(object, "policies");

	return json_is_array(policies) && json_array_size(policies) == 0;
}

static bool
refuse_empty_policies(struct upload *u)
{
	violations_add(&u->sim->violations, u->x->n, "empty-policies",
	    "\"policies\":[] makes the service fail");
	forms_error(u->sim, u->x, 500, 800003, "Sequence contains no matching element",
	    "PartnerApiServiceControllers", must_have(json_array()));
	return false;
}

static bool
refuse_device(struct upload *u, size_t i, const char *name)
{
	char what[80];

	(void)snprintf(what, sizeof what, "Devices[%zu]%s%s", i, name[0] ? "." : "", name);
	partner_center_invalid(u->sim, u->x, what);
	return false;
}

static bool
check_devices(struct upload *u)
{
	struct sent_device sent;
	json_t *object;
	size_t i;

	if (json_array_size(u->devices) == 0) {
		partner_center_invalid(u->sim, u->x, "Devices");
		return false;
	}
	json_array_foreach(u->devices, i, object)
	{
		const char *wrong = json_is_object(object) ? read_device(object, &sent) : "";

		if (wrong)
			return refuse_device(u, i, wrong);
		if (has_empty_policies(object))
			return refuse_empty_policies(u);
	}
	return true;
}

static bool
check_content(struct upload *u)
{
	const char *type = exchange_header(u->x, "content-type");

	if (type && slice_starts_nocase(slice_of(type), slice_of("application/json")))
		return true;
	violations_add(&u->sim->violations, u->x->n, "content-type", "a body that is not JSON");
	forms_error(u->sim, u->x, 415, 800002, "Unsupported media type", "PartnerFD", NULL);
	return false;
}

/* --- one device --- */

/* Everything that tells devices apart, and nothing that does not: a hash says it all. */
static void
identify(const struct sent_device *d, unsigned char identity[BOOKS_IDENTITY_BYTES])
{
	static const char separator = '\0';
	const char *part[] = { d->hash, d->product_key, d->serial, d->manufacturer, d->model };
	EVP_MD_CTX *ctx = must_have(EVP_MD_CTX_new());
	size_t first = d->hash ? 0 : d->product_key ? 1 : 2;
	size_t end = d->hash ? 1 : d->product_key ? 2 : 5;
	bool ok = EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1;

	ok = ok && EVP_DigestUpdate(ctx, &"hpt"[first], 1) == 1;
	for (size_t i = first; i < end; i++) {
		ok = ok &&
		    EVP_DigestUpdate(ctx, part[i] ? part[i] : "", part[i] ? strlen(part[i]) : 0) ==
		        1;
		ok = ok && EVP_DigestUpdate(ctx, &separator, 1) == 1;
	}
	ok = ok && EVP_DigestFinal_ex(ctx, identity, NULL) == 1;
	assert(ok);
	EVP_MD_CTX_free(ctx);
}

static struct device *
find_device(const struct upload *u, const struct sent_device *sent)
{
	unsigned char identity[BOOKS_IDENTITY_BYTES];
	struct device *d;

	identify(sent, identity);
	d = books_device(u->x->customer, identity);
	if (d)
		return d;
	d = must_have(books_add_device(u->sim->books, u->x->customer, &u->sim->ids, identity));
	d->serial = must_copy(sent->serial);
	d->product_key = must_copy(sent->product_key);
	d->manufacturer = must_copy(sent->manufacturer);
	d->model = must_copy(sent->model);
	return d;
}

/* The allowed combinations. Source: sources.md#partner-device */
static bool
is_complete(const struct sent_device *d)
{
	return d->hash || d->product_key || (d->serial && d->manufacturer && d->model);
}

/* Padded base64 of something that begins with "OA". */
static bool
is_hash(const char *text)
{
	size_t digits =
	    strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
	size_t padding = strspn(text + digits, "=");

	return strncmp(text, "T0", 2) == 0 && text[2] >= 'E' && text[2] <= 'H' && padding <= 2 &&
	    (digits + padding) % 4 == 0 && text[digits + padding] == '\0';
}

/* A careful client does not send a device again before it knows what became of it. */
static void
judge_resending(const struct upload *u, const struct job *j, const struct device *d)
{
	const char *kind = NULL;

	if (!d->holder || d->holder == j || d->certainty == CERTAINTY_SETTLED)
		return;
	if (d->certainty == CERTAINTY_NONE)
		kind = "resent-unasked";
	else if (!d->holder->course.settled)
		kind = "resent-undecided";
	if (kind)
		violations_add(&u->sim->violations, u->x->n, kind, "%s: job %s still held it",
		    d->serial            ? d->serial
		        : d->product_key ? d->product_key
		                         : d->id,
		    d->holder->tracking);
}

static bool
was_before(const struct job *j, size_t i)
{
	return j->entries[i].hash && j->entries[i].device->holder == j;
}

static void
fill_entry(const struct upload *u, struct job *j, size_t i, const struct job_plan *plan)
{
	struct job_entry *e = &j->entries[i];
	struct sent_device sent;

	(void)read_device(json_array_get(u->devices, i), &sent);
	e->device = find_device(u, &sent);
	e->hash = sent.hash;
	e->complete = is_complete(&sent);
	e->hash_broken = sent.hash && !is_hash(sent.hash);
	e->twice = was_before(j, i);
	e->omitted = scenario_numbers_have(&plan->omit_nth, i + 1) ||
	    scenario_texts_have(&plan->omit, sent.serial) ||
	    scenario_texts_have(&plan->omit, sent.product_key);
	judge_resending(u, j, e->device);
	e->device->submitted++;
	e->device->holder = j;
	e->device->certainty = CERTAINTY_NONE;
}

/* --- the job --- */

static void
answer_accepted(const struct upload *u, struct job *j)
{
	char location[160];

	(void)snprintf(location, sizeof location, "/customers/%s/batchJobStatus/%s",
	    j->customer->tenant, j->tracking);
	u->x->job = j;
	forms_empty(u->sim, u->x, 202);
	exchange_set_header(u->x, "Location", location);
}

/* The job that was accepted under the same MS-RequestId, where the service honours that. */
static struct job *
find_repeated(const struct upload *u)
{
	const char *id = exchange_header(u->x, "ms-requestid");
	struct job *j = u->x->customer->jobs;

	if (u->sim->scenario->request_ids == REQUEST_IDS_IGNORED || !id)
		return NULL;
	while (j && (!j->request_id || strcasecmp(j->request_id, id) != 0))
		j = j->next;
	return j;
}

static void
refuse_full(const struct upload *u)
{
	forms_error(u->sim, u->x, 500, 800003, "The books of the simulator are full.", "PartnerFD",
	    NULL);
}

static void
accept(struct upload *u)
{
	struct books *books = u->sim->books;
	size_t n = json_array_size(u->devices);
	const struct job_plan *plan = scenario_job(u->sim->scenario, books->job_count + 1);
	struct job *j = NULL;

	if (n <= BOOKS_DEVICES_MAX - books->device_count)
		j = books_add_job(books, u->batch, u->x->customer, n, &u->sim->ids);
	if (!j) {
		refuse_full(u);
		return;
	}
	j->request_id = must_copy(exchange_header(u->x, "ms-requestid"));
	course_begin(&j->course, plan, simulator_now_ms(u->sim), &u->sim->luck);
	j->list_delay_ms = plan->list_delay_ms;
	for (size_t i = 0; i < n; i++)
		fill_entry(u, j, i, plan);
	course_order(plan->order, j->order, n, &u->sim->luck);
	answer_accepted(u, j);
}

/* --- the calls --- */

static void
judge_name(const struct upload *u, const char *name)
{
	for (const struct batch *b = u->x->customer->batches; b; b = b->next) {
		if (strcmp(b->name, name) != 0 && strcasecmp(b->name, name) == 0)
			violations_add(&u->sim->violations, u->x->n, "batch-name-case",
			    "batch \"%.100s\" is not \"%.100s\"", name, b->name);
	}
}

void
uploads_create(struct simulator *sim, struct exchange *x)
{
	struct upload u = { .sim = sim, .x = x, .devices = member(x->content, "Devices") };
	const char *name = json_string_value(member(x->content, "BatchId"));
	struct job *repeated = find_repeated(&u);

	if (!check_content(&u))
		return;
	if (repeated) {
		answer_accepted(&u, repeated);
		return;
	}
	if (!name || name[0] == '\0') {
		partner_center_invalid(sim, x, "BatchId");
		return;
	}
	if (!check_devices(&u))
		return;
	u.batch = books_batch(x->customer, name);
	if (u.batch && sim->scenario->existing_batch == EXISTING_BATCH_REFUSE) {
		forms_error(sim, x, 400, 3000, "Device batch already exists",
		    "PartnerApiServiceControllers", must_have(json_pack("[s]", "BatchId")));
		return;
	}
	judge_name(&u, name);
	if (!u.batch)
		u.batch = books_add_batch(sim->books, x->customer, name, simulator_now_ms(sim));
	if (u.batch)
		accept(&u);
	else
		refuse_full(&u);
}

void
uploads_append(struct simulator *sim, struct exchange *x)
{
	struct upload u = { .sim = sim, .x = x, .devices = x->content };
	struct job *repeated = find_repeated(&u);

	if (!check_content(&u))
		return;
	u.batch = books_batch(x->customer, x->arg[1]);
	if (repeated) {
		answer_accepted(&u, repeated);
	} else if (!u.batch) {
		judge_name(&u, x->arg[1]);
		partner_center_not_found(sim, x);
	} else if (check_devices(&u)) {
		accept(&u);
	}
}
