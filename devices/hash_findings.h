/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "devices/hardware_hash.h"
#include "devices/row_findings.h"

/*
 * What a hash that was verified means for its row: a fault refuses it, some oddities are told.
 *
 * len: characters of the text. cut_file: the file ends in this row without a line end, so that a
 * hash which is too short was cut together with the file.
 */
void hash_findings_add(const struct hardware_hash *h, size_t len, bool cut_file,
    struct row_findings *out);
