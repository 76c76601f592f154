/* SPDX-License-Identifier: Apache-2.0 */
#include "partner/tracking.h"

#include <stddef.h>
#include <string.h>

#include "channel/answer_json.h"

static bool
is_id_char(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	    (c != '\0' && strchr("-._~", c));
}

/* The next segment of a path, without its slash; *path is what follows. */
static struct slice
take_segment(struct slice *path)
{
	const char *slash = path->len > 0 ? memchr(path->ptr, '/', path->len) : NULL;
	size_t len = slash ? (size_t)(slash - path->ptr) : path->len;
	struct slice segment = slice_head(*path, len);

	*path = slice_from(*path, slash ? len + 1 : len);
	return segment;
}

/* A path, or an address of our host; "//host/…" is an address as well. */
static bool
is_ours(struct slice link, const char *base_url)
{
	struct slice base = slice_of(base_url);

	if (slice_starts_nocase(link, base))
		return link.len > base.len && link.ptr[base.len] == '/';
	return link.len > 0 && !slice_starts_nocase(link, slice_of("//")) &&
	    !memmem(link.ptr, link.len, "://", 3);
}

/* Without query and fragment. */
static struct slice
path_of(struct slice link)
{
	size_t n = 0;

	while (n < link.len && link.ptr[n] != '?' && link.ptr[n] != '#')
		n++;
	return slice_head(link, n);
}

bool
tracking_from_link(struct slice link, const char *base_url, char out[BATCH_TRACKING_SIZE])
{
	struct slice path = path_of(link);
	struct slice id;

	if (!is_ours(path, base_url))
		return false;
	while (path.len > 0 && !slice_eq_nocase(take_segment(&path), slice_of("batchJobStatus")))
		;
	id = take_segment(&path);
	if (id.len == 0 || id.len >= BATCH_TRACKING_SIZE)
		return false;
	for (size_t i = 0; i < id.len; i++) {
		if (!is_id_char(id.ptr[i]))
			return false;
	}
	memcpy(out, id.ptr, id.len);
	out[id.len] = '\0';
	return true;
}

/* No deeper than jansson nests. */
static bool
find(json_t *value, const char *base_url, char out[BATCH_TRACKING_SIZE])
{
	const struct slice link = { json_string_value(value), json_string_length(value) };
	const char *key;
	json_t *child;
	size_t i;

	json_array_foreach(value, i, child)
	{
		if (find(child, base_url, out))
			return true;
	}
	json_object_foreach(value, key, child)
	{
		if (find(child, base_url, out))
			return true;
	}
	return tracking_from_link(link, base_url, out);
}

bool
tracking_from_body(struct slice body, const char *base_url, char out[BATCH_TRACKING_SIZE])
{
	json_t *root = answer_json_read(body);
	bool found = find(root, base_url, out);

	json_decref(root);
	return found;
}
