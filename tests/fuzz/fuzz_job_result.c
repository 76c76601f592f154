/* SPDX-License-Identifier: Apache-2.0 */

#include <assert.h>
#include <string.h>

#include "partner/job_result.h"

/*
 * Whatever a status says: each device gets one verdict at most, texts end where they should, and what
 * cannot be read leaves no trace. A device is never registered because of the job as a whole.
 */
enum { NDEVICE = 4 };

static struct batch *
make_batch(void)
{
	static const char *const serial[NDEVICE] = { "SN-0001", "sn-0001", "SN-0002", "" };
	static const char *const product_id[NDEVICE] = { "", "", "1234567890123", "" };
	struct batch *b = NULL;
	struct err err;
	enum err_code rc;

	rc = batch_new(&(struct batch_head){ .id = 1,
	                   .customer = slice_of("c"),
	                   .tenant = slice_of("t"),
	                   .tag = slice_of("g") },
	    &b, &err);
	assert(!rc);
	for (size_t i = 0; i < NDEVICE; i++) {
		const struct batch_device d = { .serial = slice_of(serial[i]),
			.product_id = slice_of(product_id[i]) };

		rc = batch_add(b, &d, &err);
		assert(!rc);
	}
	return b;
}

static void
check(const struct job_result *r, struct slice body)
{
	for (size_t i = 0; i < NDEVICE; i++) {
		const struct verdict *v = &r->verdict[i];

		assert((int)v->class >= VERDICT_NONE && (int)v->class < NVERDICT);
		assert(memchr(v->name, '\0', sizeof v->name));
		assert(memchr(v->message, '\0', sizeof v->message));
		assert((v->class == VERDICT_NONE) == (v->message[0] == '\0'));
		assert(v->code >= 0);
		/* "finished" stands there for the job, and once more for the device. */
		assert(v->class != VERDICT_OK || body.len > 2 * strlen("finished"));
	}
	assert(r->unmatched <= body.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct slice body = { (const char *)data, size };
	struct job_result r = { .unmatched = 99 };
	struct batch *b = make_batch();
	struct err err;

	if (job_result_read(body, b, &r, &err)) {
		assert(err.code == ERR_FORMAT);
		assert(!r.over && !r.verdict && r.unmatched == 99);
	} else {
		assert(r.over == (r.verdict != NULL));
		if (r.over)
			check(&r, body);
	}
	job_result_done(&r);
	batch_free(b);
	return 0;
}
