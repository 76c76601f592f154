/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine that dies where it is told to. Linked into autoreg-crash in place of base/fault_point.
 *
 * AUTOREG_CRASH=NAME:N kills the process when it comes to the place of that name for the Nth time
 * (from 1); NAME "*" means any place. AUTOREG_CRASH_LOG=FILE gets the name of each place that was
 * passed, one a line, so that a test knows what there is to sweep.
 *
 * AUTOREG_HANG=NAME:FILE holds whoever comes to the place of that name for as long as the file is there.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fault_point.h"
#include "base/slice.h"
#include "tests/crash/power_loss.h"

static atomic_ulong passed;

static void
note(const char *name)
{
	const char *path = getenv("AUTOREG_CRASH_LOG");
	char line[128];
	int fd, n;

	if (!path)
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0)
		abort();
	n = snprintf(line, sizeof line, "%s\n", name);
	if (write(fd, line, (size_t)n) != n)
		abort();
	(void)close(fd);
}

static bool
is_wanted(const char *name)
{
	const char *wanted = getenv("AUTOREG_CRASH");
	const char *colon = wanted ? strrchr(wanted, ':') : NULL;
	struct slice place;
	uint64_t n;

	if (!colon || !slice_to_u64(slice_of(colon + 1), UINT64_MAX, &n))
		return false;
	place = (struct slice){ wanted, (size_t)(colon - wanted) };
	if (!slice_eq(place, slice_of("*")) && !slice_eq(place, slice_of(name)))
		return false;
	return atomic_fetch_add(&passed, 1) + 1 == n;
}

static void
hang(const char *name)
{
	static const struct timespec look = { .tv_nsec = 5 * 1000 * 1000 };
	const char *wanted = getenv("AUTOREG_HANG");
	const char *colon = wanted ? strchr(wanted, ':') : NULL;

	if (!colon || !slice_eq((struct slice){ wanted, (size_t)(colon - wanted) }, slice_of(name)))
		return;
	while (access(colon + 1, F_OK) == 0)
		(void)nanosleep(&look, NULL);
}

void
fault_point(const char *name)
{
	note(name);
	hang(name);
	if (!is_wanted(name))
		return;
	power_loss_strike();
	(void)kill(getpid(), SIGKILL);
	for (;;)
		(void)pause();
}
