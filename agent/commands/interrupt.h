/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

/*
 * SIGINT and SIGTERM, for a job that leaves half-made files behind if it simply dies: the first one
 * is noted, so that the job can clean up, the second one ends the process as usual.
 *
 * The note is the one mutable static of agent/: a signal handler can reach nothing else.
 */
void interrupt_watch(void);

/* Has one come? Any thread. */
bool interrupt_seen(void);
