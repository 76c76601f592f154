/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

/* What the program takes of the machine, under the names that Prometheus' own clients have. A plain value. */
struct process_facts {
	uint64_t cpu_us; /* user and system */
	uint64_t resident_bytes;
	uint64_t virtual_bytes;
	uint64_t open_fds;
	uint64_t max_fds;
};

/*
 * Reads what is ours below /proc, which a unit with ProcSubset=pid still has. What cannot be read
 * is 0.
 */
void process_facts_read(struct process_facts *out);
