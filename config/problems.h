/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

/*
 * What is wrong with a file: the first PROBLEMS_MAX of it by place. A plain value in the caller's
 * memory; zeroed, it is empty. Texts are single lines for people, cut at the end of their arrays;
 * they may repeat parts of the file, with '?' for control characters.
 */

enum { PROBLEMS_MAX = 50, PROBLEM_MESSAGE_BYTES = 256, PROBLEM_ADVICE_BYTES = 512 };

/* The first line and column are 1, columns count characters. Line 0: the file as a whole. */
struct place {
	size_t line;
	size_t column;
};

struct problem {
	struct place at;
	char message[PROBLEM_MESSAGE_BYTES];
	char advice[PROBLEM_ADVICE_BYTES]; /* what to do about it */
};

struct problems {
	struct problem item[PROBLEMS_MAX]; /* by place; those of one place as they were added */
	size_t n;
	size_t dropped;       /* more than fit; they stand behind those that are here */
	struct problem spare; /* for what does not fit */
};

/*
 * Adds a problem with that message and returns it until the next call, so that it can be given
 * advice; also when it does not fit.
 */
struct problem *problems_add(struct problems *p, struct place at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Says what to do about it. */
void problem_advise(struct problem *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
