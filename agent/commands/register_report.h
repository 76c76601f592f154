/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "agent/commands/options.h"
#include "base/err.h"
#include "config/config.h"
#include "store/device_state.h"

/*
 * How a registration has ended: what people and scripts are told, and the exit code. Lists and
 * devices are given in their JSON shapes, wherever they come from.
 */
struct register_report {
	json_t *lists; /* array of the lists that were taken in */
	json_t
	    *devices; /* array of devices that are not registered, some of them if there are many */
	json_t *untaken; /* array of what is no list or could not be read: file, message */
	bool taken;      /* false: something is in untaken */
	bool settled;    /* false: not waited for, or not long enough */
};

/* Of which devices a person wants to know more, and of how many of them. */
enum { REGISTER_DEVICES_SHOWN = 20, REGISTER_STATES_SHOWN = 3 };
extern const enum device_state register_state_shown[REGISTER_STATES_SHOWN];

/* Errors: ERR_NOMEM. register_report_done() is right after an error, too, and for a zeroed one. */
MUST_USE enum err_code register_report_init(struct register_report *r, struct err *err);
void register_report_done(struct register_report *r);

/* A list that could not be taken, and why. */
void register_report_untaken(struct register_report *r, const char *list, const char *why);

/* What to open, and what to call it, for a word of the command line: "-" is standard input. */
const char *register_list_path(const char *operand);
const char *register_list_name(const char *operand);

/*
 * Prints it on stdout. path: of the report, or of the folder with the reports; NULL: there is none.
 * Errors: ERR_NOMEM.
 */
MUST_USE enum err_code register_report_print(const struct options *o,
    const struct register_report *r, const char *path, struct err *err);

/*
 * All registered: EXIT_DONE. None, and some of it waits for a person: EXIT_AUTH. Some refused,
 * failed or held: EXIT_PARTLY. Nothing registered, or a list that is none: EXIT_FAILED. Not waited
 * for: EXIT_DONE if that was wanted, else EXIT_TIMED_OUT.
 */
int register_report_exit(const struct options *o, const struct register_report *r);

/* Both; tells what fails. */
int register_report_end(const struct options *o, const struct config *config,
    const struct register_report *r);
