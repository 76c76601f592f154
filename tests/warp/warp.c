/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/warp/warp.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"

const struct clock *__real_clock_system(void);
const struct clock *__wrap_clock_system(void);

struct warp {
	_Atomic uint64_t ahead_ms;
	_Atomic int64_t wrong_ms; /* of a file of eight bytes 0, as all behind its end */
};

static const struct warp *warp; /* NULL: time is what it is */
static pthread_once_t mapped = PTHREAD_ONCE_INIT;

static void
map_file(void)
{
	const char *path = getenv("AUTOREG_WARP");
	void *map;
	int fd;

	if (!path)
		return;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	map = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *warp, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		perror(path);
		abort();
	}
	(void)close(fd);
	warp = map;
}

uint64_t
warp_ms(void)
{
	(void)pthread_once(&mapped, map_file);
	return warp ? atomic_load(&warp->ahead_ms) : 0;
}

static int64_t
warped_unix_ms(void *arg)
{
	(void)arg;
	int64_t ahead_ms = (int64_t)warp_ms();

	return clock_unix_ms(__real_clock_system()) + ahead_ms +
	    (warp ? atomic_load(&warp->wrong_ms) : 0);
}

static uint64_t
warped_mono_ms(void *arg)
{
	(void)arg;
	return clock_mono_ms(__real_clock_system()) + warp_ms();
}

const struct clock *
__wrap_clock_system(void)
{
	static const struct clock warped = { warped_unix_ms, warped_mono_ms, NULL };

	return &warped;
}
