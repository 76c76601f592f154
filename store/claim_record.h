/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "store/store.h"

/*
 * What becomes of the record of a claim when the service says something of its device, and of the
 * trail with it. All of these belong into a change. answer: the ids under which it was said.
 */

/* Somebody else holds it: a record begins, or counts on. */
MUST_USE enum err_code claim_record_said(struct store *s, const struct store_settlement *t,
    int64_t answer, struct err *err);

/* The device is registered: nothing, unless it was claimed until now. */
MUST_USE enum err_code claim_record_release(struct store *s, int64_t device, int64_t answer,
    struct err *err);
