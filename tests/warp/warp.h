/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

/*
 * Time that a test moves on: a link-time double of the clocks and timers of a program. The file
 * that AUTOREG_WARP names holds eight bytes, a number in the byte order of the machine: by how many
 * milliseconds time is ahead. All programs of a test map it, and see within WARP_LOOK_MS when it
 * grows. Both clocks move together, as time passes; from there on it runs as ever. Eight more bytes, if
 * they are there, say with their sign by how many milliseconds the wall clock alone is wrong.
 *
 *   warp.c       base/clock
 *   warp_loop.c  the timers and the time of libuv loops
 *   warp_poll.c  poll(), for the simulator
 *
 * The clocks of curl and of libmicrohttpd stay real, and so do the timers of http/: a request on
 * its way does not time out because a test moves time.
 */
enum { WARP_LOOK_MS = 20 };

/* By how much time is ahead; 0 without AUTOREG_WARP. Ends the program if the file is not usable. */
uint64_t warp_ms(void);
