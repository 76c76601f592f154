/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/err.h"

/* Sockets to listen on: non-blocking, closed on exec, the caller's to close. *fd is untouched on error. */

/*
 * host: an address, or "localhost", which is 127.0.0.1. port 0: any that is free.
 * Errors: ERR_EXISTS (somebody listens there), ERR_IO.
 */
MUST_USE enum err_code listen_socket_tcp(const char *host, uint16_t port, int *fd, struct err *err);

/* Of a TCP socket. */
uint16_t listen_socket_port(int fd);

/*
 * A Unix socket at path, mode 0660. Its folder is made (0750) if it is not there; the socket of an
 * agent that died is replaced.
 * Errors: ERR_EXISTS (somebody answers there, or it is no socket), ERR_IO (also a path that is too
 * long for a socket).
 */
MUST_USE enum err_code listen_socket_unix(const char *path, int *fd, struct err *err);
