/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/tools/safe_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct safe_file {
	const char *path;
	char *part; /* its name until it is complete; NULL: there is no such file (any more) */
	int fd;     /* -1: closed */
};

static enum err_code
create_part(struct safe_file *f, unsigned mode, struct err *err)
{
	static const char suffix[] = ".part";
	char *part = NULL;

	if (asprintf(&part, "%s.XXXXXX%s", f->path, suffix) < 0)
		return err_set(err, ERR_NOMEM, "%s", f->path);
	f->fd = mkostemps(part, (int)sizeof suffix - 1, O_CLOEXEC);
	if (f->fd < 0) {
		(void)err_errno(err, errno, "%s", f->path);
		free(part);
		return err->code;
	}
	f->part = part;
	return fchmod(f->fd, mode) == 0 ? ERR_OK : err_errno(err, errno, "%s", f->path);
}

enum err_code
safe_file_open(const char *path, unsigned mode, struct safe_file **out, struct err *err)
{
	struct safe_file *f = calloc(1, sizeof *f);

	if (!f)
		return err_set(err, ERR_NOMEM, "%s", path);
	f->path = path;
	f->fd = -1;
	if (create_part(f, mode, err)) {
		safe_file_abandon(f);
		return err->code;
	}
	*out = f;
	return ERR_OK;
}

enum err_code
safe_file_write(struct safe_file *f, struct slice bytes, struct err *err)
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

/* The content is on the disk, though not yet under its name. */
static enum err_code
close_part(struct safe_file *f, struct err *err)
{
	int fd = f->fd;

	if (fsync(fd) != 0)
		return err_errno(err, errno, "%s", f->path);
	f->fd = -1;
	return close(fd) == 0 ? ERR_OK : err_errno(err, errno, "%s", f->path);
}

static enum err_code
put_in_place(struct safe_file *f, enum safe_file_place place, struct err *err)
{
	unsigned flags = place == SAFE_FILE_NEW ? RENAME_NOREPLACE : 0;

	if (renameat2(AT_FDCWD, f->part, AT_FDCWD, f->path, flags) == 0) {
		free(f->part);
		f->part = NULL;
		return ERR_OK;
	}
	if (errno == EEXIST)
		return err_set(err, ERR_EXISTS, "%s is there already", f->path);
	return err_errno(err, errno, "%s", f->path);
}

/* The new name is on the disk as well. */
static enum err_code
sync_folder(const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	enum err_code rc = ERR_OK;
	int fd;

	if (!folder)
		return err_set(err, ERR_NOMEM, "%s", path);
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(folder);
	/* Not every file system can sync a folder; those that cannot say EINVAL. */
	if (fd < 0 || (fsync(fd) != 0 && errno != EINVAL))
		rc = err_errno(err, errno, "%s: its folder", path);
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

enum err_code
safe_file_commit(struct safe_file *f, enum safe_file_place place, struct err *err)
{
	enum err_code rc;

	if ((rc = close_part(f, err)) || (rc = put_in_place(f, place, err)))
		goto out;
	rc = sync_folder(f->path, err);
out:
	safe_file_abandon(f);
	return rc;
}

void
safe_file_abandon(struct safe_file *f)
{
	if (!f)
		return;
	if (f->fd >= 0)
		(void)close(f->fd);
	if (f->part)
		(void)unlink(f->part);
	free(f->part);
	free(f);
}
