/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/slice.h"
#include "config/config.h"

/*
 * Which devices of a list a customer wants: reports of a whole company hold every machine, and only
 * some are to be registered. A device passes if it passes each of the filters that there are:
 * its serial number stands in a file, its model and its manufacturer match a pattern.
 */
struct wanted_devices;

/*
 * Reads the file of serial numbers, UTF-8, one a line; blanks around them do not count.
 * Errors: ERR_IO, ERR_LIMIT (more than 64 MiB), ERR_NOMEM. *out is untouched then.
 */
MUST_USE enum err_code wanted_devices_new(const struct customer_only *only,
    struct wanted_devices **out, struct err *err);

/* Any number of threads. Patterns are those of a shell, case counts. */
bool wanted_devices_has(const struct wanted_devices *f, struct slice serial,
    struct slice manufacturer, struct slice model);

/* Accepts NULL. */
void wanted_devices_free(struct wanted_devices *f);
