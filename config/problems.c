/* SPDX-License-Identifier: Apache-2.0 */
#include "config/problems.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool
stands_before(struct place a, struct place b)
{
	return a.line != b.line ? a.line < b.line : a.column < b.column;
}

/* Where it belongs by place, or NULL if all that fit stand before it. */
static struct problem *
make_room(struct problems *p, struct place at)
{
	bool full = p->n == PROBLEMS_MAX;
	size_t i = p->n;
	size_t moved;

	while (i > 0 && stands_before(at, p->item[i - 1].at))
		i--;
	p->dropped += full;
	p->n += !full;
	if (i == PROBLEMS_MAX)
		return NULL;
	moved = p->n - i - 1;
	memmove(&p->item[i + 1], &p->item[i], moved * sizeof p->item[0]);
	return &p->item[i];
}

/* What a file says may hold line ends. */
static void
keep_one_line(char *text)
{
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
	}
}

struct problem *
problems_add(struct problems *p, struct place at, const char *fmt, ...)
{
	struct problem *problem = make_room(p, at);
	va_list ap;

	if (!problem)
		problem = &p->spare;
	*problem = (struct problem){ .at = at };
	va_start(ap, fmt);
	(void)vsnprintf(problem->message, sizeof problem->message, fmt, ap);
	va_end(ap);
	keep_one_line(problem->message);
	return problem;
}

void
problem_advise(struct problem *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(p->advice, sizeof p->advice, fmt, ap);
	va_end(ap);
	keep_one_line(p->advice);
}
