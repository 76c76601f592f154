/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log_journal.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log_text.h"
#include "base/utf8.h"

enum {
	LENGTH_BYTES = 8,
	ROOM_BYTES = 1024 * 1024, /* in the kernel, for what the journal has not read yet */
};

struct datagram {
	char *out;
	size_t len;
	bool full;
};

/* --- what is said --- */

static void
put(struct datagram *d, const char *bytes, size_t n)
{
	if (n > LOG_JOURNAL_MAX - d->len)
		d->full = true;
	if (d->full)
		return;
	memcpy(d->out + d->len, bytes, n);
	d->len += n;
}

static void
put_name(struct datagram *d, const char *name)
{
	for (; *name; name++) {
		char c = *name >= 'a' && *name <= 'z' ? (char)(*name - 'a' + 'A') : *name;

		put(d, &c, 1);
	}
}

/*
 * A value that has a line end is told with its length in front of it, little-endian; that is allowed
 * for all, and so it is done for all.
 */
static void
put_value(struct datagram *d, struct slice value)
{
	uint64_t rest = value.len;

	put(d, "\n", 1);
	for (int i = 0; i < LENGTH_BYTES; i++, rest >>= 8) {
		char byte = (char)(rest & 0xff);

		put(d, &byte, 1);
	}
	put(d, value.ptr, value.len);
	put(d, "\n", 1);
}

/* One whole field, or nothing of it. */
static void
put_field(struct datagram *d, const char *prefix, const char *name, struct slice value)
{
	size_t before = d->len;

	put(d, prefix, strlen(prefix));
	put_name(d, name);
	put_value(d, value);
	if (d->full)
		d->len = before;
	d->full = false;
}

static struct slice
priority_of(enum log_level level)
{
	/* Of syslog: err, warning, info, debug. */
	static const char *const priority[NLOG_LEVEL] = { "3", "4", "6", "7" };

	return slice_of(priority[level]);
}

static size_t
format(const struct log_record *r, char out[LOG_JOURNAL_MAX])
{
	struct datagram d = { .out = out };
	char text[LOG_LINE_MAX];

	put_field(&d, "MESSAGE", "", (struct slice){ text, log_text_plain(r, text) });
	put_field(&d, "PRIORITY", "", priority_of(r->level));
	put_field(&d, "SYSLOG_IDENTIFIER", "", slice_of("autoreg"));
	if (r->id)
		put_field(&d, "MESSAGE_ID", "", slice_of(r->id));
	if (r->event)
		put_field(&d, "AUTOREG_EVENT", "", slice_of(r->event));
	for (size_t i = 0; i < r->nfield; i++)
		put_field(&d, "AUTOREG_", r->field[i].name,
		    (struct slice){ text, log_text_lines(r->field[i].value, text) });
	return d.len;
}

/* --- to whom --- */

static bool
connect_to(const struct log_journal *j)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	assert(strlen(j->path) < sizeof to.sun_path);
	memcpy(to.sun_path, j->path, strlen(j->path) + 1);
	return connect(j->fd, (const struct sockaddr *)&to, sizeof to) == 0;
}

static bool
send_now(const struct log_journal *j, size_t n)
{
	return send(j->fd, j->datagram, n, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

static bool
write_record(void *arg, const struct log_record *r)
{
	struct log_journal *j = arg;
	size_t n = format(r, j->datagram);

	if (send_now(j, n))
		return true;
	/* A journal that was started anew is another socket under the same name. */
	return errno != EAGAIN && connect_to(j) && send_now(j, n);
}

bool
log_journal_is_stream(int fd, const char *journal_stream)
{
	char ours[64];
	struct stat st;

	if (!journal_stream || fstat(fd, &st) != 0)
		return false;
	(void)snprintf(ours, sizeof ours, "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	return strcmp(ours, journal_stream) == 0;
}

enum err_code
log_journal_open(struct log_journal *j, const char *path, struct err *err)
{
	int room = ROOM_BYTES;

	j->path = path;
	j->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (j->fd < 0)
		return err_errno(err, errno, "socket");
	/* As much of it as may be, for bursts. */
	(void)setsockopt(j->fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
	if (connect_to(j))
		return ERR_OK;
	(void)err_set(err, ERR_CONNECT, "%s: %s", path, strerror(errno));
	log_journal_close(j);
	return err->code;
}

struct log_sink
log_journal_sink(struct log_journal *j)
{
	return (struct log_sink){ .write = write_record, .arg = j };
}

void
log_journal_close(struct log_journal *j)
{
	(void)close(j->fd);
	j->fd = -1;
}
