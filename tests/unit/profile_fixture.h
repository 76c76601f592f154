/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "config/oem_profile.h"

/* Profiles for tests: the least that is good, and what is made of it by replacing a part. */

extern const char profile_fixture_least[];

/* Of five times 51: as many characters as a pointer may have. */
#define X17 "xxxxxxxxxxxxxxxxx"
#define X51 X17 X17 X17
#define X59 X51 "xxxxxxxx"
#define X60 X59 "x"
#define X255 X51 X51 X51 X51 X51
#define X256 X255 "x"

struct profile_case {
	const char *name;
	const char *part; /* of the least one: what is replaced; NULL: all of it */
	const char *by;
	const char *want; /* "LINE:COLUMN MESSAGE\nADVICE\n" of each problem */
};

/* Fails the test unless each of them is refused just so, and the output is untouched. */
void profile_fixture_refused(const struct profile_case *tc, size_t n);

/* A profile that is good, or the test fails. The caller frees it. */
struct oem_profile *profile_fixture_parse(const char *part, const char *by);
