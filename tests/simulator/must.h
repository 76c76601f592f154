/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * What an allocation gave. The simulator is a tool for tests: without memory it has nothing to
 * tell, and ends at once.
 */
static inline void *
must_have(void *p)
{
	if (!p) {
		fputs("autoreg-simulator: out of memory\n", stderr);
		abort();
	}
	return p;
}

/* A copy for the caller to free; NULL of NULL. */
static inline char *
must_copy(const char *text)
{
	return text ? must_have(strdup(text)) : NULL;
}
