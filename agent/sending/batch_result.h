/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "agent/sending/agenda.h"
#include "agent/sending/batch_step.h"

/*
 * Puts into memory what a step of a batch has put into the store: where the batch stands, and what
 * the answer means for its lane, customer and service.
 *
 * Thread: the loop's. now: unix milliseconds. The job may be gone afterwards.
 */
void batch_result_apply(struct agenda *a, struct job *j, const struct batch_step_result *r,
    int64_t now);

/* What the service said is lost, so its outcome is unknown once more. */
void batch_result_lost(struct agenda *a, struct job *j, const struct batch_step_result *r,
    int64_t now);
