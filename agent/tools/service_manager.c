/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/tools/service_manager.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/slice.h"

/* An unprivileged process waits in vain for a manager that was told to hold still. */
static const struct timeval patience = { .tv_sec = 1 };

/* A name that begins with '@' stands for one in the abstract name space. */
static enum err_code
set_address(struct service_manager *m, const char *name, struct err *err)
{
	size_t len = strlen(name);

	if ((name[0] != '/' && name[0] != '@') || len < 2)
		return err_set(err, ERR_USAGE, "NOTIFY_SOCKET is no address of a socket: %s", name);
	if (len >= sizeof m->to.sun_path)
		return err_set(err, ERR_USAGE, "NOTIFY_SOCKET is too long: %s", name);
	m->to.sun_family = AF_UNIX;
	memcpy(m->to.sun_path, name, len + 1);
	m->to_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	if (name[0] == '@')
		m->to.sun_path[0] = '\0';
	else
		m->to_len++; /* with its end */
	return ERR_OK;
}

static enum err_code
open_socket(struct service_manager *m, struct err *err)
{
	m->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (m->fd < 0 ||
	    setsockopt(m->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) != 0)
		return err_errno(err, errno, "a socket for the service manager");
	return ERR_OK;
}

/* The interval may be another process's, which has started us. */
static uint64_t
read_watchdog_ms(void)
{
	const char *interval = getenv("WATCHDOG_USEC"), *whose = getenv("WATCHDOG_PID");
	uint64_t us, pid = (uint64_t)getpid();

	if (!interval || !slice_to_u64(slice_of(interval), INT64_MAX, &us))
		return 0;
	if (whose && (!slice_to_u64(slice_of(whose), INT64_MAX, &pid) || pid != (uint64_t)getpid()))
		return 0;
	return us / 1000;
}

enum err_code
service_manager_init(struct service_manager *out, struct err *err)
{
	const char *name = getenv("NOTIFY_SOCKET");
	enum err_code rc = ERR_OK;

	*out = (struct service_manager){ .fd = -1 };
	if (name && !(rc = set_address(out, name, err)))
		rc = open_socket(out, err);
	if (out->fd >= 0)
		out->watchdog_ms = read_watchdog_ms();
	(void)unsetenv("NOTIFY_SOCKET");
	(void)unsetenv("WATCHDOG_USEC");
	(void)unsetenv("WATCHDOG_PID");
	return rc;
}

void
service_manager_done(struct service_manager *m)
{
	if (m->fd >= 0)
		(void)close(m->fd);
	m->fd = -1;
}

enum err_code
service_manager_tell(const struct service_manager *m, const char *lines, struct err *err)
{
	ssize_t n;

	if (m->fd < 0)
		return ERR_OK;
	do {
		n = sendto(m->fd, lines, strlen(lines), MSG_NOSIGNAL,
		    (const struct sockaddr *)&m->to, m->to_len);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? err_errno(err, errno, "the service manager does not listen") : ERR_OK;
}
