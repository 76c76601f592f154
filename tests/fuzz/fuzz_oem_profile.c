/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "config/oem_profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Each has a place, a message and advice, and they are in order. */
static void
check_problems(const struct problems *p)
{
	assert(p->n > 0 && p->n <= PROBLEMS_MAX);
	assert(p->dropped == 0 || p->n == PROBLEMS_MAX);
	for (size_t i = 0; i < p->n; i++) {
		const struct problem *now = &p->item[i];
		const struct problem *before = &p->item[i > 0 ? i - 1 : 0];

		assert(now->at.line > 0 && now->at.column > 0);
		assert(before->at.line <= now->at.line);
		assert(before->at.line < now->at.line || before->at.column <= now->at.column);
		assert(now->message[0] != '\0' && now->advice[0] != '\0');
	}
}

static void
check_pointer(const char *pointer)
{
	assert(!pointer || pointer[0] == '\0' || pointer[0] == '/');
	assert(!pointer || strlen(pointer) <= 4 * POINTER_MAX);
}

static void
check_endpoint(const struct oem_profile *p)
{
	const struct oem_endpoint *e = &p->endpoint;

	assert(e->validate[0] == '/' && e->enrol[0] == '/');
	assert((e->deregister == OEM_DEREGISTER_PATH) == (e->deregister_path != NULL));
	assert(p->job.mode != OEM_ASYNC_ID || (p->job.id && strstr(e->status, "{operationId}")));
	assert(e->headers.n <= PAIRS_MAX && e->query.n <= PAIRS_MAX);
	for (size_t i = 0; i < e->headers.n; i++)
		assert(e->headers.item[i].name[0] && !strpbrk(e->headers.item[i].name, " :\r\n"));
	assert(!p->idempotency.header || !p->idempotency.field);
}

/* What is taken for granted where bodies are made. */
static void
check_request(const struct oem_profile *p)
{
	const struct oem_envelope *e = &p->request;

	check_pointer(e->devices);
	assert(e->devices[0] || (e->constants.n == 0 && !p->idempotency.field));
	for (size_t i = 0; i < e->constants.n; i++)
		check_pointer(e->constants.item[i].name);
	for (enum oem_value v = 0; v < NOEM_VALUE; v++) {
		const char *name = e->field[v].name;

		assert(!name || (name[0] == '/') == (e->field[v].level == OEM_IN_ENVELOPE));
		assert(!name || e->field[v].length_max > 0);
		assert(!name || e->devices[0] || e->field[v].level == OEM_IN_DEVICE);
	}
	assert(e->field[OEM_TENANT_ID].name && e->field[OEM_TENANT_DOMAIN].name);
	assert(p->identity == OEM_ID_TUPLE || e->field[OEM_PRODUCT_ID].name);
	assert(p->identity == OEM_ID_PKID || e->field[OEM_SERIAL].name);
	assert(!p->result.ref || e->field[OEM_REF].name);
}

static void
check_answers(const struct oem_profile *p)
{
	const struct oem_result *r = &p->result;

	check_pointer(r->devices);
	check_pointer(r->status);
	assert(r->ref || r->serial || r->product_id);
	assert(r->ok.n > 0 && r->otherwise != OEM_RESULT_OK);
	assert(p->consent.granted.n > 0 && p->consent.refused.n > 0);
	for (size_t i = 0; i < p->consent.granted.n; i++) {
		const struct oem_test *t = &p->consent.granted.item[i];

		assert((t->pointer != NULL) == (t->values.n > 0));
	}
	assert(p->errors.n > 0 && p->error_default != OEM_CLASS_OK);
	for (size_t i = 0; i < p->errors.n; i++) {
		const struct oem_error *e = &p->errors.item[i];

		assert((e->code != NULL) + (e->name != NULL) + (e->match != NULL) == 1);
	}
	assert(p->job.mode == OEM_SYNC || (p->job.status ? p->job.running.n : r->pending.n) > 0);
	assert(!p->job.poll.max_ms || p->job.poll.first_ms <= p->job.poll.max_ms);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct problems problems;
	struct slice text = { (const char *)data, size };
	struct oem_profile *p = NULL;
	struct err err;

	if (size > CONFIG_BYTES_MAX)
		return 0;
	if (oem_profile_parse(text, "/etc/autoreg", &p, &problems, &err)) {
		assert(!p && err.code == ERR_FORMAT);
		check_problems(&problems);
		return 0;
	}
	assert(problems.n == 0 && p->version == 1 && p->name);
	check_endpoint(p);
	check_request(p);
	check_answers(p);
	oem_profile_free(p);
	return 0;
}
