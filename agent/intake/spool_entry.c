/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/intake/spool_entry.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/slice.h"

bool
spool_entry_is_named(const char *name)
{
	static const char *const unfinished[] = { ".part", ".tmp", ".partial", ".filepart",
		".crdownload", ".swp", "~" };
	struct slice s = slice_of(name);

	if (s.len == 0 || name[0] == '.')
		return false;
	for (size_t i = 0; i < sizeof unfinished / sizeof unfinished[0]; i++) {
		struct slice end = slice_of(unfinished[i]);

		if (s.len >= end.len && slice_eq_nocase(slice_from(s, s.len - end.len), end))
			return false;
	}
	return true;
}

bool
spool_stamp_same(const struct spool_stamp *a, const struct spool_stamp *b)
{
	return a->ino == b->ino && a->size == b->size && a->mtime.tv_sec == b->mtime.tv_sec &&
	    a->mtime.tv_nsec == b->mtime.tv_nsec;
}

bool
spool_entry_stamp(int folder, const char *name, struct spool_stamp *out)
{
	struct stat st;

	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
		return false;
	*out = (struct spool_stamp){ st.st_ino, st.st_size, st.st_mtim };
	return true;
}

/* There the kernel knows the writers on this machine only, or refuses leases without a writer. */
static bool
is_shared(int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) != 0)
		return true;
	switch ((unsigned long)fs.f_type) {
	case NFS_SUPER_MAGIC:
	case SMB_SUPER_MAGIC:
	case CIFS_SUPER_MAGIC:
	case SMB2_SUPER_MAGIC:
	case FUSE_SUPER_MAGIC:
	case V9FS_MAGIC:
	case CEPH_SUPER_MAGIC:
	case AFS_SUPER_MAGIC:
		return true;
	default:
		return false;
	}
}

/*
 * A read lease is granted if nobody has the file open for writing, and only to its owner. Who opens
 * it while we have the lease waits until we let go, and the kernel sends us a signal: one that is
 * ignored unless somebody asks for it, because the usual one would end the process.
 */
static enum spool_writer
ask_for_lease(int fd)
{
	if (fcntl(fd, F_SETSIG, SIGURG) != 0)
		return SPOOL_WRITER_UNKNOWN;
	if (fcntl(fd, F_SETLEASE, F_RDLCK) != 0)
		return errno == EAGAIN ? SPOOL_WRITER_SOME : SPOOL_WRITER_UNKNOWN;
	(void)fcntl(fd, F_SETLEASE, F_UNLCK);
	return SPOOL_WRITER_NONE;
}

enum spool_writer
spool_entry_writer(int folder, const char *name)
{
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	enum spool_writer writer;

	if (fd < 0)
		return SPOOL_WRITER_UNKNOWN;
	writer = is_shared(fd) ? SPOOL_WRITER_UNKNOWN : ask_for_lease(fd);
	(void)close(fd);
	return writer;
}

bool
spool_entry_is_readable(int folder, const char *name)
{
	return faccessat(folder, name, R_OK, AT_EACCESS) == 0;
}
