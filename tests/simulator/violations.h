/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <jansson.h>
#include <stdint.h>

/*
 * What was sent that a real service would not like, or that a careful client does not do. Each is
 * an object: the request's number, a kind (one word, listed in README.md), and a text for people.
 */

enum { VIOLATIONS_MAX = 10000 }; /* further ones are only counted */

struct violations {
	json_t *list; /* NULL: none yet */
	uint64_t dropped;
};

void violations_add(struct violations *v, uint64_t request, const char *kind, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* A new reference to the list. */
json_t *violations_list(struct violations *v);

void violations_done(struct violations *v);
