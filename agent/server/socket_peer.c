/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server/socket_peer.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* More groups than these (of NGROUPS_MAX, which is 65536) nobody is in who gives us orders. */
enum { GROUPS_MAX = 1024 };

bool
socket_peer_read(int fd, struct ucred *out)
{
	struct ucred peer;
	socklen_t len = sizeof peer;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0)
		return false;
	*out = peer;
	return true;
}

/* The kernel tells the groups that the peer had when it connected. */
static bool
is_in_group(int fd, gid_t group)
{
	gid_t member[GROUPS_MAX];
	socklen_t len = sizeof member;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, member, &len) != 0)
		return false;
	for (size_t i = 0; i < len / sizeof member[0]; i++) {
		if (member[i] == group)
			return true;
	}
	return false;
}

bool
socket_peer_may_order(int fd, const struct ucred *peer, gid_t group)
{
	return peer->uid == 0 || peer->uid == geteuid() || peer->gid == group ||
	    is_in_group(fd, group);
}

bool
socket_peer_group(int listening_fd, gid_t *group)
{
	struct sockaddr_un at = { .sun_family = AF_UNSPEC };
	socklen_t len = sizeof at;
	struct stat st;

	if (getsockname(listening_fd, (struct sockaddr *)&at, &len) != 0 ||
	    at.sun_family != AF_UNIX || at.sun_path[0] == '\0' || stat(at.sun_path, &st) != 0)
		return false;
	*group = st.st_gid;
	return true;
}
