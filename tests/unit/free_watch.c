/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/free_watch.h"

#include <malloc.h>
#include <string.h>

void __real_free(void *p);
void __wrap_free(void *p);

static const char *watched;
static size_t seen;

void
__wrap_free(void *p)
{
	if (p && watched && memmem(p, malloc_usable_size(p), watched, strlen(watched)))
		seen++;
	__real_free(p);
}

void
free_watch(const char *text)
{
	watched = text;
	seen = 0;
}

size_t
free_watch_seen(void)
{
	return seen;
}
