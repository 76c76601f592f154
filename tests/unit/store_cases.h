/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

/* What a script makes of a new store: tables of such cases are most of the store's tests. */
struct store_case {
	const char *name;
	const char *script; /* see tests/unit/store_script.h */
	const char *show;   /* see tests/unit/store_show.h */
	const char *want;
};

/* Each in a folder of its own. */
void store_cases_run(const struct store_case *tc, size_t n);

#define RUN(tc) store_cases_run(tc, sizeof(tc) / sizeof((tc)[0]))
