/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "agent/engine/agent.h"
#include "base/buf.h"

/*
 * What an operator wants to know at a glance, in one line: "3 customers, 1,240 devices queued, next at
 * 12:03:10 UTC; held: contoso waits for consent".
 */
void service_text_add(struct buf *out, const struct agent_work *work, bool reload_refused,
    int64_t now_unix_ms);
