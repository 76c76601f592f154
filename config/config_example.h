/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"

/*
 * Writes a configuration to begin with: every key with its help and its default, the few that
 * somebody needs first as they would be written, all others commented out.
 */
void config_example_write(struct buf *out);
