/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/slice.h"
#include "channel/batch.h"
#include "channel/verdict.h"

/*
 * What became of an accepted upload, device by device. That the job as a whole is "finished" proves
 * nothing: each of its entries is judged. Source: sources.md#partner-job
 *
 * An entry belongs to a device by its serial number (exactly, else without case), else by its
 * product id. Entries for devices that were sent with a hash alone carry neither: those belong by
 * their place, but only if there are as many entries as devices and no other entry stands at a
 * place that is not its device's, because nobody promises an order.
 */
struct job_result {
	bool over;
	size_t unmatched;        /* entries that belong to no device of the batch */
	struct verdict *verdict; /* NULL unless over; else one for each device, in its order */
};

/* Errors: ERR_FORMAT (the body is no status of a job), ERR_NOMEM; *out is untouched then. */
MUST_USE enum err_code job_result_read(struct slice body, const struct batch *b,
    struct job_result *out, struct err *err);

void job_result_done(struct job_result *r);
