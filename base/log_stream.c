/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log_text.h"

static size_t
format(const struct log_stream *s, const struct log_record *r, char out[LOG_LINE_MAX])
{
	if (s->form == LOG_STREAM_LOGFMT)
		return log_text_logfmt(r, clock_unix_ms(s->clock), out);
	return log_text_short(r, s->form == LOG_STREAM_COLOURED, out);
}

/*
 * A socket can be told not to wait. A pipe cannot, but one that is ready has room for PIPE_BUF bytes,
 * and a terminal that is ready is not stopped. Files are always ready.
 */
static ssize_t
write_now(int fd, const char *bytes, size_t n)
{
	ssize_t sent = send(fd, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	struct pollfd ready = { .fd = fd, .events = POLLOUT };

	if (sent >= 0 || errno != ENOTSOCK)
		return sent;
	return poll(&ready, 1, 0) == 1 && (ready.revents & POLLOUT) ? write(fd, bytes, n) : -1;
}

static bool
write_record(void *arg, const struct log_record *r)
{
	struct log_stream *s = arg;
	char line[LOG_LINE_MAX];
	size_t len = format(s, r, line);
	ssize_t done;

	/* So that what is left of the broken line and this one do not read as one. */
	if (s->broken && write_now(s->fd, "\n", 1) != 1)
		return false;
	done = write_now(s->fd, line, len);
	s->broken = done > 0 && (size_t)done < len;
	return done > 0 && !s->broken;
}

/* Not by fcntl(): that would change what fd is for all who share it. */
int
log_stream_unwaiting(int fd)
{
	char path[32];
	struct stat st;
	int own;

	if (fstat(fd, &st) != 0 || !(S_ISCHR(st.st_mode) || S_ISFIFO(st.st_mode)))
		return fd;
	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	own = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return own >= 0 ? own : fd;
}

struct log_sink
log_stream_sink(struct log_stream *s)
{
	return (struct log_sink){ .write = write_record, .arg = s };
}
