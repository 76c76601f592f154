/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server/process_facts.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/slice.h"

static uint64_t
micros(const struct timeval *t)
{
	return (uint64_t)t->tv_sec * 1000000 + (uint64_t)t->tv_usec;
}

/* "SIZE RESIDENT …", in pages. Source: sources.md#proc-self */
static void
read_memory(struct process_facts *f)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), pages[2];
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	char text[256];
	ssize_t n = fd >= 0 ? read(fd, text, sizeof text) : -1;
	struct slice rest = { text, n > 0 ? (size_t)n : 0 };

	if (fd >= 0)
		(void)close(fd);
	for (size_t i = 0; i < 2; i++) {
		const char *end = rest.len ? memchr(rest.ptr, ' ', rest.len) : NULL;
		size_t len = end ? (size_t)(end - rest.ptr) : 0;

		if (!end || !slice_to_u64(slice_head(rest, len), UINT64_MAX / page, &pages[i]))
			return;
		rest = slice_from(rest, len + 1);
	}
	f->virtual_bytes = pages[0] * page;
	f->resident_bytes = pages[1] * page;
}

/* Without the one that this takes itself, and the two that are the folder's own. */
static uint64_t
count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	uint64_t n = 0;

	if (!dir)
		return 0;
	while (readdir(dir))
		n++;
	(void)closedir(dir);
	return n > 3 ? n - 3 : 0;
}

void
process_facts_read(struct process_facts *out)
{
	struct process_facts f = { .open_fds = count_fds() };
	struct rusage used;
	struct rlimit limit;

	if (getrusage(RUSAGE_SELF, &used) == 0)
		f.cpu_us = micros(&used.ru_utime) + micros(&used.ru_stime);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		f.max_fds = limit.rlim_cur;
	read_memory(&f);
	*out = f;
}
