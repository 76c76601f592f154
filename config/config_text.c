/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config_text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/config.h"

static enum err_code
blame_file(struct problems *problems, struct err *err, const char *what, const char *advice)
{
	problem_advise(problems_add(problems, (struct place){ 0, 0 }, "%s", what), "%s", advice);
	return err_set(err, ERR_FORMAT, "1 problem");
}

static enum err_code
blame_errno(struct problems *problems, struct err *err, int errnum, const char *if_none)
{
	char reason[128];

	return blame_file(problems, err, strerror_r(errnum, reason, sizeof reason),
	    errnum == ENOENT ? if_none : "Check the path and its permissions.");
}

static enum err_code
read_file(const char *path, const char *if_none, struct buf *text, struct problems *problems,
    struct err *err)
{
	char block[4096];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;
	int errnum;

	if (fd < 0)
		return blame_errno(problems, err, errno, if_none);
	while ((n = read(fd, block, sizeof block)) > 0 && !text->failed)
		buf_add(text, block, (size_t)n);
	errnum = errno;
	(void)close(fd);
	if (n < 0)
		return blame_errno(problems, err, errnum, if_none);
	if (text->failed == ERR_LIMIT)
		return blame_file(problems, err, "the file is larger than 1 MiB",
		    "Check that this is the right file.");
	return buf_check(text, err);
}

/* The folder of a path, which the caller frees; "" if it names none. NULL: no memory. */
static char *
folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == path)
		return strdup("/");
	return strndup(path, slash ? (size_t)(slash - path) : 0);
}

enum err_code
config_text_read(const char *path, const char *if_none, struct config_text *out,
    struct problems *problems, struct err *err)
{
	struct config_text t = { .folder = folder_of(path) };
	enum err_code rc;

	*problems = (struct problems){ .n = 0 };
	buf_init(&t.bytes, CONFIG_BYTES_MAX);
	if (!t.folder)
		rc = err_set(err, ERR_NOMEM, "no memory for %s", path);
	else
		rc = read_file(path, if_none, &t.bytes, problems, err);
	if (rc)
		config_text_done(&t);
	else
		*out = t;
	return rc;
}

void
config_text_done(struct config_text *t)
{
	buf_done(&t->bytes);
	free(t->folder);
}
