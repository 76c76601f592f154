/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

/*
 * The report of Microsoft's OA3Tool about one unit: XML with the root Key. ProductKeyID and
 * HardwareHash are taken; ProductKey is a secret and is dropped unread: its text reaches no
 * buffer of ours. There is no serial number in it; the hash tells.
 * Source: sources.md#oa3-report
 *
 * Entities other than the five built-in ones, document types and more than OA3_MAX bytes are
 * refused.
 */
enum { OA3_MAX = 256 * 1024 };

struct oa3_report {
	struct buf product_id; /* trimmed; empty if absent */
	struct buf hash;       /* trimmed; empty if absent */
	bool had_product_key;
};

/* Does this beginning, as UTF-8, look like an OA3 report: XML whose root element is Key? */
bool oa3_looks_like(struct slice head);

/*
 * xml: the whole document, already UTF-8 (devices/text.h), whatever its declaration says.
 * Errors: ERR_FORMAT with line and column in the message, ERR_LIMIT, ERR_NOMEM. *out is filled
 * only on success; oa3_report_done() frees it, and accepts one that is all zeros.
 */
MUST_USE enum err_code oa3_parse(struct slice xml, struct oa3_report *out, struct err *err);
void oa3_report_done(struct oa3_report *r);
