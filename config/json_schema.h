/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"

/*
 * Writes the JSON Schema of the configuration file, draft 2020-12, for editors and other checkers.
 * What it refuses the program refuses as well; it cannot tell whether durations are in range, a
 * name refers to something, or a file is there. Source: sources.md#json-schema
 */
void json_schema_write(struct buf *out);

/* The same for the profile of a maker (config/oem_profile.h). */
void json_schema_write_profile(struct buf *out);
