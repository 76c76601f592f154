/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

/* No service may make us wait longer than a day. */
enum { RETRY_AFTER_MAX_MS = 24 * 60 * 60 * 1000 };

/*
 * How long an answer's Retry-After header asks to wait, 0 to RETRY_AFTER_MAX_MS; -1: it is not there,
 * or makes no sense. It is a number of seconds or a date; a date that is over means now.
 *
 * value, date: the headers Retry-After and Date, or NULL. A date counts from the answer's own Date, so
 * that a clock that is wrong on either side changes nothing; now_unix_s is for an answer without.
 * Source: sources.md#retry-after
 */
int64_t retry_after_ms(const char *value, const char *date, int64_t now_unix_s);
