/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "base/err.h"

/*
 * Sockets that the service manager has opened before it started us: connections wait there while we
 * restart, and none of its files is ours. They are told apart by name: their order is not that of the
 * units. Source: sources.md#socket-activation
 */
struct inherited_socket {
	const char *name; /* of FileDescriptorName=: what the caller asks for */
	int fd;           /* listening, non-blocking, closed on exec; -1: there is none */
};

/*
 * Reads the environment, takes what it read out of it, and fills in wanted[].fd, which become the
 * caller's; before anything else opens a file. Errors: ERR_USAGE (a socket that nobody asked for, or
 * that is asked for once and there twice, or none that listens): the descriptors are closed then.
 */
MUST_USE enum err_code inherited_socket_take(struct inherited_socket *wanted, size_t n,
    struct err *err);
