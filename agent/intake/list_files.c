/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/intake/list_files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const suffix[] = {
	[LIST_SOURCE] = "",
	[LIST_REPORT_CSV] = ".report.csv",
	[LIST_REPORT_JSON] = ".report.json",
	[LIST_REJECTS] = ".rejects.csv",
};

enum { SPOOL_FOLDER_MODE = 0750, SPOOL_FILE_MODE = 0640 };
enum { COPY_INSIDE_MAX = 1 << 30 }; /* bytes a call */
enum { REJECTED_MAX = 10000 };      /* of one name */

/* --- names --- */

static enum err_code
fits(int written, struct err *err)
{
	if (written < 0 || written >= LIST_PATH_MAX)
		return err_set(err, ERR_LIMIT,
		    "the path of the state folder or the spool is too long");
	return ERR_OK;
}

void
list_files_name(struct slice name, char out[LIST_NAME_MAX + 1])
{
	const char *slash = name.len ? memrchr(name.ptr, '/', name.len) : NULL;
	struct slice last = slash ? slice_from(name, (size_t)(slash + 1 - name.ptr)) : name;
	size_t n = 0;

	for (; n < last.len && n < LIST_NAME_MAX; n++) {
		unsigned char c = (unsigned char)last.ptr[n];

		out[n] = c < ' ' || c == 127 ? '_' : last.ptr[n];
	}
	out[n] = '\0';
	if (n == 0 || strcmp(out, ".") == 0 || strcmp(out, "..") == 0)
		(void)snprintf(out, LIST_NAME_MAX + 1, "list");
}

static const char *
plain_name(const char *name, char out[LIST_NAME_MAX + 1])
{
	list_files_name(slice_of(name), out);
	return out;
}

enum err_code
list_files_state(const char *state, int64_t list, const char *name, enum list_file file,
    char out[LIST_PATH_MAX], struct err *err)
{
	char plain[LIST_NAME_MAX + 1];

	return fits(snprintf(out, LIST_PATH_MAX, "%s/lists/%" PRId64 "/%s%s", state, list,
	                plain_name(name, plain), suffix[file]),
	    err);
}

enum err_code
list_files_spool(const char *spool, const char *customer, int64_t list, const char *name,
    enum list_file file, char out[LIST_PATH_MAX], struct err *err)
{
	char plain[LIST_NAME_MAX + 1];

	return fits(snprintf(out, LIST_PATH_MAX, "%s/%s/reports/%s.%" PRId64 "%s", spool, customer,
	                plain_name(name, plain), list, suffix[file]),
	    err);
}

/* --- folders and files --- */

/* Makes what happened in the folder of path durable. */
static enum err_code
sync_folder(const char *path, struct err *err)
{
	char folder[LIST_PATH_MAX];
	char *slash;
	int fd, rc;

	if (fits(snprintf(folder, sizeof folder, "%s", path), err))
		return err->code;
	slash = strrchr(folder, '/');
	if (slash)
		slash[slash == folder] = '\0'; /* the root keeps its slash */
	fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, errno, "%s", folder);
	rc = fsync(fd) == 0 ? 0 : errno;
	(void)close(fd);
	return rc ? err_errno(err, rc, "%s", folder) : ERR_OK;
}

/*
 * The setgid bit comes from the folder above, and is not asked for: services that may set none are
 * refused even then. For the same reason they need a umask that leaves the group its rights.
 */
enum err_code
list_files_make_folder(const char *path, unsigned mode, struct err *err)
{
	struct stat st;

	if (mkdir(path, mode) != 0)
		return errno == EEXIST ? ERR_OK : err_errno(err, errno, "%s", path);
	if (stat(path, &st) != 0)
		return err_errno(err, errno, "%s", path);
	if ((st.st_mode & mode) != mode && chmod(path, st.st_mode | mode) != 0)
		return err_errno(err, errno, "%s: its mode cannot become %04o (umask 007 helps)",
		    path, mode);
	return sync_folder(path, err);
}

enum err_code
list_files_make_folders(const char *path, unsigned mode, struct err *err)
{
	char folder[LIST_PATH_MAX];

	if (fits(snprintf(folder, sizeof folder, "%s", path), err))
		return err->code;
	for (char *slash = strchr(folder + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (list_files_make_folder(folder, mode, err))
			return err->code;
		*slash = '/';
	}
	return ERR_OK;
}

static enum err_code
write_all(int fd, const char *bytes, size_t n, const char *path, struct err *err)
{
	while (n > 0) {
		ssize_t done = write(fd, bytes, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return err_errno(err, errno, "%s", path);
		bytes += done;
		n -= (size_t)done;
	}
	return ERR_OK;
}

/* What the file system can do by itself, which may be all of it, or nothing. */
static void
copy_inside(int from, int to)
{
	ssize_t n;

	do
		n = copy_file_range(from, NULL, to, NULL, COPY_INSIDE_MAX, 0);
	while (n > 0 || (n < 0 && errno == EINTR));
}

static enum err_code
copy_bytes(int from, const char *from_path, int to, const char *to_path, struct err *err)
{
	char piece[64 * 1024];
	ssize_t n;

	copy_inside(from, to);
	while ((n = read(from, piece, sizeof piece)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, errno, "%s", from_path);
		if (write_all(to, piece, (size_t)n, to_path, err))
			return err->code;
	}
	return fsync(to) == 0 ? ERR_OK : err_errno(err, errno, "%s", to_path);
}

static enum err_code
copy(const char *from, const char *to, unsigned mode, struct err *err)
{
	char part[LIST_PATH_MAX];
	int in = -1, out = -1;
	enum err_code rc;

	if ((rc = fits(snprintf(part, sizeof part, "%s.part", to), err)))
		return rc;
	in = open(from, O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return err_errno(err, errno, "%s", from);
	out = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode);
	if (out < 0 || fchmod(out, mode) != 0) {
		rc = err_errno(err, errno, "%s", part);
		goto out;
	}
	if ((rc = copy_bytes(in, from, out, part, err)))
		goto out;
	if (rename(part, to) != 0)
		rc = err_errno(err, errno, "%s", to);
out:
	if (rc && out >= 0)
		(void)unlink(part);
	if (out >= 0)
		(void)close(out);
	(void)close(in);
	return rc;
}

enum err_code
list_files_take(const char *from, const char *to, bool move, unsigned mode, struct err *err)
{
	if (move && rename(from, to) == 0) {
		(void)chmod(to, mode); /* another's file may keep its own: the folder guards it */
		if (sync_folder(to, err) == ERR_OK)
			return ERR_OK;
		(void)rename(to, from); /* nobody knows where it would be after a crash */
		return err->code;
	}
	if (move && errno != EXDEV)
		return err_errno(err, errno, "%s", from);
	if (copy(from, to, mode, err) || sync_folder(to, err))
		return err->code;
	if (move && unlink(from) != 0)
		return err_errno(err, errno, "%s", from);
	return ERR_OK;
}

enum err_code
list_files_forget(const char *state, int64_t list, const char *name, struct err *err)
{
	char path[LIST_PATH_MAX];

	for (enum list_file file = LIST_SOURCE; file <= LIST_REJECTS; file++) {
		if (list_files_state(state, list, name, file, path, err))
			return err->code;
		if (unlink(path) != 0 && errno != ENOENT)
			return err_errno(err, errno, "%s", path);
	}
	*strrchr(path, '/') = '\0';
	if (rmdir(path) != 0 && errno != ENOENT)
		return err_errno(err, errno, "%s", path);
	return ERR_OK;
}

static enum err_code
write_text(const char *path, const char *text, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, SPOOL_FILE_MODE);
	enum err_code rc;

	if (fd < 0)
		return err_errno(err, errno, "%s", path);
	if (fchmod(fd, SPOOL_FILE_MODE) != 0)
		rc = err_errno(err, errno, "%s", path);
	else if ((rc = write_all(fd, text, strlen(text), path, err)) == ERR_OK)
		rc = write_all(fd, "\n", 1, path, err);
	(void)close(fd);
	return rc;
}

/* The first of NAME, NAME.2 and so on that is not there yet. */
static enum err_code
find_free(const char *spool, const char *customer, const char *name, char out[LIST_PATH_MAX],
    struct err *err)
{
	char plain[LIST_NAME_MAX + 1];

	(void)plain_name(name, plain);
	if (fits(snprintf(out, LIST_PATH_MAX, "%s/%s/rejected/%s", spool, customer, plain), err))
		return err->code;
	for (int n = 2; faccessat(AT_FDCWD, out, F_OK, AT_SYMLINK_NOFOLLOW) == 0; n++) {
		if (n > REJECTED_MAX)
			return err_set(err, ERR_LIMIT,
			    "%s: there are %d of this name; move them away", out, REJECTED_MAX);
		if (fits(snprintf(out, LIST_PATH_MAX, "%s/%s/rejected/%s.%d", spool, customer,
		             plain, n),
		        err))
			return err->code;
	}
	return ERR_OK;
}

enum err_code
list_files_reject(const char *from, const char *spool, const char *customer, const char *name,
    const char *why, struct err *err)
{
	char to[LIST_PATH_MAX], text[LIST_PATH_MAX];

	if (find_free(spool, customer, name, to, err) ||
	    fits(snprintf(text, sizeof text, "%s.error.txt", to), err) ||
	    list_files_make_folders(to, SPOOL_FOLDER_MODE, err) || write_text(text, why, err))
		return err->code;
	return list_files_take(from, to, true, SPOOL_FILE_MODE, err);
}
