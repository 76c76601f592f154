/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/output.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/buf.h"
#include "devices/part_name.h"

/*
 *	FILES    out.csv.part, out-001.csv.part, …: named when all is certain
 *	HELD     a stream's rows in memory
 *	SPOOLED  a stream's rows in an unnamed file
 *	PLACE    the stream is a file, or nothing at all: written at once, and corrected in place
 */
enum sink { SINK_FILES, SINK_HELD, SINK_SPOOLED, SINK_PLACE };

enum { COPY_BLOCK = 256 * 1024 };

struct output {
	struct output_options opt;
	enum sink sink;
	int fd;             /* what is being written */
	int stream;         /* where it goes in the end, -1 for files */
	off_t place;        /* SINK_PLACE: where our first byte stands */
	uint32_t rows;      /* in the file at hand */
	uint32_t parts;     /* files begun */
	const char *suffix; /* of the files while they are being made */
	struct slice run;   /* rows not yet written */
	struct buf held;
};

/* --- writing ---------------------------------------------------------------------------------- */

static enum err_code
write_all(int fd, struct slice s, struct err *err)
{
	while (s.len) {
		ssize_t n = write(fd, s.ptr, s.len);

		if (n < 0) {
			if (errno == EINTR)
				continue;
			return err_errno(err, errno, "writing the list");
		}
		s.ptr += n;
		s.len -= (size_t)n;
	}
	return ERR_OK;
}

static enum err_code
begin_file(struct output *o, struct err *err)
{
	char *name = part_name(o->opt.path, o->parts, o->suffix);
	int fd;

	if (!name)
		return err_set(err, ERR_NOMEM, "%s", o->opt.path);
	if (o->parts == PARTS_MAX) {
		free(name);
		return err_set(err, ERR_LIMIT, "more than %d files", PARTS_MAX);
	}
	/* What is there already may be another run's, or one of the lists to read. */
	fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) {
		if (errno == EEXIST)
			(void)err_set(err, ERR_EXISTS,
			    "%s is there: another run writes it now, or was cut short; then delete it",
			    name);
		else
			(void)err_errno(err, errno, "%s", name);
		free(name);
		return err->code;
	}
	free(name);
	o->fd = fd;
	o->parts++;
	o->rows = 0;
	return write_all(fd, o->opt.header, err);
}

static enum err_code
end_file(struct output *o, struct err *err)
{
	int fd = o->fd;

	o->fd = -1;
	if (close(fd) != 0)
		return err_errno(err, errno, "%s", o->opt.path);
	return ERR_OK;
}

/* An unnamed file for rows that have outgrown the memory they may take. */
static enum err_code
spool(struct output *o, struct err *err)
{
	const char *dir = getenv("TMPDIR");
	int fd = open(dir && *dir ? dir : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_errno(err, errno, "temporary file in %s", dir && *dir ? dir : "/tmp");
	o->fd = fd;
	o->sink = SINK_SPOOLED;
	if (write_all(fd, buf_slice(&o->held), err))
		return err->code;
	buf_done(&o->held);
	return ERR_OK;
}

enum err_code
output_flush(struct output *o, struct err *err)
{
	struct slice run = o->run;

	o->run = (struct slice){ NULL, 0 };
	if (o->sink == SINK_HELD) {
		if (o->held.len + run.len <= OUTPUT_HELD_MAX) {
			buf_add_slice(&o->held, run);
			return buf_check(&o->held, err);
		}
		if (spool(o, err))
			return err->code;
	}
	return write_all(o->fd, run, err);
}

enum err_code
output_row(struct output *o, struct slice row, struct err *err)
{
	bool full =
	    o->sink == SINK_FILES && o->opt.rows_per_file && o->rows == o->opt.rows_per_file;

	if (full || (o->run.len && o->run.ptr + o->run.len != row.ptr)) {
		if (output_flush(o, err))
			return err->code;
	}
	if (full && (end_file(o, err) || begin_file(o, err)))
		return err->code;
	if (!o->run.len)
		o->run.ptr = row.ptr;
	o->run.len += row.len;
	o->rows++;
	return ERR_OK;
}

/* --- opening ---------------------------------------------------------------------------------- */

/* Is this the file that one of our standard streams leads to? */
static bool
is_behind(int stream, const struct stat *st)
{
	struct stat other;

	return fstat(stream, &other) == 0 && other.st_dev == st->st_dev &&
	    other.st_ino == st->st_ino;
}

/*
 * A file that was opened for us can be corrected where it stands, if we can read it, nobody
 * appends, and nothing lies behind our place or comes there: standard error may lead to the same
 * file.
 */
static bool
can_correct(int stream, const struct stat *st, int *fd, off_t *place)
{
	char self[32];

	if (!S_ISREG(st->st_mode) || (fcntl(stream, F_GETFL) & O_APPEND) ||
	    is_behind(STDERR_FILENO, st))
		return false;
	*place = lseek(stream, 0, SEEK_CUR);
	(void)snprintf(self, sizeof self, "/proc/self/fd/%d", stream);
	*fd = *place < st->st_size ? -1 : open(self, O_RDWR | O_CLOEXEC);
	if (*fd >= 0 && lseek(*fd, *place, SEEK_SET) == *place)
		return true;
	if (*fd >= 0)
		(void)close(*fd);
	return false;
}

static enum err_code
open_stream(struct output *o, int stream, struct err *err)
{
	struct stat st;

	o->stream = stream;
	if (fstat(stream, &st) != 0)
		return err_errno(err, errno, "standard output");
	if (S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3)) {
		/* /dev/null keeps nothing that would have to be corrected. */
		o->fd = fcntl(stream, F_DUPFD_CLOEXEC, 0);
		o->place = -1;
		o->sink = SINK_PLACE;
	} else if (can_correct(stream, &st, &o->fd, &o->place)) {
		o->sink = SINK_PLACE;
	} else {
		o->sink = SINK_HELD;
		buf_add_slice(&o->held, o->opt.header);
		return buf_check(&o->held, err);
	}
	return write_all(o->fd, o->opt.header, err);
}

static enum err_code
open_target(struct output *o, struct err *err)
{
	const char *path = o->opt.path;
	struct stat st;
	bool exists = path && stat(path, &st) == 0;

	/* As /dev/stdout, which must not be replaced by a file. */
	if (!path || strcmp(path, "-") == 0 || (exists && is_behind(STDOUT_FILENO, &st)))
		return open_stream(o, fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0), err);
	if (exists && !S_ISREG(st.st_mode)) {
		int fd = open(path, O_WRONLY | O_CLOEXEC);

		return fd < 0 ? err_errno(err, errno, "%s", path) : open_stream(o, fd, err);
	}
	if (o->opt.rows_per_file && part_name_refuse_stale(path, err))
		return err->code;
	return begin_file(o, err);
}

enum err_code
output_open(const struct output_options *opt, struct output **out, struct err *err)
{
	struct output *o = calloc(1, sizeof *o);

	if (!o)
		return err_set(err, ERR_NOMEM, "output");
	o->opt = *opt;
	o->sink = SINK_FILES;
	o->fd = o->stream = -1;
	o->suffix = ".part";
	buf_init(&o->held, OUTPUT_HELD_MAX);
	if (open_target(o, err)) {
		output_abandon(o);
		return err->code;
	}
	*out = o;
	return ERR_OK;
}

/* --- finishing -------------------------------------------------------------------------------- */

static void
unlink_files(const struct output *o, uint32_t first, uint32_t n, const char *suffix)
{
	for (uint32_t i = 0; i < n; i++) {
		char *name = part_name(o->opt.path, first + i, suffix);

		if (name)
			(void)unlink(name);
		free(name);
	}
}

static void
output_free(struct output *o)
{
	if (o->fd >= 0)
		(void)close(o->fd);
	if (o->stream >= 0)
		(void)close(o->stream);
	buf_done(&o->held);
	free(o);
}

void
output_abandon(struct output *o)
{
	if (!o)
		return;
	if (o->sink == SINK_FILES)
		unlink_files(o, 0, o->parts, o->suffix);
	else if (o->sink == SINK_PLACE && o->place >= 0)
		(void)!ftruncate(o->fd, o->place); /* nobody is left to tell if it fails */
	output_free(o);
}

/*
 * Walks what was written, line by line, and hands on what stays. The first line of each file is its
 * header; the others are the rows in their order.
 */
struct filter {
	const struct device_set *devices;
	uint32_t row; /* number of the next */
	bool in_header;
	enum err_code (
	    *take)(struct filter *f, struct slice bytes, bool line_begins, struct err *err);
	struct output *to; /* of take */
	off_t at;          /* of take */
};

static enum err_code
filter_bytes(struct filter *f, struct slice s, bool *line_begins, struct err *err)
{
	if (!f->in_header && !device_set_dropped(f->devices))
		return f->take(f, s, *line_begins, err);
	while (s.len) {
		const char *end = memchr(s.ptr, '\n', s.len);
		struct slice piece = slice_head(s, end ? (size_t)(end - s.ptr) + 1 : s.len);

		if (!f->in_header && !device_set_is_dropped(f->devices, f->row) &&
		    f->take(f, piece, *line_begins, err))
			return err->code;
		if (end) {
			f->row += !f->in_header;
			f->in_header = false;
		}
		*line_begins = end != NULL;
		s.ptr += piece.len;
		s.len -= piece.len;
	}
	return ERR_OK;
}

static enum err_code
filter_file(struct filter *f, int fd, off_t at, off_t end, struct err *err)
{
	char *block = malloc(COPY_BLOCK);
	bool line_begins = true;
	enum err_code rc = ERR_OK;

	if (!block)
		return err_set(err, ERR_NOMEM, "copying the list");
	f->in_header = true;
	while (at < end && rc == ERR_OK) {
		size_t want = end - at < COPY_BLOCK ? (size_t)(end - at) : COPY_BLOCK;
		ssize_t n = pread(fd, block, want, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			rc = err_errno(err, n < 0 ? errno : EIO, "reading the list back");
			break;
		}
		rc = filter_bytes(f, (struct slice){ block, (size_t)n }, &line_begins, err);
		at += n;
	}
	free(block);
	return rc;
}

static enum err_code
take_to_stream(struct filter *f, struct slice bytes, bool line_begins, struct err *err)
{
	(void)line_begins;
	return write_all(f->to->stream, bytes, err);
}

static enum err_code
finish_stream(struct output *o, const struct device_set *devices, struct err *err)
{
	struct filter f = { .devices = devices,
		.take = take_to_stream,
		.to = o,
		.in_header = true };
	bool line_begins = true;

	if (o->sink == SINK_HELD && !device_set_dropped(devices))
		return write_all(o->stream, buf_slice(&o->held), err);
	if (write_all(o->stream, o->opt.header, err))
		return err->code;
	if (o->sink == SINK_HELD)
		return filter_bytes(&f, buf_slice(&o->held), &line_begins, err);
	return filter_file(&f, o->fd, 0, lseek(o->fd, 0, SEEK_CUR), err);
}

/* What stays moves towards the beginning, so reading is always ahead of writing. */
static enum err_code
take_in_place(struct filter *f, struct slice bytes, bool line_begins, struct err *err)
{
	(void)line_begins;
	while (bytes.len) {
		ssize_t n = pwrite(f->to->fd, bytes.ptr, bytes.len, f->at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, errno, "writing the list");
		f->at += n;
		bytes.ptr += n;
		bytes.len -= (size_t)n;
	}
	return ERR_OK;
}

static enum err_code
finish_place(struct output *o, const struct device_set *devices, struct err *err)
{
	struct filter f = { .devices = devices, .take = take_in_place, .to = o };
	off_t end = lseek(o->fd, 0, SEEK_CUR);

	if (o->place < 0)
		return ERR_OK;
	if (device_set_dropped(devices)) {
		f.at = o->place + (off_t)o->opt.header.len;
		if (filter_file(&f, o->fd, o->place, end, err))
			return err->code;
		end = f.at;
		if (ftruncate(o->fd, end) != 0)
			return err_errno(err, errno, "writing the list");
	}
	/* Whoever goes on writing to this stream does so behind us. */
	if (lseek(o->stream, end, SEEK_SET) < 0)
		return err_errno(err, errno, "writing the list");
	return ERR_OK;
}

static enum err_code
take_to_files(struct filter *f, struct slice bytes, bool line_begins, struct err *err)
{
	struct output *o = f->to;

	if (line_begins) {
		if (o->opt.rows_per_file && o->rows == o->opt.rows_per_file &&
		    (end_file(o, err) || begin_file(o, err)))
			return err->code;
		o->rows++;
	}
	return write_all(o->fd, bytes, err);
}

/* Cuts the files anew without the rows that were dropped. */
static enum err_code
recut(struct output *o, const struct device_set *devices, struct err *err)
{
	struct output anew = { .opt = o->opt,
		.sink = SINK_FILES,
		.fd = -1,
		.stream = -1,
		.suffix = ".new.part" };
	struct filter f = { .devices = devices, .take = take_to_files, .to = &anew };
	enum err_code rc = begin_file(&anew, err);

	for (uint32_t i = 0; rc == ERR_OK && i < o->parts; i++) {
		char *name = part_name(o->opt.path, i, o->suffix);
		int fd = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;

		free(name);
		if (fd < 0)
			rc = err_errno(err, errno, "%s", o->opt.path);
		else
			rc = filter_file(&f, fd, 0, lseek(fd, 0, SEEK_END), err);
		if (fd >= 0)
			(void)close(fd);
	}
	if (rc == ERR_OK)
		rc = end_file(&anew, err);
	if (rc) {
		if (anew.fd >= 0)
			(void)close(anew.fd);
		unlink_files(&anew, 0, anew.parts, anew.suffix);
		return rc;
	}
	unlink_files(o, 0, o->parts, o->suffix);
	o->parts = anew.parts;
	o->suffix = anew.suffix;
	return ERR_OK;
}

/* The first file is made as "out.csv"; if others follow it becomes "out-001.csv". */
static enum err_code
name_file(const struct output *o, uint32_t part, struct err *err)
{
	char *from = part_name(o->opt.path, part, o->suffix);
	char *to = part_name(o->opt.path, o->parts > 1 ? part + 1 : 0, "");
	enum err_code rc = ERR_OK;

	if (!from || !to)
		rc = err_set(err, ERR_NOMEM, "%s", o->opt.path);
	else if (rename(from, to) != 0)
		rc = err_errno(err, errno, "%s", to);
	free(from);
	free(to);
	return rc;
}

static enum err_code
name_files(const struct output *o, struct err *err)
{
	struct stat st;

	if (o->parts > 1 && lstat(o->opt.path, &st) == 0)
		return err_set(err, ERR_EXISTS,
		    "%s is there, and the list needs several files: remove it, or choose another name",
		    o->opt.path);
	for (uint32_t i = 0; i < o->parts; i++) {
		if (name_file(o, i, err)) {
			unlink_files(o, 1, i, "");
			return err->code;
		}
	}
	return ERR_OK;
}

static enum err_code
finish_files(struct output *o, const struct device_set *devices, struct err *err)
{
	if (end_file(o, err) || (device_set_dropped(devices) && recut(o, devices, err)))
		return err->code;
	return name_files(o, err);
}

enum err_code
output_finish(struct output *o, const struct device_set *devices, uint32_t *files, struct err *err)
{
	enum err_code rc = output_flush(o, err);

	if (rc == ERR_OK) {
		switch (o->sink) {
		case SINK_FILES:
			rc = finish_files(o, devices, err);
			break;
		case SINK_HELD:
		case SINK_SPOOLED:
			rc = finish_stream(o, devices, err);
			break;
		case SINK_PLACE:
			rc = finish_place(o, devices, err);
			break;
		}
	}
	if (rc) {
		output_abandon(o);
		return rc;
	}
	*files = o->sink == SINK_FILES ? o->parts : 0;
	output_free(o);
	return ERR_OK;
}
