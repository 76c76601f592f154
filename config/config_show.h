/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"
#include "config/config.h"
#include "config/doc_writer.h"

/*
 * Writes the configuration as it is in force: defaults filled in, paths as they are opened, secrets
 * as the references that they are. What is written can be read again, and means the same.
 */
void config_show(const struct config *c, enum doc_format format, struct buf *out);
