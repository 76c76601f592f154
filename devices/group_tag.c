/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/group_tag.h"

#include "devices/columns.h"
#include "devices/field_rules.h"

/* One that equals the tag, else one that nearly does, else none. */
static enum tag_match
nearest_tag(struct slice tag, const struct slice *allowed, size_t n, struct slice *near)
{
	enum tag_match best = TAG_DIFFERENT;

	for (size_t i = 0; i < n; i++) {
		enum tag_match m = tag_compare(tag, allowed[i]);

		if (m == TAG_EQUAL)
			return TAG_EQUAL;
		if (m == TAG_NEAR) {
			best = TAG_NEAR;
			*near = allowed[i];
		}
	}
	return best;
}

void
group_tag_check(struct slice tag, const struct slice *allowed, size_t n, struct row_findings *out)
{
	static const struct slice mmd = { GROUP_TAG_MMD, sizeof GROUP_TAG_MMD - 1 };
	const char *column = column_name(COLUMN_TAG);
	enum tag_match match;
	struct slice near;

	if (!tag.len)
		return;
	match = nearest_tag(tag, n ? allowed : &mmd, n ? n : 1, &near);
	if (match == TAG_EQUAL)
		return;
	if (match == TAG_NEAR)
		row_findings_add(out, FINDING_TAG_NEAR_MISS, SEVERITY_ERROR, column,
		    "\"" SLICE_FMT "\" is not \"" SLICE_FMT "\": capitals, blanks and '_' count",
		    VALUE_SHOWN(tag), VALUE_SHOWN(near));
	else if (value_trim(tag).len != tag.len)
		row_findings_add(out, FINDING_TAG_NEAR_MISS, SEVERITY_ERROR, column,
		    "\"" SLICE_FMT "\" has blanks at its ends, and they count", VALUE_SHOWN(tag));
	else if (n)
		row_findings_add(out, FINDING_TAG_MISMATCH, SEVERITY_ERROR, column,
		    "\"" SLICE_FMT "\" is not a tag that is allowed here", VALUE_SHOWN(tag));
}
