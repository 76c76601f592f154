/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/slice.h"

/*
 * Everything that a whole hardware hash tells about its device, record by record, in words:
 * for people who look at one, not for the checks (those are hardware_hash.h).
 *
 * Calls item once for each fact, in the order of the records. name is a word in lower
 * case with underscores ("tool_build", "os_build", "collected", "utc_offset", "processor_model",
 * "disk", "mac_address", "tpm_version", "ek_sha256", …), value is UTF-8 text without control
 * characters (what is not UTF-8 or not printable is shown as '?'), both valid during the call.
 * Repeated records give the same name again. Unknown records give "record_N" with
 * their length only.
 *
 * used: the bytes [0, total + 36) of a hash that was found whole.
 * Source: sources.md#hardware-hash-records
 */
typedef void hash_item_fn(void *arg, const char *name, struct slice value);

void hash_inventory(struct slice used, hash_item_fn *item, void *arg);
