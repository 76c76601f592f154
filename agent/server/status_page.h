/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "agent/server/status_snapshot.h"
#include "base/buf.h"

/* The status as a page for a browser: one document, no script, nothing from elsewhere. */
void status_page_write(const struct status_snapshot *s, struct buf *out);
