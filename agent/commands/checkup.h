/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "agent/commands/exit_code.h"

/*
 * What was looked at, one entry for each, in order: how it is, and what to do about it. "doctor" and
 * "config check --online" gather one and show it.
 */
struct checkup;

enum check_status { CHECK_OK, CHECK_WARNING, CHECK_FAILED, CHECK_SKIPPED };

/* Texts are copied, and cut to a few hundred bytes. */
struct check {
	const char *name;    /* "clock"; static, a contract with scripts */
	const char *subject; /* "partner/northwind" */
	enum check_status status;
	/*
	 * CHECK_FAILED: EXIT_CONFIG, EXIT_AUTH, EXIT_TEMPORARY or EXIT_FAILED, which is meant by
	 * EXIT_DONE as well.
	 */
	enum exit_code exit;
	const char *message;
	const char *advice; /* NULL: nothing is to be done */
};

/* Beyond so many, entries are counted but not kept. */
enum { CHECKUP_MAX = 4096 };

/* NULL: no memory. */
struct checkup *checkup_new(void);

/* Accepts NULL. */
void checkup_free(struct checkup *c);

/* What there is no memory for is remembered as a failure. */
void checkup_add(struct checkup *c, const struct check *check);

/*
 * The worst of all: what is wrong with the configuration stands before other failures, these before
 * missing rights, these before what may pass.
 */
enum exit_code checkup_exit(const struct checkup *c);

/* A line for each, and what to do below it. */
void checkup_put(const struct checkup *c, FILE *stream);

/* {"checks":[{"name","subject","status","message","advice"}]}. NULL: no memory. */
json_t *checkup_json(const struct checkup *c);
