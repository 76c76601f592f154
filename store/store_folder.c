/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/slice.h"

static enum err_code
join(const char *folder, const char *name, char **path, struct err *err)
{
	if (asprintf(path, "%s/%s", folder, name) < 0)
		return err_set(err, ERR_NOMEM, "%s: out of memory", folder);
	return ERR_OK;
}

static enum err_code
make_folder(const char *folder, struct err *err)
{
	if (mkdir(folder, 0700) == 0) {
		/* A strange umask may have taken our own rights, here and below. */
		if (chmod(folder, 0700) == 0)
			return ERR_OK;
	} else if (errno == EEXIST) {
		return ERR_OK;
	}
	return err_errno(err, errno, "cannot make the folder %s", folder);
}

enum err_code
store_folder_judge(const char *folder, struct err *err)
{
	static const struct {
		uint32_t type;
		const char *name;
	} network[] = {
		{ NFS_SUPER_MAGIC, "NFS" },
		{ SMB_SUPER_MAGIC, "SMB" },
		{ SMB2_SUPER_MAGIC, "SMB" },
		{ CIFS_SUPER_MAGIC, "CIFS" },
	};
	struct statfs fs;

	if (statfs(folder, &fs) != 0)
		return err_errno(err, errno, "cannot look at the file system of %s", folder);
	for (size_t i = 0; i < sizeof network / sizeof network[0]; i++) {
		if ((uint32_t)fs.f_type == network[i].type)
			return err_set(err, ERR_IO,
			    "%s is on %s, where a store is not safe. Use a folder on a local disk",
			    folder, network[i].name);
	}
	return ERR_OK;
}

/* Who holds the lock, as far as its file tells. */
static enum err_code
blame_holder(int fd, const char *folder, struct err *err)
{
	char text[24];
	ssize_t n = pread(fd, text, sizeof text, 0);
	struct slice digits = slice_trim((struct slice){ text, n > 0 ? (size_t)n : 0 });
	uint64_t pid;

	if (!slice_to_u64(digits, INT32_MAX, &pid))
		return err_set(err, ERR_BUSY, "another agent works in %s", folder);
	return err_set(err, ERR_BUSY, "another agent works in %s: process %" PRIu64, folder, pid);
}

/* The number is for people only: what counts is the lock, which ends with its process. */
static enum err_code
sign(int fd, const char *path, struct err *err)
{
	if (ftruncate(fd, 0) != 0 || dprintf(fd, "%ld\n", (long)getpid()) < 0)
		return err_errno(err, errno, "cannot write %s", path);
	return ERR_OK;
}

void
store_folder_leave(int lock)
{
	if (lock >= 0)
		(void)close(lock);
}

static enum err_code
open_lock(const char *path, int *out, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || fchmod(fd, 0600) != 0) {
		(void)err_errno(err, errno, "cannot open %s", path);
		store_folder_leave(fd);
		return err->code;
	}
	*out = fd;
	return ERR_OK;
}

static enum err_code
take_lock(int fd, const char *folder, const char *path, struct err *err)
{
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return sign(fd, path, err);
	if (errno == EWOULDBLOCK)
		return blame_holder(fd, folder, err);
	return err_errno(err, errno, "cannot lock %s", path);
}

enum err_code
store_folder_take(const char *folder, int *lock, struct err *err)
{
	char *path = NULL;
	int fd = -1;
	enum err_code rc;

	if ((rc = make_folder(folder, err)) || (rc = store_folder_judge(folder, err)) ||
	    (rc = join(folder, "agent.lock", &path, err)) || (rc = open_lock(path, &fd, err)) ||
	    (rc = take_lock(fd, folder, path, err)))
		goto out;
	*lock = fd;
	fd = -1;
out:
	store_folder_leave(fd);
	free(path);
	return rc;
}

/* SQLite gives its log and its shared memory the rights of the file. */
static enum err_code
make_file(const char *path, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	enum err_code rc = ERR_OK;

	if (fd < 0 && errno == EEXIST)
		return ERR_OK;
	if (fd < 0 || fchmod(fd, 0600) != 0)
		rc = err_errno(err, errno, "cannot make %s", path);
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

static enum err_code
find_file(const char *folder, const char *path, struct err *err)
{
	if (access(path, F_OK) == 0)
		return ERR_OK;
	if (errno == ENOENT)
		return err_set(err, ERR_NOT_FOUND, "there is no store in %s yet", folder);
	return err_errno(err, errno, "cannot look at %s", path);
}

enum err_code
store_folder_file(const char *folder, bool make, char **path, struct err *err)
{
	char *file;
	enum err_code rc;

	if (join(folder, "autoreg.db", &file, err))
		return err->code;
	rc = make ? make_file(file, err) : find_file(folder, file, err);
	if (rc)
		free(file);
	else
		*path = file;
	return rc;
}
