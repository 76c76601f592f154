/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/err.h"

/*
 * The service manager that has started us, as systemd is one: it is told how we are, and may want to
 * hear regularly that we live. Without one, or if it does not want to know, nothing is told.
 * Source: sources.md#service-manager
 */
struct service_manager {
	int fd; /* -1: nobody wants to know */
	struct sockaddr_un to;
	socklen_t to_len;
	uint64_t watchdog_ms; /* WATCHDOG=1 at least so often, or we are killed; 0: never */
};

/*
 * Reads the environment and takes what it read out of it, so that no child of ours speaks in our name;
 * before any thread starts. Errors: ERR_USAGE (an address that is none), ERR_IO; *out may be given to
 * done and tell even then.
 */
MUST_USE enum err_code service_manager_init(struct service_manager *out, struct err *err);
void service_manager_done(struct service_manager *m);

/*
 * lines: assignments, "READY=1\nSTATUS=at work". A manager that does not listen is waited for, but
 * not longer than a second. Errors: ERR_IO: it has not heard.
 */
MUST_USE enum err_code service_manager_tell(const struct service_manager *m, const char *lines,
    struct err *err);
