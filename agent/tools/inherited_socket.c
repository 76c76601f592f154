/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/tools/inherited_socket.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/slice.h"

enum { FIRST = 3, SOCKETS_MAX = 64 };

/* How many were passed on to us, and not to the process that has started us. */
static int
count_sockets(void)
{
	const char *whose = getenv("LISTEN_PID"), *many = getenv("LISTEN_FDS");
	uint64_t pid, n;

	if (!whose || !many || !slice_to_u64(slice_of(whose), INT64_MAX, &pid) ||
	    pid != (uint64_t)getpid() || !slice_to_u64(slice_of(many), SOCKETS_MAX, &n))
		return 0;
	return (int)n;
}

/* The next of the names between colons, or an empty one. */
static struct slice
next_name(struct slice *names)
{
	const char *colon = names->len ? memchr(names->ptr, ':', names->len) : NULL;
	size_t len = colon ? (size_t)(colon - names->ptr) : names->len;
	const struct slice name = slice_head(*names, len);

	*names = slice_from(*names, colon ? len + 1 : len);
	return name;
}

static bool
listens(int fd)
{
	int listening = 0, kind = 0;
	socklen_t len = sizeof kind;

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &kind, &len) != 0 || kind != SOCK_STREAM)
		return false;
	len = sizeof listening;
	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) == 0 && listening;
}

static bool
make_ours(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 &&
	    fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

static struct inherited_socket *
find(struct inherited_socket *wanted, size_t n, struct slice name)
{
	for (size_t i = 0; i < n; i++) {
		if (slice_eq(name, slice_of(wanted[i].name)))
			return &wanted[i];
	}
	return NULL;
}

static enum err_code
place(struct inherited_socket *wanted, size_t n, int fd, struct slice name, struct err *err)
{
	struct inherited_socket *w = find(wanted, n, name);

	if (!w)
		return err_set(err, ERR_USAGE,
		    "the service manager passes on a socket that is called \"" SLICE_FMT
		    "\": nobody here knows that FileDescriptorName=",
		    SLICE_ARG(slice_head(name, 64)));
	if (w->fd >= 0)
		return err_set(err, ERR_USAGE,
		    "the service manager passes on two sockets that are called \"%s\", and there "
		    "can be one: see ListenStream=",
		    w->name);
	if (!listens(fd) || !make_ours(fd))
		return err_set(err, ERR_USAGE,
		    "descriptor %d, which the service manager calls \"%s\", is no socket that "
		    "listens for streams: see ListenStream= and Accept=",
		    fd, w->name);
	w->fd = fd;
	return ERR_OK;
}

enum err_code
inherited_socket_take(struct inherited_socket *wanted, size_t n, struct err *err)
{
	const char *text = getenv("LISTEN_FDNAMES");
	struct slice names = slice_of(text ? text : "");
	const int count = count_sockets();
	enum err_code rc = ERR_OK;

	for (size_t i = 0; i < n; i++)
		wanted[i].fd = -1;
	for (int fd = FIRST; rc == ERR_OK && fd < FIRST + count; fd++)
		rc = place(wanted, n, fd, next_name(&names), err);
	if (rc) {
		for (int fd = FIRST; fd < FIRST + count; fd++)
			(void)close(fd);
		for (size_t i = 0; i < n; i++)
			wanted[i].fd = -1;
	}
	(void)unsetenv("LISTEN_PID");
	(void)unsetenv("LISTEN_FDS");
	(void)unsetenv("LISTEN_FDNAMES");
	return rc;
}
