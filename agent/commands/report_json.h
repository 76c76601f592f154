/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "agent/commands/finding_log.h"
#include "base/err.h"
#include "devices/list_pass.h"

/*
 * Prints the document of check --json on stdout, a finding at a time: its shape is a contract.
 * Errors: ERR_NOMEM, ERR_IO; what was printed by then is no whole document.
 */
MUST_USE enum err_code report_json(const struct list_summary *s, size_t n, struct finding_log *log,
    struct err *err);
