/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/raw_request.h"

#include <assert.h>
#include <microhttpd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/server/header_check.h"

enum { MEMORY_BYTES = 32 * 1024, ROUNDS = 8 };

/* Closes the connection: there is nothing more to learn. */
static enum MHD_Result
on_request(void *arg, struct MHD_Connection *connection, const char *url, const char *method,
    const char *version, const char *data, size_t *size, void **own)
{
	struct raw_request *r = arg;

	(void)url;
	(void)method;
	(void)version;
	(void)data;
	(void)size;
	(void)own;
	r->read = true;
	r->fault = header_check_fault(connection);
	return MHD_NO;
}

struct raw_request
raw_request_judge(struct slice bytes)
{
	const struct sockaddr nobody = { .sa_family = AF_UNIX };
	struct raw_request r = { .read = false };
	struct MHD_Daemon *d =
	    MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET, 0, NULL, NULL, on_request,
	        &r, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_BYTES, MHD_OPTION_END);
	int room = 2 * MEMORY_BYTES;
	int pair[2];

	assert(d && socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
	assert(setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof room) == 0);
	(void)send(pair[1], bytes.ptr, bytes.len,
	    MSG_NOSIGNAL); /* more than fits is refused anyway */
	(void)shutdown(pair[1], SHUT_WR);
	assert(MHD_add_connection(d, pair[0], &nobody, sizeof nobody) == MHD_YES);
	for (int i = 0; i < ROUNDS; i++)
		(void)MHD_run(d);
	MHD_stop_daemon(d);
	(void)close(pair[1]);
	return r;
}
