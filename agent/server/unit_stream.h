/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "agent/server/http_exchange.h"

/*
 * A body of many units, each a line, which is answered by as many lines in their order. Some are under
 * way at a time, so that they become durable together; what is answered meanwhile is spilled: memory does
 * not grow with the body. A line that is too long, or is no unit, is refused for itself. Who is cut off
 * sends all of them again: a unit that is known already is not taken twice.
 *
 * Thread: the loop's; bodies that are long are read from a file there.
 */
struct agent;

/* Takes the body of x, and answers it. folder: for what is long; borrowed as long as x stays. */
void unit_stream_start(struct agent *agent, struct http_exchange *x, const char *folder);
