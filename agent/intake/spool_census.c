/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/intake/spool_census.h"

#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/intake/spool_entry.h"
#include "agent/intake/spool_tree.h"

static const char reason_ending[] = ".error.txt"; /* beside each rejected file */

static bool
is_reason(const char *name)
{
	size_t len = strlen(name), end = sizeof reason_ending - 1;

	return len > end && strcmp(name + len - end, reason_ending) == 0;
}

static void
count_waiting(struct spool_census *c, const struct spool_stamp *stamp)
{
	c->waiting++;
	if (c->oldest_unix_s == 0 || stamp->mtime.tv_sec < c->oldest_unix_s)
		c->oldest_unix_s = stamp->mtime.tv_sec;
}

static enum err_code
look_through(const char *root, const char *folder, bool rejected, struct spool_census *c,
    struct err *err)
{
	const struct dirent *e;
	struct spool_stamp stamp;
	DIR *dir;

	if (spool_tree_open(root, folder, &dir, err))
		return err->code;
	for (size_t n = 0; n < SPOOL_CENSUS_MAX && (e = readdir(dir)); n++) {
		if (!spool_entry_is_named(e->d_name) ||
		    !spool_entry_stamp(dirfd(dir), e->d_name, &stamp))
			continue;
		if (!rejected)
			count_waiting(c, &stamp);
		else if (!is_reason(e->d_name))
			c->rejected++;
	}
	(void)closedir(dir);
	return ERR_OK;
}

/* A customer's folder is made with the spool; the other one with the first file in it. */
static enum err_code
look_at(const char *root, const char *folder, bool rejected, struct spool_census *c,
    struct err *err)
{
	char path[PATH_MAX];

	spool_tree_path(root, folder, NULL, path);
	return access(path, F_OK) == 0 ? look_through(root, folder, rejected, c, err) : ERR_OK;
}

enum err_code
spool_census_take(const char *root, const char *const *customer, size_t n, struct spool_census *out,
    struct err *err)
{
	struct spool_census c = { .waiting = 0 };
	DIR *dir;

	if (spool_tree_open(root, "", &dir, err))
		return err->code;
	(void)closedir(dir);
	for (size_t i = 0; i < n; i++) {
		char rejected[NAME_MAX + 1];

		(void)snprintf(rejected, sizeof rejected, "%s/rejected", customer[i]);
		if (look_at(root, customer[i], false, &c, err) ||
		    look_at(root, rejected, true, &c, err))
			return err->code;
	}
	*out = c;
	return ERR_OK;
}
