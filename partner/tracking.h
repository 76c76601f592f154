/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/slice.h"
#include "channel/batch.h"

/*
 * The id of a job, from what the service answers to an upload: the segment after "batchJobStatus" of
 * a link. The link is relative, absolute of the same host, or neither, and none of its forms can be
 * called as it is. Source: sources.md#partner-tracking
 *
 * False if the link has none, leads to another host, or holds anything but letters, digits and
 * "-._~"; out is untouched then.
 */
bool tracking_from_link(struct slice link, const char *base_url, char out[BATCH_TRACKING_SIZE]);

/* The same from a body that holds such a link somewhere. */
bool tracking_from_body(struct slice body, const char *base_url, char out[BATCH_TRACKING_SIZE]);
