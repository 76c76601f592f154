/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/slice.h"

/*
 * What becomes of the head of a request, byte by byte as it comes: first libmicrohttpd reads it, with the
 * options of our server that bear on that, then header_check judges. Mistakes of its own abort.
 */
struct raw_request {
	bool read;         /* libmicrohttpd took it for a request */
	const char *fault; /* what header_check says of it; NULL: nothing, or it was not asked */
};

struct raw_request raw_request_judge(struct slice bytes);
