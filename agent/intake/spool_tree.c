/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/intake/spool_tree.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/intake/list_files.h"

enum { FOLDER_MODE = 0750 };

void
spool_tree_path(const char *root, const char *folder, const char *name, char out[PATH_MAX])
{
	int n = snprintf(out, PATH_MAX, "%s%s%s%s%s", root, *folder ? "/" : "", folder,
	    name ? "/" : "", name ? name : "");

	assert(n >= 0 && n < PATH_MAX);
}

enum err_code
spool_tree_make(const char *root, const char *const *customer, size_t n, struct err *err)
{
	unsigned mode = FOLDER_MODE;
	struct stat st;

	if (list_files_make_folder(root, mode, err))
		return err->code;
	if (stat(root, &st) != 0)
		return err_errno(err, errno, "%s", root);
	if (st.st_mode & S_ISGID)
		mode |= st.st_mode & S_IRWXG;
	for (size_t i = 0; i < n; i++) {
		char path[PATH_MAX];

		spool_tree_path(root, customer[i], NULL, path);
		if (list_files_make_folder(path, mode, err))
			return err->code;
	}
	return ERR_OK;
}

enum err_code
spool_tree_open(const char *root, const char *folder, DIR **out, struct err *err)
{
	int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (*folder ? O_NOFOLLOW : 0);
	char path[PATH_MAX];
	DIR *dir = NULL;
	int fd;

	spool_tree_path(root, folder, NULL, path);
	fd = open(path, flags);
	if (fd >= 0)
		dir = fdopendir(fd);
	if (!dir) {
		(void)err_errno(err, errno, "%s cannot be read", path);
		if (fd >= 0)
			(void)close(fd);
		return err->code;
	}
	*out = dir;
	return ERR_OK;
}
