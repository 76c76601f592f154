/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "devices/finding.h"

/*
 * Findings put aside until all is known, by list: a JSON document names the totals of a list, and a
 * later list may still change them. They lie in an unnamed temporary file, since there may be
 * millions; nothing is made while there are none.
 */
struct finding_log;

MUST_USE enum err_code finding_log_new(struct finding_log **out, struct err *err);
/* Accepts NULL. */
void finding_log_free(struct finding_log *log);

/*
 * Lists come in their order, but a finding may still concern an earlier list. Errors: ERR_IO,
 * ERR_NOMEM.
 */
MUST_USE enum err_code finding_log_add(struct finding_log *log, uint32_t list,
    const struct finding *f, struct err *err);

/*
 * Calls take for each finding of one list. Lists must be asked for in their order.
 * Errors: ERR_IO, ERR_NOMEM, ERR_LIMIT (texts of more than 16 KiB), and those of take.
 */
typedef enum err_code finding_take_fn(void *arg, const struct finding *f, struct err *err);
MUST_USE enum err_code finding_log_each(struct finding_log *log, uint32_t list,
    finding_take_fn *take, void *arg, struct err *err);
