/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* How autoreg ends. The numbers are a contract: scripts rely on them. */
enum exit_code {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,     /* the command line is wrong; nothing was done */
	EXIT_PARTLY = 3,    /* some rows were refused, or devices failed; the rest was done */
	EXIT_AUTH = 4,      /* authentication or consent is needed */
	EXIT_TEMPORARY = 5, /* may succeed later without any change */
	EXIT_NOT_FOUND = 6,
	EXIT_NO_DAEMON = 7,     /* the daemon cannot be reached */
	EXIT_TIMED_OUT = 8,     /* waiting took longer than allowed */
	EXIT_CONFIG = 78,       /* the configuration is invalid; EX_CONFIG of sysexits.h */
	EXIT_INTERRUPTED = 130, /* as a shell reports a death by SIGINT */
};
