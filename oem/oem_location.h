/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/slice.h"
#include "channel/batch.h"

/*
 * Where a service says that a job can be asked about: the header Location of the answer that
 * began it. Our credentials go there, so it has to be the host that we were told to trust; what is kept of it
 * is the path, and the host is put back from the configuration. Source: sources.md#location
 */

/*
 * The path with its query. request_url: of the request that was answered; location is absolute, or
 * relative to it. False: there is none, it leads to another host or port or out of https, holds
 * anything but visible ASCII, or is too long; out is untouched then.
 */
bool oem_location_read(struct slice location, const char *request_url,
    char out[BATCH_TRACKING_SIZE]);

/* Appends the address of such a path at the host of base_url. */
void oem_location_url(const char *base_url, const char *path, struct buf *out);
