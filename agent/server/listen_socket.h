/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/err.h"

/* Sockets to listen on: non-blocking, closed on exec, the caller's to close. *fd is untouched on error. */

/*
 * host: an address, or "localhost", which is 127.0.0.1. port 0: any that is free.
 * Errors: ERR_BUSY (somebody listens there), ERR_IO.
 */
MUST_USE enum err_code listen_socket_tcp(const char *host, uint16_t port, int *fd, struct err *err);

/* Of a TCP socket. */
uint16_t listen_socket_port(int fd);

/*
 * A Unix socket at path, mode 0660. Its folder is made (0750) if it is not there; the socket of an
 * agent that died is replaced.
 * Errors: ERR_BUSY (somebody answers there), ERR_EXISTS (it is no socket), ERR_IO (also a path that is
 * too long for a socket).
 */
MUST_USE enum err_code listen_socket_unix(const char *path, int *fd, struct err *err);

/*
 * Whether a socket that somebody else has opened listens where ours would; host NULL: nowhere. What
 * the configuration says of its own address must be true, or what was decided from it is wrong.
 * Errors: ERR_USAGE (elsewhere; the text says what to do).
 */
MUST_USE enum err_code listen_socket_check_tcp(int fd, const char *host, uint16_t port,
    struct err *err);
MUST_USE enum err_code listen_socket_check_unix(int fd, const char *path, struct err *err);
