/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "agent/commands/checkup.h"
#include "config/config.h"

/*
 * Looks at what the agent needs of this machine: files and folders, their owners and rights, room on the
 * disk, and secrets. Changes nothing. All of it blocks.
 */

/* Is every secret of the partner, or of the maker, there for us? Tells of each. */
bool machine_checkup_partner(const struct partner *p, struct checkup *out);
bool machine_checkup_oem(const struct oem *m, struct checkup *out);

/* The folder of the store. False: we may not open the store in it, and why has been told. */
bool machine_checkup_state(const char *folder, struct checkup *out);

void machine_checkup_spool(const struct config *c, struct checkup *out);
