/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"
#include "channel/batch.h"
#include "channel/channel.h"
#include "http/http_call.h"
#include "oem/oem_answer.h"
#include "oem/oem_request.h"

/* What a registration and the taking back of one have in common: a job that begins and ends. Pure. */
struct oem_service;

enum { OEM_URL_MAX = 8 * 1024 };

/* The largest answer that tells the results of a batch: struct http_request. */
size_t oem_job_answer_max(const struct batch *b);

/* As channel_answer_init(), with the ids of a batch of which nothing is sent. */
void oem_job_unasked(const struct batch *b, struct channel_answer *answer);

/*
 * Writes what a job that was accepted is asked about by. If the answer does not say, *answer is
 * CHANNEL_UNKNOWN afterwards. url: of the request.
 */
void oem_job_begun(const struct oem_service *s, const struct http_response *rsp, const char *url,
    struct channel_answer *answer, char tracking[BATCH_TRACKING_SIZE]);

/* Appends the address where it is asked about. Errors: those of oem_request_url(). */
MUST_USE enum err_code oem_job_url(const struct oem_service *s, const struct oem_tenant *tenant,
    const char *tracking, struct buf *out, struct err *err);

/*
 * Reads results. True: it is over, and out->verdict is the caller's. False: it is not, or *answer is not
 * CHANNEL_DONE any more.
 */
bool oem_job_results(const struct oem_service *s, const struct batch *b, struct slice body,
    struct channel_answer *answer, struct oem_results *out);
