/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server/listen_socket.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 64, SOCKET_KIND = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC };

/* Closes fd on failure. */
static enum err_code
listen_at(int fd, const struct addrinfo *at, const char *name, struct err *err)
{
	const int on = 1;
	int why;

	/* Else nobody could listen again until the old connections are forgotten. */
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
		return ERR_OK;
	why = errno;
	(void)close(fd);
	if (why == EADDRINUSE)
		return err_set(err, ERR_BUSY, "somebody listens on %s already", name);
	return err_errno(err, why, "cannot listen on %s", name);
}

static enum err_code
find_address(const char *host, uint16_t port, struct addrinfo **out, struct err *err)
{
	static const struct addrinfo numeric = {
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
		.ai_socktype = SOCK_STREAM,
	};
	char service[8];

	if (strcmp(host, "localhost") == 0)
		host = "127.0.0.1";
	(void)snprintf(service, sizeof service, "%u", port);
	if (getaddrinfo(host, service, &numeric, out) != 0)
		return err_set(err, ERR_IO, "%s is no address to listen on", host);
	return ERR_OK;
}

enum err_code
listen_socket_tcp(const char *host, uint16_t port, int *fd, struct err *err)
{
	struct addrinfo *at = NULL;
	char name[80];
	int s;

	(void)snprintf(name, sizeof name, "%s port %u", host, port);
	if (find_address(host, port, &at, err))
		return err->code;
	s = socket(at->ai_family, SOCKET_KIND, 0);
	if (s < 0)
		(void)err_errno(err, errno, "cannot listen on %s", name);
	else if (listen_at(s, at, name, err))
		s = -1;
	freeaddrinfo(at);
	if (s < 0)
		return err->code;
	*fd = s;
	return ERR_OK;
}

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_un path;
};

/* AF_UNSPEC if there is none. */
static union address
address_of(int fd)
{
	union address at = { .any = { 0 } };
	socklen_t len = sizeof at - 1; /* so that a path has an end */

	if (getsockname(fd, &at.any, &len) != 0)
		at.any.sa_family = AF_UNSPEC;
	return at;
}

static uint16_t
port_of(const union address *at)
{
	return ntohs(at->any.sa_family == AF_INET6 ? at->v6.sin6_port : at->v4.sin_port);
}

uint16_t
listen_socket_port(int fd)
{
	const union address at = address_of(fd);

	return port_of(&at);
}

/* --- what somebody else has opened --- */

static bool
is_at(const union address *here, const struct addrinfo *at)
{
	const void *address = at->ai_addr;

	if (here->any.sa_family != at->ai_family)
		return false;
	if (at->ai_family == AF_INET) {
		const struct sockaddr_in *v4 = address;

		return here->v4.sin_port == v4->sin_port &&
		    here->v4.sin_addr.s_addr == v4->sin_addr.s_addr;
	}
	const struct sockaddr_in6 *v6 = address;

	return here->v6.sin6_port == v6->sin6_port &&
	    memcmp(&here->v6.sin6_addr, &v6->sin6_addr, sizeof v6->sin6_addr) == 0;
}

/* Two names of one file are the same place, as /var/run is /run. */
static bool
is_same_file(const char *one, const char *other)
{
	struct stat a, b;

	return stat(one, &a) == 0 && stat(other, &b) == 0 && a.st_dev == b.st_dev &&
	    a.st_ino == b.st_ino;
}

enum err_code
listen_socket_check_tcp(int fd, const char *host, uint16_t port, struct err *err)
{
	const union address here = address_of(fd);
	struct addrinfo *at = NULL;
	char name[INET6_ADDRSTRLEN] = "another place";
	bool same;

	if (!host)
		return err_set(err, ERR_USAGE,
		    "the service manager passes on a socket for HTTP, and \"listen\" is off: "
		    "'systemctl mask autoreg.socket', or write its address");
	if (find_address(host, port, &at, err))
		return err->code;
	same = is_at(&here, at);
	freeaddrinfo(at);
	if (same)
		return ERR_OK;
	(void)getnameinfo(&here.any, sizeof here, name, sizeof name, NULL, 0, NI_NUMERICHOST);
	return err_set(err, ERR_USAGE,
	    "the service manager listens on %s port %u, and \"listen\" says %s port %u: make them "
	    "the same, in the configuration or with 'systemctl edit autoreg.socket'",
	    name, port_of(&here), host, port);
}

enum err_code
listen_socket_check_unix(int fd, const char *path, struct err *err)
{
	const union address here = address_of(fd);

	if (here.any.sa_family == AF_UNIX && is_same_file(here.path.sun_path, path))
		return ERR_OK;
	return err_set(err, ERR_USAGE,
	    "the service manager listens at %s, and \"control\" says %s: make them the same, in the "
	    "configuration or with 'systemctl edit autoreg-control.socket'",
	    here.any.sa_family == AF_UNIX ? here.path.sun_path : "no path", path);
}

/* --- a path --- */

static enum err_code
make_folder(const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	char folder[sizeof(((struct sockaddr_un *)0)->sun_path)];

	if (!slash || slash == path)
		return ERR_OK;
	(void)snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
	if (mkdir(folder, 0750) != 0 && errno != EEXIST)
		return err_errno(err, errno, "%s", folder);
	return ERR_OK;
}

/* Only a refused connection proves that nobody is behind a socket. */
static enum err_code
remove_dead(int probe, const struct sockaddr_un *at, struct err *err)
{
	const char *path = at->sun_path;
	struct stat st;

	if (lstat(path, &st) != 0)
		return errno == ENOENT ? ERR_OK : err_errno(err, errno, "%s", path);
	if (!S_ISSOCK(st.st_mode))
		return err_set(err, ERR_EXISTS, "%s is there, and is no socket", path);
	if (connect(probe, (const struct sockaddr *)at, sizeof *at) == 0 || errno == EAGAIN)
		return err_set(err, ERR_BUSY, "an agent answers at %s already", path);
	if (errno != ECONNREFUSED)
		return err_errno(err, errno, "%s", path);
	if (unlink(path) != 0 && errno != ENOENT)
		return err_errno(err, errno, "%s", path);
	return ERR_OK;
}

/* Nobody can connect before listen(), and by then the mode is right, whatever the umask is. */
static enum err_code
bind_private(int fd, const struct sockaddr_un *at, struct err *err)
{
	if (bind(fd, (const struct sockaddr *)at, sizeof *at) == 0 &&
	    chmod(at->sun_path, 0660) == 0 && listen(fd, BACKLOG) == 0)
		return ERR_OK;
	return err_errno(err, errno, "cannot listen at %s", at->sun_path);
}

enum err_code
listen_socket_unix(const char *path, int *fd, struct err *err)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int probe = -1, s = -1;
	enum err_code rc;

	if (strlen(path) >= sizeof at.sun_path)
		return err_set(err, ERR_IO,
		    "the path of a socket has at most %zu characters, not %zu: %s",
		    sizeof at.sun_path - 1, strlen(path), path);
	memcpy(at.sun_path, path, strlen(path));
	probe = socket(AF_UNIX, SOCKET_KIND, 0);
	s = socket(AF_UNIX, SOCKET_KIND, 0);
	if (probe < 0 || s < 0)
		rc = err_errno(err, errno, "cannot listen at %s", path);
	else if (!(rc = make_folder(path, err)) && !(rc = remove_dead(probe, &at, err)))
		rc = bind_private(s, &at, err);
	if (probe >= 0)
		(void)close(probe);
	if (rc == ERR_OK)
		*fd = s;
	else if (s >= 0)
		(void)close(s);
	return rc;
}
