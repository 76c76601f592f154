/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "config/config.h"

/*
 * Watches lists end: whenever something of a list was settled, it is asked whether that was the
 * last of it; then its report is written, and whoever waits is told. In the spool the refused rows
 * come first and the JSON last, so that a program that sees it finds all. A list that is taken up again
 * later (somebody gave consent, or asked for another try) is reported again.
 *
 * Thread: the loop's.
 */
struct reporter;
struct store_async;
struct uv_loop_s;

struct reporter_options {
	struct uv_loop_s *loop;
	const struct config *config;
	struct store_async *writer;
	struct store_async *reader;
	void *arg;
	void (*on_done)(void *arg, int64_t list); /* settled, and its report is in place */
};

/* Everything in it must outlive the reporter. Errors: ERR_NOMEM; *out is untouched then. */
MUST_USE enum err_code reporter_new(const struct reporter_options *opt, struct reporter **out,
    struct err *err);

/* Something of the list was settled. Any number of times; one after the other, once each. */
void reporter_look(struct reporter *r, int64_t list);

/* All lists of this customer that are not reported; NULL: of all customers. */
void reporter_look_all(struct reporter *r, const char *customer);

/* Ends what is at work, then frees the reporter and calls closed on the loop thread. */
void reporter_close(struct reporter *r, void (*closed)(void *arg), void *arg);
