/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <jansson.h>
#include <stddef.h>

#include "agent/gate/gate_rules.h"
#include "base/err.h"
#include "config/arena.h"
#include "config/config.h"
#include "store/store.h"

/*
 * The question whether the devices of a serial number may be delivered, in two steps: what is known
 * of them is read where the store is; what follows from it is decided where the configuration is,
 * with the one that is in force then. A plain value; zeroed, it may be ended.
 */
enum {
	GATE_DEVICES_MAX = 64
}; /* of one serial number: each more is a mistake in somebody's lists */

struct gate_inquiry {
	struct slice serial;              /* as it was asked for, without blanks around it */
	struct store_gate_device *device; /* GATE_DEVICES_MAX of them */
	size_t n;
	struct arena arena; /* owns all of it */
};

/* Errors: ERR_USAGE (an empty serial number), ERR_NOMEM. */
MUST_USE enum err_code gate_inquiry_init(struct gate_inquiry *q, const char *serial,
    struct err *err);

/*
 * Reads what the store has. Blocks. Without it there is no such device. Errors: ERR_LIMIT (too many
 * devices have the serial number), those of the store.
 */
MUST_USE enum err_code gate_inquiry_read(struct gate_inquiry *q, struct store *s, struct err *err);

/* The answer, in the shape that scripts rely on: {"gate":[{…}]}. NULL: no memory. */
json_t *gate_inquiry_json(const struct gate_inquiry *q, const struct config *c,
    enum gate_cause *cause);

void gate_inquiry_done(struct gate_inquiry *q);
