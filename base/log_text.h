/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/log.h"

/*
 * A record as one line of text. Fields are logfmt: name=value, and name="value" where the value has
 * blanks, quotes or nothing in it. Text from outside can neither forge nor break a line: quotes and
 * backslashes get a backslash, whatever could drive a terminal becomes \n, \r, \t or \uXXXX, and what
 * is not UTF-8 becomes U+FFFD. A value is cut at LOG_VALUE_MAX bytes and then ends in an ellipsis.
 * A field that does not fit into the line is left out, and the line ends in an ellipsis; a message
 * that does not is cut.
 */
enum {
	LOG_LINE_MAX = 4096, /* with its line end: as much as a pipe takes at once or not at all */
	LOG_VALUE_MAX = 768,
};

/* Both return the length. There is no NUL behind it. */

/* "warning: message name=value …". colour: the level is coloured, for a terminal. */
size_t log_text_short(const struct log_record *r, bool colour, char out[LOG_LINE_MAX]);

/* "ts=2030-01-15T10:00:00Z level=warning event=… msg="message" name=value …" */
size_t log_text_logfmt(const struct log_record *r, int64_t unix_ms, char out[LOG_LINE_MAX]);

/* "message name=value …", without a line end. */
size_t log_text_plain(const struct log_record *r, char out[LOG_LINE_MAX]);

/* A value with its line ends, cut as in a line; all that a line would escape becomes U+FFFD. */
size_t log_text_lines(struct slice value, char out[LOG_LINE_MAX]);
