/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/types.h>

/*
 * Who is at the other end of a Unix socket, and whether it may give orders. The mode of our own socket
 * says that already; one that a service manager has made and handed over may be open to anybody.
 */

/* False: it is not known. */
bool socket_peer_read(int fd, struct ucred *out);

/* Root, the user who runs us, or a member of the group. */
bool socket_peer_may_order(int fd, const struct ucred *peer, gid_t group);

/* The group of the file that a listening Unix socket is bound to; false: there is none. */
bool socket_peer_group(int listening_fd, gid_t *group);
