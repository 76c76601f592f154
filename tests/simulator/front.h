/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "tests/simulator/simulator.h"
#include "tests/simulator/tls_identity.h"

/*
 * HTTP on loopback: libmicrohttpd under a poll loop of our own, one thread. Delayed and trickled
 * answers wait as suspended connections, so that waiting costs nothing.
 */
struct front;

/*
 * Listens on 127.0.0.1. port: 0 for any free one. identity: NULL for plain HTTP. The caller keeps
 * simulator and identity alive. Errors: ERR_IO; *out is untouched then.
 */
MUST_USE enum err_code front_open(struct simulator *sim, uint16_t port,
    const struct tls_identity *identity, struct front **out, struct err *err);

uint16_t front_port(const struct front *f);

/*
 * Serves until stop_fd can be read, or until_eof_fd (unless it is -1) is at its end.
 * Errors: ERR_IO.
 */
MUST_USE enum err_code front_run(struct front *f, int stop_fd, int until_eof_fd, struct err *err);

/* Closes all connections. Accepts NULL. */
void front_close(struct front *f);
