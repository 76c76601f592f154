/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <jansson.h>

#include "base/buf.h"

/*
 * The dossier of a claim in words. doc: what dossier.json holds: "claim", "device", "customer",
 * "identity" (null without a whole hash) and "timeline".
 */

/* What to do, and what to ask for, one sentence each. NULL: no memory. */
json_t *dossier_text_steps(const json_t *doc);

/* Appends the text; "ask" has to be in doc by now. */
void dossier_text_add(struct buf *out, const json_t *doc);
