/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/part_name.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/slice.h"

/* Where the extension begins: the last dot of the last component, or the end. */
static size_t
stem_length(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	const char *dot = strrchr(name, '.');

	return dot && dot != name ? (size_t)(dot - path) : strlen(path);
}

char *
part_name(const char *path, uint32_t part, const char *suffix)
{
	size_t stem = stem_length(path);
	struct buf b;

	buf_init(&b, 64 * 1024);
	buf_add(&b, path, stem);
	if (part)
		buf_addf(&b, "-%03" PRIu32, part);
	buf_add_str(&b, path + stem);
	buf_add_str(&b, suffix);
	return buf_take(&b);
}

/* Is name one of "out-NNN.csv" for path "out.csv"? */
static bool
is_part_of(const char *path, const char *name)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	size_t stem = stem_length(path) - (size_t)(base - path);
	const char *extension = base + stem;
	size_t len = strlen(name), tail = strlen(extension);
	struct slice digits;
	uint64_t number;

	if (len < stem + 4 + tail || strncmp(name, base, stem) != 0 || name[stem] != '-' ||
	    strcmp(name + len - tail, extension) != 0)
		return false;
	digits = (struct slice){ name + stem + 1, len - tail - stem - 1 };
	return digits.len == 3 && slice_to_u64(digits, PARTS_MAX, &number);
}

enum err_code
part_name_refuse_stale(const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	DIR *dir = folder ? opendir(folder) : NULL;
	struct dirent *e;
	enum err_code rc = ERR_OK;

	if (!folder)
		rc = err_set(err, ERR_NOMEM, "%s", path);
	else if (!dir)
		rc = err_errno(err, errno, "%s", folder);
	while (dir && rc == ERR_OK && (e = readdir(dir))) {
		if (is_part_of(path, e->d_name))
			rc = err_set(err, ERR_EXISTS,
			    "%s%s is a part of an earlier run: remove the old parts, or choose another name",
			    slash ? folder : "", e->d_name);
	}
	if (dir)
		(void)closedir(dir);
	free(folder);
	return rc;
}
