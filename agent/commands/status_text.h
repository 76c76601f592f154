/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <jansson.h>
#include <stdio.h>

#include "base/err.h"

/* The status, as JSON has it, for people. Errors: ERR_NOMEM, ERR_FORMAT (it is no status). */
MUST_USE enum err_code status_text_print(json_t *status, FILE *stream, struct err *err);
