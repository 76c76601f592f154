/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <jansson.h>

#include "base/buf.h"
#include "base/slice.h"

/* What has to go before a text leaves the house. */

/*
 * Events without serial numbers: the member goes, and with it the message of an event that is about one
 * device or holds the words of a person. Those before since go as well; times of events sort like texts.
 */
void bundle_redact_events(json_t *doc, const char *since);

/*
 * Lines of a log. The values of serial, product_id and hash go, quoted or not, and every run of 48 or more
 * characters that a hash or a token could be made of.
 */
void bundle_redact_log(struct slice text, struct buf *out);
