/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/slice.h"
#include "channel/batch.h"
#include "channel/channel.h"
#include "config/oem_profile.h"
#include "oem/oem_error_map.h"

/* What a maker's service answers, read as its profile says. Pure. */

/*
 * An answer that is no success: outcome, code, message and advice of *answer, whose status and ids
 * are set. A row of the table decides, so that an error that means "ok" is CHANNEL_DONE; then the
 * status of HTTP does, where a 403 is a matter of credentials: no consent is told by a code.
 */
void oem_answer_refused(const struct oem_profile *p, const struct oem_error_map *errors,
    struct slice body, struct channel_answer *answer);

enum oem_said { OEM_SAID_GRANTED, OEM_SAID_REFUSED, OEM_SAID_NOTHING };

/* Of the call that validates: granted, refused, or nobody can tell. */
enum oem_said oem_answer_consent(const struct oem_profile *p, unsigned status, struct slice body);

/* Writes the id of the job that an answer has begun. False: there is none, or it is too long. */
bool oem_answer_job(const struct oem_profile *p, struct slice body, char *out, size_t size);

enum oem_progress { OEM_UNREADABLE, OEM_RUNNING, OEM_OVER };

struct oem_results {
	enum oem_progress progress;
	size_t unmatched; /* entries that belong to no device of the batch */
	struct verdict
	    *verdict; /* NULL unless OEM_OVER; else one for each device, freed by the caller */
};

/*
 * What became of the devices of a batch: VERDICT_NONE where nothing is said or it is not settled. That
 * the job as a whole succeeded proves nothing: each entry is judged, and one that has both a kind word
 * and an error has the error.
 *
 * An entry belongs to a device by its reference, unless another name in it says otherwise, and a device
 * whose reference is there twice has no verdict; else by serial number (exactly, then without case),
 * else by product id; by its place only if no entry says any of these and they are as many as were sent.
 * Errors: ERR_NOMEM; *out is untouched then.
 */
MUST_USE enum err_code oem_answer_results(const struct oem_profile *p,
    const struct oem_error_map *errors, struct slice body, const struct batch *b,
    struct oem_results *out, struct err *err);
