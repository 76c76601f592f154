/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "agent/tools/byte_sink.h"
#include "base/err.h"
#include "base/slice.h"
#include "config/config.h"

/*
 * Units on their way to the agent, as lines of JSON, and its answers, a line for each. Blocks until
 * the answers are there: then the units are durable.
 */
struct unit_sender {
	const struct config *config;
	const char *customer;         /* of units that do not say; NULL: none */
	const struct byte_sink *sink; /* for the answers, as they come */
};

/* lines: whole ones. Errors: those of control_client_ask() and of the sink. */
MUST_USE enum err_code unit_sender_put(const struct unit_sender *s, struct slice lines,
    struct err *err);

/*
 * Sends what is read from a file or a pipe, what is there at a time together, so that who writes a
 * line into a pipe is answered before writing the next. Errors: also ERR_IO, ERR_LIMIT (a line is too
 * long).
 */
MUST_USE enum err_code unit_sender_copy(const struct unit_sender *s, int fd, struct err *err);
