/* SPDX-License-Identifier: Apache-2.0 */
/* Whoever waits for time has a look at it now and then: what is due may be so earlier. */
#include <poll.h>

#include "tests/warp/warp.h"

int __real_poll(struct pollfd *fds, nfds_t n, int timeout_ms);
int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout_ms);

int
__wrap_poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
	return __real_poll(fds, n,
	    timeout_ms < 0 || timeout_ms > WARP_LOOK_MS ? WARP_LOOK_MS : timeout_ms);
}
