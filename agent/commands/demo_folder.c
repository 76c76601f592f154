/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/demo_folder.h"

#include <errno.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/intake/list_files.h"
#include "agent/tools/safe_file.h"
#include "base/buf.h"

#define CONFIG "autoreg.yaml"

/* Where the configuration says that the simulator is, for people who start one by hand. */
#define USUAL_URL "http://127.0.0.1:8400"

enum { CONFIG_MAX = 64 * 1024, OPEN_FOLDERS = 8 };

/* What is copied as it is. */
static const char *const files[] = {
	"scenario.yaml",
	"client-secret",
	"refresh-token",
	"lists/contoso/excel.txt",
	"lists/contoso/script.csv",
	"lists/contoso/supplier.csv",
	"lists/fabrikam/configmgr.csv",
	"lists/fabrikam/stations.csv",
};

static enum err_code
path_of(const char *folder, const char *name, char out[PATH_MAX], struct err *err)
{
	int n = snprintf(out, PATH_MAX, "%s/%s", folder, name);

	return n > 0 && n < PATH_MAX ? ERR_OK : err_set(err, ERR_LIMIT, "%s is too long", folder);
}

/* --- what is in it ------------------------------------------------------------------------------ */

static enum err_code
copy_files(const char *data, struct err *err)
{
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		char from[PATH_MAX];

		if (path_of(data, files[i], from, err) ||
		    list_files_make_folders(files[i], 0700, err) ||
		    list_files_take(from, files[i], false, 0600, err))
			return err->code;
	}
	return ERR_OK;
}

static enum err_code
read_config(const char *path, char text[CONFIG_MAX], struct err *err)
{
	FILE *f = fopen(path, "re");
	size_t n;

	if (!f)
		return err_errno(err, errno, "%s", path);
	n = fread(text, 1, CONFIG_MAX, f);
	(void)fclose(f);
	if (n == 0)
		return err_set(err, ERR_IO, "%s: there is nothing in it", path);
	if (n == CONFIG_MAX)
		return err_set(err, ERR_LIMIT, "%s: too long", path);
	text[n] = '\0';
	return ERR_OK;
}

static enum err_code
write_config(struct slice text, struct err *err)
{
	struct safe_file *f;

	if (safe_file_open(CONFIG, 0600, &f, err))
		return err->code;
	if (safe_file_write(f, text, err)) {
		safe_file_abandon(f);
		return err->code;
	}
	return safe_file_commit(f, SAFE_FILE_NEW, err);
}

static enum err_code
make_config(const char *data, const char *url, struct err *err)
{
	char from[PATH_MAX], usual[CONFIG_MAX];
	const char *rest = usual;
	struct buf text;
	enum err_code rc;

	buf_init(&text, CONFIG_MAX);
	if ((rc = path_of(data, CONFIG, from, err)) || (rc = read_config(from, usual, err)))
		goto out;
	for (const char *at; (at = strstr(rest, USUAL_URL)); rest = at + strlen(USUAL_URL)) {
		buf_add(&text, rest, (size_t)(at - rest));
		buf_add_str(&text, url);
	}
	buf_add_str(&text, rest);
	if ((rc = buf_check(&text, err)) == ERR_OK)
		rc = write_config(buf_slice(&text), err);
out:
	buf_done(&text);
	return rc;
}

/* --- the folder --------------------------------------------------------------------------------- */

static enum err_code
make_kept(const char *keep, char out[PATH_MAX], struct err *err)
{
	if (mkdir(keep, 0700) != 0 && errno == EEXIST)
		return err_set(err, ERR_EXISTS,
		    "%s is there already, and the demo needs a new folder", keep);
	if (!realpath(keep, out)) /* also if it could not be made */
		return err_errno(err, errno, "%s", keep);
	return ERR_OK;
}

static enum err_code
make_temporary(char out[PATH_MAX], struct err *err)
{
	const char *tmp = getenv("TMPDIR");
	char root[PATH_MAX];

	tmp = tmp && tmp[0] != '\0' ? tmp : "/tmp";
	if (!realpath(tmp, root))
		return err_errno(err, errno, "%s", tmp);
	if (path_of(root, "autoreg-demo-XXXXXX", out, err))
		return err->code;
	return mkdtemp(out) ? ERR_OK : err_errno(err, errno, "%s", out);
}

static int
remove_entry(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

static bool
remove_all(const char *path)
{
	return chdir("/") == 0 &&
	    nftw(path, remove_entry, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) == 0;
}

enum err_code
demo_folder_enter(const char *data, const char *url, const char *keep, struct demo_folder *out,
    struct err *err)
{
	struct demo_folder made;
	enum err_code rc;

	rc = keep ? make_kept(keep, made.path, err) : make_temporary(made.path, err);
	if (rc)
		return rc;
	if (chdir(made.path) != 0)
		rc = err_errno(err, errno, "%s", made.path);
	else if ((rc = copy_files(data, err)) == ERR_OK)
		rc = make_config(data, url, err);
	if (rc)
		(void)remove_all(made.path);
	else
		*out = made;
	return rc;
}

enum err_code
demo_folder_remove(const struct demo_folder *f, struct err *err)
{
	return remove_all(f->path) ? ERR_OK : err_errno(err, errno, "%s", f->path);
}
