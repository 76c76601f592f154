/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/intake/rejects_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "devices/rejects.h"

enum { ROW_MAX = 256 * 1024 };

struct rejects_file {
	const char *path;
	char *part; /* its name until it is complete; NULL for a pipe or a device */
	FILE *file;
	struct buf row;
};

static enum err_code
create_part(struct rejects_file *r, struct err *err)
{
	char *part = NULL;
	int fd;

	if (asprintf(&part, "%s.part", r->path) < 0)
		return err_set(err, ERR_NOMEM, "%s", r->path);
	fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) {
		if (errno == EEXIST)
			(void)err_set(err, ERR_EXISTS,
			    "%s is there: another run writes it now, or was cut short; then delete it",
			    part);
		else
			(void)err_errno(err, errno, "%s", part);
		free(part);
		return err->code;
	}
	r->part = part;
	r->file = fdopen(fd, "w");
	if (!r->file) {
		(void)close(fd);
		return err_set(err, ERR_NOMEM, "%s", r->path);
	}
	return ERR_OK;
}

static enum err_code
create(struct rejects_file *r, struct err *err)
{
	struct stat st;

	if (stat(r->path, &st) != 0 || S_ISREG(st.st_mode))
		return create_part(r, err);
	r->file = fopen(r->path, "we");
	return r->file ? ERR_OK : err_errno(err, errno, "%s", r->path);
}

/* What the buffer holds goes out. */
static enum err_code
write_row(struct rejects_file *r, struct err *err)
{
	if (buf_check(&r->row, err))
		return err->code;
	if (fwrite(r->row.ptr, 1, r->row.len, r->file) != r->row.len)
		return err_errno(err, errno, "%s", r->path);
	buf_reset(&r->row);
	return ERR_OK;
}

enum err_code
rejects_file_open(const char *path, struct rejects_file **out, struct err *err)
{
	struct rejects_file *r = calloc(1, sizeof *r);

	if (!r)
		return err_set(err, ERR_NOMEM, "%s", path);
	r->path = path;
	buf_init(&r->row, ROW_MAX);
	rejects_heading(&r->row);
	if (create(r, err) || write_row(r, err)) {
		rejects_file_abandon(r);
		return err->code;
	}
	*out = r;
	return ERR_OK;
}

enum err_code
rejects_file_add(struct rejects_file *r, const char *list, const struct finding *why,
    const struct row_fields *fields, struct slice raw, struct err *err)
{
	rejects_row(&r->row, list, why, fields, raw);
	return write_row(r, err);
}

static void
rejects_file_free(struct rejects_file *r)
{
	buf_done(&r->row);
	free(r->part);
	free(r);
}

enum err_code
rejects_file_finish(struct rejects_file *r, struct err *err)
{
	FILE *file = r->file;

	r->file = NULL;
	if (fclose(file) != 0 || (r->part && rename(r->part, r->path) != 0)) {
		(void)err_errno(err, errno, "%s", r->path);
		rejects_file_abandon(r);
		return err->code;
	}
	rejects_file_free(r);
	return ERR_OK;
}

void
rejects_file_abandon(struct rejects_file *r)
{
	if (!r)
		return;
	if (r->file)
		(void)fclose(r->file);
	if (r->part)
		(void)unlink(r->part);
	rejects_file_free(r);
}
