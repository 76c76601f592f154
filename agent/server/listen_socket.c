/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server/listen_socket.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
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
		return err_set(err, ERR_EXISTS, "somebody listens on %s already", name);
	return err_errno(err, why, "cannot listen on %s", name);
}

enum err_code
listen_socket_tcp(const char *host, uint16_t port, int *fd, struct err *err)
{
	static const struct addrinfo numeric = {
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
		.ai_socktype = SOCK_STREAM,
	};
	struct addrinfo *at = NULL;
	char service[8], name[80];
	int s;

	if (strcmp(host, "localhost") == 0)
		host = "127.0.0.1";
	(void)snprintf(service, sizeof service, "%u", port);
	(void)snprintf(name, sizeof name, "%s port %u", host, port);
	if (getaddrinfo(host, service, &numeric, &at) != 0)
		return err_set(err, ERR_IO, "%s is no address to listen on", host);
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

uint16_t
listen_socket_port(int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} at = { .any = { 0 } };
	socklen_t len = sizeof at;

	if (getsockname(fd, &at.any, &len) != 0)
		return 0;
	return ntohs(at.any.sa_family == AF_INET6 ? at.v6.sin6_port : at.v4.sin_port);
}

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
		return err_set(err, ERR_EXISTS, "an agent answers at %s already", path);
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
