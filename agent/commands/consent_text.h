/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <jansson.h>
#include <stdio.h>

#include "base/err.h"

/*
 * What is told about consent, for people. doc: a document of agent/server/consent_task.h, or of
 * consent_snapshot.h.
 */

/* A table of the customers, and one of those that are not configured. Errors: ERR_NOMEM. */
MUST_USE enum err_code consent_text_print(const json_t *doc, FILE *stream, struct err *err);

/* The partners that did not say which customers they have, and what to do. */
void consent_text_tell_failed(const json_t *doc, FILE *stream);

/* How it stands after the service was asked, and what to do. */
void consent_text_tell_check(const json_t *doc, FILE *stream);

enum { CONSENT_AGE_SIZE = 32 };

/* "5m ago"; at: RFC 3339. NULL, or no such time: "never". Returns out. */
const char *consent_text_age(const char *at, int64_t now_unix_ms, char out[CONSENT_AGE_SIZE]);
