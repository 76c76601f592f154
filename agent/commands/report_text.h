/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "devices/finding.h"
#include "devices/list_pass.h"

/*
 * Findings and totals as people read them: one line a finding, as compilers print them, with the
 * advice under it, and a table at the end.
 *
 *	lists/a.csv:3: error: Hardware Hash: the hash is cut short … (hash-truncated)
 *	    Ask for the list again …
 */
struct report_text {
	FILE *stream;
	bool colour;
	bool all;      /* without it, FINDINGS_SHOWN of one kind for each list */
	uint32_t list; /* the list that the counts are of */
	const char *path;
	uint64_t count[NFINDING];
	uint64_t late[NFINDING]; /* on lists before that one */
};

enum { FINDINGS_SHOWN = 20 };

void report_text_init(struct report_text *r, FILE *stream, bool colour, bool all);

/* path: of that list. */
void report_text_finding(struct report_text *r, uint32_t list, const char *path,
    const struct finding *f);

/* Tells what was left out for the last list, and for earlier ones since that began. */
void report_text_end(struct report_text *r);

/* The table of all lists, with totals if there is more than one. */
void report_text_summary(const struct report_text *r, const struct list_summary *s, size_t n);
