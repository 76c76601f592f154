/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/random.h"
#include "config/config.h"

/*
 * One list into the store: read, repaired, checked, and committed as it goes, a few hundred devices
 * at a time. When intake_run() has returned ERR_OK the list is ended, and all its devices are
 * durable; holds of its customer that wait for a person are tried anew.
 *
 * It blocks, so it runs on a thread of its own. Memory: as a struct list_pass, and one commit.
 */
struct store_async;

struct intake_request {
	struct store_async *writer;
	const struct clock *clock;
	const struct random *random;
	const struct config *config;
	const struct customer *customer; /* of it */
	const char *tag;                 /* for rows without one; NULL: the customer's group_tag */
	int64_t list;                    /* begun by store_list_begin() */
	const char *path;                /* what to read */
	const char *rejects; /* where the refused rows go, if there are any; NULL: nowhere */
	unsigned threads;    /* to read with; 0: as many as there are processors */
};

enum { INTAKE_REJECTED_SIZE = 512 };

struct intake_result {
	uint64_t rows;
	uint64_t devices;
	uint64_t refused;                    /* rows */
	uint64_t duplicates;                 /* rows; and those that the customer does not want */
	uint64_t contested;                  /* devices that another customer has as well */
	char rejected[INTAKE_REJECTED_SIZE]; /* it is no list: why, and what to do; else "" */
};

/*
 * A file that is no list is a result: the list is then forgotten by the store. A list that was read
 * in part by an earlier run that died is read again from its beginning, with the same outcome.
 * Errors: ERR_NOMEM, ERR_IO, ERR_LIMIT, those of the store; the list is then still open.
 */
MUST_USE enum err_code intake_run(const struct intake_request *req, struct intake_result *out,
    struct err *err);
