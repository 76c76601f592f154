/* SPDX-License-Identifier: Apache-2.0 */
#include "oem/oem_location.h"

#include <string.h>

/* The parts of an absolute address; path is all that follows the authority. */
struct parts {
	struct slice scheme;    /* "https" */
	struct slice authority; /* without the port that goes without saying */
	struct slice path;
};

static bool
ends_with(struct slice s, struct slice end)
{
	return s.len >= end.len && slice_eq(slice_from(s, s.len - end.len), end);
}

static struct slice
without_usual_port(struct slice scheme, struct slice authority)
{
	bool plain = slice_eq_nocase(scheme, slice_of("http"));
	struct slice port = slice_of(plain ? ":80" : ":443");

	return ends_with(authority, port) ? slice_head(authority, authority.len - port.len)
	                                  : authority;
}

/* From what follows "scheme:", which begins with two slashes. */
static struct parts
parts_of(struct slice scheme, struct slice rest)
{
	struct parts p = { .scheme = scheme };
	size_t n = 0;

	rest = slice_from(rest, 2);
	while (n < rest.len && !memchr("/?#", rest.ptr[n], 3))
		n++;
	p.authority = without_usual_port(scheme, slice_head(rest, n));
	p.path = slice_from(rest, n);
	return p;
}

/* False: it is no address that begins with a scheme and two slashes. */
static bool
split(struct slice url, struct parts *out)
{
	const char *colon = url.len > 0 ? memchr(url.ptr, ':', url.len) : NULL;
	size_t n = colon ? (size_t)(colon - url.ptr) : 0;

	if (!colon || url.len < n + 3 || memcmp(colon, "://", 3) != 0 || memchr(url.ptr, '/', n) ||
	    memchr(url.ptr, '?', n))
		return false;
	*out = parts_of(slice_head(url, n), slice_from(url, n + 1));
	return true;
}

static bool
is_same_host(const struct parts *a, const struct parts *b)
{
	return slice_eq_nocase(a->scheme, b->scheme) && slice_eq_nocase(a->authority, b->authority);
}

static bool
is_visible(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] <= ' ' || s.ptr[i] > '~')
			return false;
	}
	return true;
}

static struct slice
until(struct slice s, const char *marks)
{
	size_t n = 0;

	while (n < s.len && !strchr(marks, s.ptr[n]))
		n++;
	return slice_head(s, n);
}

/* The path of a request up to its last slash; "/" if it has none. */
static struct slice
folder_of(struct slice path)
{
	struct slice folder = until(path, "?#");

	while (folder.len > 0 && folder.ptr[folder.len - 1] != '/')
		folder.len--;
	return folder.len > 0 ? folder : slice_of("/");
}

static bool
put(struct slice folder, struct slice path, char out[BATCH_TRACKING_SIZE])
{
	path = until(path, "#");
	if (path.len == 0 || folder.len + path.len >= BATCH_TRACKING_SIZE)
		return false;
	memcpy(out, folder.ptr, folder.len);
	memcpy(out + folder.len, path.ptr, path.len);
	out[folder.len + path.len] = '\0';
	return true;
}

bool
oem_location_read(struct slice location, const char *request_url, char out[BATCH_TRACKING_SIZE])
{
	static const struct slice none = { "", 0 };
	struct parts ours, theirs;
	bool whole = true;

	if (!is_visible(location) || !split(slice_of(request_url), &ours))
		return false;
	if (slice_eq(slice_head(location, 2), slice_of("//")))
		theirs = parts_of(ours.scheme, location);
	else
		whole = split(location, &theirs);
	if (whole)
		return is_same_host(&ours, &theirs) && theirs.path.len > 0 &&
		    theirs.path.ptr[0] == '/' && put(none, theirs.path, out);
	if (slice_eq(slice_head(location, 1), slice_of("/")))
		return put(none, location, out);
	/* A scheme without slashes, or a query alone: nobody answers a job with these. */
	if (memchr("?#", location.len > 0 ? location.ptr[0] : '#', 2) ||
	    until(location, ":").len < until(location, "/?#").len)
		return false;
	return put(folder_of(ours.path), location, out);
}

void
oem_location_url(const char *base_url, const char *path, struct buf *out)
{
	struct slice base = slice_of(base_url);
	struct parts p;

	if (split(base, &p))
		base = slice_head(base, base.len - p.path.len);
	buf_add_slice(out, base);
	buf_add_str(out, path);
}
