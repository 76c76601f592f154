/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <jansson.h>

#include "agent/options.h"
#include "base/err.h"

/*
 * How a registration has ended: what people and scripts are told, and the exit code. Lists and
 * devices are given in their JSON shapes, wherever they come from.
 */
struct register_report {
	json_t *lists;      /* array of the lists that were taken in */
	json_t *devices;    /* array of devices that are not registered, some of them if there are many */
	const char *report; /* path of the report, or of the folder with the reports */
	size_t untaken;     /* lists that are none, or could not be read */
	bool settled;       /* false: not waited for, or not long enough */
};

enum { REGISTER_DEVICES_SHOWN = 20 };

/* Prints it on stdout. Errors: ERR_NOMEM. */
MUST_USE enum err_code register_report_print(const struct options *o,
    const struct register_report *r, struct err *err);

/*
 * All registered: EXIT_DONE. Only what waits for a person: EXIT_AUTH. Some refused or failed:
 * EXIT_PARTLY. Nothing registered, or a list that is none: EXIT_FAILED.
 */
int register_report_exit(const struct register_report *r);
