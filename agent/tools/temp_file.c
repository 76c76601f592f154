/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/tools/temp_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STEM "temp-"

struct temp_file {
	int fd; /* -1: closed */
	char path[PATH_MAX];
};

enum err_code
temp_file_open(const char *folder, struct temp_file **out, struct err *err)
{
	struct temp_file *f = calloc(1, sizeof *f);
	enum err_code rc;
	int n;

	if (!f)
		return err_set(err, ERR_NOMEM, "temporary file");
	n = snprintf(f->path, sizeof f->path, "%s/" STEM "XXXXXX", folder);
	errno = ENAMETOOLONG;
	f->fd = n > 0 && (size_t)n < sizeof f->path ? mkostemp(f->path, O_CLOEXEC) : -1;
	if (f->fd < 0) {
		rc = err_errno(err, errno, "temporary file in %s", folder);
		free(f);
		return rc;
	}
	*out = f;
	return ERR_OK;
}

enum err_code
temp_file_add(struct temp_file *f, struct slice bytes, struct err *err)
{
	while (bytes.len > 0) {
		ssize_t n = write(f->fd, bytes.ptr, bytes.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, errno, "%s", f->path);
		bytes = slice_from(bytes, (size_t)n);
	}
	return ERR_OK;
}

enum err_code
temp_file_close(struct temp_file *f, struct err *err)
{
	int fd = f->fd;

	f->fd = -1;
	return close(fd) == 0 ? ERR_OK : err_errno(err, errno, "%s", f->path);
}

const char *
temp_file_path(const struct temp_file *f)
{
	return f->path;
}

int
temp_file_take(struct temp_file *f)
{
	int fd = f->fd;

	f->fd = -1;
	temp_file_free(f);
	return fd;
}

void
temp_file_free(struct temp_file *f)
{
	if (!f)
		return;
	if (f->fd >= 0)
		(void)close(f->fd);
	(void)unlink(f->path);
	free(f);
}

void
temp_file_sweep(const char *folder)
{
	DIR *d = opendir(folder);
	const struct dirent *entry;

	if (!d)
		return;
	while ((entry = readdir(d)) != NULL) {
		if (strncmp(entry->d_name, STEM, strlen(STEM)) == 0)
			(void)unlinkat(dirfd(d), entry->d_name, 0);
	}
	(void)closedir(d);
}
