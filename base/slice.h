/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * A borrowed run of bytes, not terminated: the type of all parsing. Whoever hands one out
 * says how long it holds. ptr may be NULL when len is 0.
 */
struct slice {
	const char *ptr;
	size_t len;
};

/* For printf: printf("%.*s") with a slice. Only for slices known to be shorter than INT_MAX. */
#define SLICE_FMT "%.*s"
#define SLICE_ARG(s) ((int)(s).len), ((s).ptr ? (s).ptr : "")

/* A slice over a literal or another terminated string (without its NUL). */
static inline struct slice
slice_of(const char *s)
{
	return (struct slice){ s, strlen(s) };
}

static inline bool
slice_eq(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* ASCII letters compare without case; all other bytes as they are. */
bool slice_eq_nocase(struct slice a, struct slice b);
bool slice_starts_nocase(struct slice s, struct slice prefix);

/* Without ASCII blanks (space, \t, \r, \n, \v, \f) at both ends. */
struct slice slice_trim(struct slice s);

/* The first n bytes, or all of it. */
static inline struct slice
slice_head(struct slice s, size_t n)
{
	return (struct slice){ s.ptr, s.len < n ? s.len : n };
}

/* What follows the first n bytes, of which there are that many. */
static inline struct slice
slice_from(struct slice s, size_t n)
{
	return (struct slice){ n > 0 ? s.ptr + n : s.ptr, s.len - n };
}

/* Decimal digits only, the whole slice, value at most max. *out is untouched on false. */
bool slice_to_u64(struct slice s, uint64_t max, uint64_t *out);
