/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "agent/intake/wanted_devices.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/random.h"
#include "config/config.h"
#include "devices/columns.h"
#include "devices/list_layout.h"
#include "devices/row_check.h"

/*
 * How the lists of a customer are read and judged, as its configuration says: headings, group tags,
 * what is forgiven. Not to be moved once it is set up.
 */
enum { INTAKE_TAGS_MAX = 100 };

struct intake_rules {
	struct list_options list;
	struct row_policy policy;
	struct column_map map;
	struct slice tag[INTAKE_TAGS_MAX]; /* that are allowed */
};

/*
 * tag: for rows without one; NULL: the customer's group_tag. The texts must outlive the rules.
 * Errors: ERR_IO (no randomness).
 */
MUST_USE enum err_code intake_rules_init(struct intake_rules *r, const struct customer *c,
    const char *tag, const struct clock *clock, const struct random *random, struct err *err);

/*
 * May lists be taken in for this customer, and under this tag (NULL: its own)? A tag that nearly is
 * the right one would register devices that never get their profile. Errors: ERR_USAGE.
 */
MUST_USE enum err_code intake_rules_check(const struct customer *c, const char *tag,
    struct err *err);
