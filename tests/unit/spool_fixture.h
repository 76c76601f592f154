/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <uv.h>

#include "agent/intake/spool.h"

/*
 * A spool in a sandbox, and who uses it. The test owns the time: the timer never runs, fixture_look()
 * does what it would do. What the kernel has to tell is there when a system call returns, so that
 * nothing has to be waited for.
 */
enum { FIXTURE_RESCAN_MS = 1000 };

extern const char *const fixture_customers[3]; /* "adatum", "contoso", "fabrikam" */

struct spool_fixture {
	uv_loop_t loop;
	struct spool *spool;       /* NULL: there is none to be closed at the end */
	unsigned ready;            /* calls of on_ready */
	unsigned closed;           /* spools that fixture_close() has closed */
	void (*on_callback)(void); /* what the next callback does besides */
	uint64_t now_ms;
	uint64_t timer_ms;
	bool others_files; /* the files are somebody else's: nobody knows their writers */
	bool unreadable;   /* the files are not ours to read */
	int init_errno;    /* inotify does not start */
	int watches;       /* that the kernel still has; -1: enough */
	bool events_lost;  /* the next ones */
};

extern struct spool_fixture fixture;

/* Set-up and tear-down. */
int fixture_begin(void **state);
int fixture_end(void **state);

struct spool_options fixture_options(size_t ncustomer);
void fixture_open(size_t ncustomer);

/* Closes the spool; that it is closed counts later. */
void fixture_close(void);

/* Runs the loop until there is nothing left to do at once. */
void fixture_settle(void);

/* As much time as between two looks, and a look. */
void fixture_look(void);

/* The strangers and troubles since the last call, a line for each. */
void fixture_assert_told(const char *want);

/* The next file is this customer's and has that name. */
void fixture_assert_next(const char *customer, const char *name);
void fixture_assert_none(void);
