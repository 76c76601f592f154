/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "tests/simulator/simulator.h"

/*
 * What becomes of accepted jobs: queued, processing, settled.
 * Source: sources.md#partner-job, sources.md#device-codes
 */

/* Settles whatever is due: verdicts are given, devices registered. */
void job_course_advance(struct simulator *sim);

/* GET batchJobStatus/{tracking} */
void job_course_status(struct simulator *sim, struct exchange *x);
