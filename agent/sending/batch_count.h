/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "agent/meter/meter.h"
#include "agent/sending/agenda.h"
#include "agent/sending/batch_step.h"

/* What a step of a batch adds to what has happened, once it is durable. m: NULL: nobody counts. */
void batch_count(struct meter *m, const struct job *j, const struct batch_step_result *r,
    int64_t now_unix_ms);

/*
 * Nothing may be sent for this party (NULL: for any of the service) until then; called before that is
 * in the roster. Only what it adds to a pause counts, so that what many requests are told at once
 * counts once.
 */
void batch_count_pause(struct meter *m, const struct roster *r, const struct party *p,
    const struct service *s, int64_t until_unix_ms, int64_t now_unix_ms);
