/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "channel/channel.h"
#include "config/config.h"

/*
 * Looks which customers the partners have that the configuration has not: asks one partner after the
 * other for all of them. One that does not answer does not keep the others from being asked.
 *
 * Thread: the loop's.
 */
struct discovery;

struct discovery_options {
	const struct config *config;
	struct channel *const *channel; /* one for each partner of the configuration */
};

struct discovered {
	const char *partner;
	const char *tenant;
	const char *domain;
	const char *company;
	bool granted;
};

struct undiscovered {
	const char *partner;
	struct channel_answer answer;
};

/* Borrowed by the callback. */
struct discovery_result {
	const struct discovered *customer;
	size_t ncustomer;
	const struct undiscovered *failed; /* partners that did not say */
	size_t nfailed;
};

/* result: NULL with err, which is ERR_NOMEM or ERR_CANCELLED. */
typedef void discovery_fn(void *arg, const struct discovery_result *result, const struct err *err);

/*
 * If it returns ERR_OK done runs exactly once, later, on the loop thread, never inside start or
 * cancel; otherwise never. All in opt must outlive it. Errors: ERR_NOMEM, ERR_NOT_FOUND (there is no
 * partner), those of the first question.
 */
MUST_USE enum err_code discovery_start(const struct discovery_options *opt, discovery_fn *done,
    void *arg, struct discovery **out, struct err *err);

/* A wish: idempotent, ends in the callback with ERR_CANCELLED. */
void discovery_cancel(struct discovery *d);
