/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/commands/options.h"
#include "store/device_state.h"

/* The one line on a terminal that tells how far a registration is. A plain value. */
struct register_line {
	bool enabled;
	bool drawn;
};

void register_line_init(struct register_line *l, const struct options *o);
void register_line_draw(struct register_line *l, const uint64_t states[NDEVICE_STATE]);

/* Makes room for other output. */
void register_line_clear(struct register_line *l);

/* A list that could not be taken, and why. */
void register_line_tell(struct register_line *l, const char *list, const char *why);
