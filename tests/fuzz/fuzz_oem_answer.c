/* SPDX-License-Identifier: Apache-2.0 */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "channel/channel_answer.h"
#include "oem/oem_answer.h"
#include "oem/oem_error_map.h"
#include "oem/oem_location.h"

/*
 * Whatever a maker's service answers: each device gets one verdict at most, texts end where they
 * should, a device is never registered because of the job as a whole, and credentials never go to another
 * host. The first byte says which profile reads it.
 */
enum { NDEVICE = 4 };

static struct oem_profile *
make_profile(const char *name, const char *more)
{
	static struct problems problems;
	struct oem_profile *p = NULL;
	char text[16 * 1024];
	struct err err;
	size_t n = strlen(oem_profile_builtin(name));
	char *job;

	assert(n + strlen(more) < sizeof text);
	memcpy(text, oem_profile_builtin(name), n + 1);
	if (more[0]) {
		/* The section goes, from its key to the next one. */
		job = strstr(text, "\nresult:") + 1;
		memmove(strstr(text, "\njob:") + 1, job, strlen(job) + 1);
		memcpy(text + strlen(text), more, strlen(more) + 1);
	}
	problems.n = problems.dropped = 0;
	assert(!oem_profile_parse(slice_of(text), ".", &p, &problems, &err));
	return p;
}

static struct batch *
make_batch(void)
{
	static const char *const serial[NDEVICE] = { "SN-0001", "sn-0001", "SN-0002", "" };
	static const char *const product_id[NDEVICE] = { "", "", "", "1234567890123" };
	struct batch *b = NULL;
	struct err err;
	enum err_code rc;

	rc = batch_new(&(struct batch_head){ .id = 1 }, &b, &err);
	assert(!rc);
	for (size_t i = 0; i < NDEVICE; i++) {
		const struct batch_device d = { .id = (int64_t)i + 1,
			.serial = slice_of(serial[i]),
			.product_id = slice_of(product_id[i]),
			.manufacturer = slice_of("m"),
			.model = slice_of("m") };

		rc = batch_add(b, &d, &err);
		assert(!rc);
	}
	return b;
}

static void
check_results(const struct oem_profile *p, const struct oem_error_map *errors, struct slice body,
    const struct batch *b)
{
	struct oem_results r = { .unmatched = 99 };
	struct err err;

	if (oem_answer_results(p, errors, body, b, &r, &err)) {
		assert(err.code == ERR_NOMEM && r.unmatched == 99);
		return;
	}
	assert((r.progress == OEM_OVER) == (r.verdict != NULL));
	for (size_t i = 0; r.verdict && i < NDEVICE; i++) {
		const struct verdict *v = &r.verdict[i];

		assert((int)v->class >= VERDICT_NONE && (int)v->class < NVERDICT);
		assert(memchr(v->name, '\0', sizeof v->name));
		assert(memchr(v->message, '\0', sizeof v->message));
		assert((v->class == VERDICT_NONE) == (v->message[0] == '\0'));
		assert(v->code >= 0);
		assert(v->class != VERDICT_OK || memmem(body.ptr, body.len, "{", 1));
	}
	assert(r.unmatched <= body.len);
	free(r.verdict);
}

static void
check_refusal(const struct oem_profile *p, const struct oem_error_map *errors, struct slice body)
{
	struct channel_answer a;

	channel_answer_init(&a);
	a.status = 400;
	oem_answer_refused(p, errors, body, &a);
	assert(a.outcome == CHANNEL_REFUSED || a.code[0]);
	assert(memchr(a.code, '\0', sizeof a.code) && memchr(a.message, '\0', sizeof a.message));
	assert(a.message[0] && a.advice);
}

static void
check_location(struct slice location)
{
	char path[BATCH_TRACKING_SIZE];

	if (!oem_location_read(location, "https://oem.example/api/v1/r", path))
		return;
	assert(path[0] == '/' && strlen(path) < sizeof path);
	for (const char *c = path; *c; c++)
		assert(*c > ' ' && *c <= '~' && *c != '#');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const job[] = { "", "job: {mode: sync}\n",
		"job: {mode: async_location}\n" };
	struct slice body = { (const char *)data, size };
	struct oem_profile *p;
	struct oem_error_map *errors;
	struct batch *b = make_batch();
	char id[16] = "";
	struct err err;
	enum err_code rc;

	p = make_profile("reference-v1", job[size > 0 ? data[0] % 3 : 0]);
	rc = oem_error_map_new(p, &errors, &err);
	assert(!rc);
	if (size > 0)
		body = slice_from(body, 1);
	check_results(p, errors, body, b);
	check_refusal(p, errors, body);
	check_location(body);
	if (oem_answer_consent(p, 200, body) == OEM_SAID_GRANTED)
		assert(memmem(body.ptr, body.len, "consent", 7) ||
		    memmem(body.ptr, body.len, "\\u", 2));
	assert(!oem_answer_job(p, body, id, sizeof id) || id[0]);
	oem_error_map_free(errors);
	oem_profile_free(p);
	batch_free(b);
	return 0;
}
