/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "tests/simulator/scenario.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_scenario(const struct scenario *s)
{
	assert(s->token_lifetime_ms >= 1000 && s->page_size > 0 && s->partner);
	for (const struct app *a = s->apps; a; a = a->next)
		assert(a->tenant && a->client_id);
	for (const struct customer_plan *c = s->customers; c; c = c->next)
		assert(c->tenant && c->domain && scenario_customer(s, c->tenant));
	for (const struct job_plan *j = s->job_overrides; j; j = j->next)
		assert(j->nth > 0 && scenario_job(s, j->nth)->nth == j->nth);
	for (const struct fault *f = s->faults; f; f = f->next)
		assert(f->on <= OPERATION_ANY && f->chance <= 1);
}

/* "name:line:column: text" */
static void
check_message(const struct err *err)
{
	assert(err->code == ERR_FORMAT);
	assert(strncmp(err->msg, "fuzz:", 5) == 0 && strstr(err->msg, ": "));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = { (const char *)data, size };
	struct scenario *s = NULL;
	struct err err;

	if (scenario_parse("fuzz", text, &s, &err) == ERR_OK) {
		check_scenario(s);
	} else {
		assert(!s);
		check_message(&err);
	}
	scenario_free(s);
	return 0;
}
