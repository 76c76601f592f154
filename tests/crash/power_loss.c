/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/crash/power_loss.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/slice.h"

enum { SECTOR = 512, FILES_MAX = 64 };

/* A piece of a file that was written or cut off, and what was there before. */
struct change {
	struct change *next; /* the one before it */
	sqlite3_int64 at;
	sqlite3_int64 size_before; /* of the file */
	bool cut;                  /* truncated to `at` */
	int n;                     /* bytes */
	char *before;              /* as many of them as there were */
	int nbefore;
	char *after;
};

struct lossy_file {
	sqlite3_file base;
	struct change *change; /* newest first; none after a sync */
	                       /* The file of the layer below follows. */
};

static sqlite3_vfs *below;
static sqlite3_vfs lossy;
static sqlite3_io_methods methods;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct lossy_file *opened[FILES_MAX];
static uint64_t seed;

static sqlite3_file *
real(sqlite3_file *f)
{
	return (sqlite3_file *)((struct lossy_file *)f + 1);
}

/* xorshift64: the same seed loses the same sectors. */
static uint64_t
chance(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static void *
need(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

/* --- what is remembered ----------------------------------------------------------------------- */

static void
remember(struct lossy_file *f, sqlite3_int64 at, const void *bytes, int n, bool cut)
{
	struct change *c = need(calloc(1, sizeof *c));
	sqlite3_int64 here;

	if (real(&f->base)->pMethods->xFileSize(real(&f->base), &c->size_before) != SQLITE_OK)
		abort();
	c->at = at;
	c->cut = cut;
	c->n = n;
	here = c->size_before - at;
	if (cut)
		n = here > 0 ? (int)here : 0;
	c->nbefore = here <= 0 ? 0 : here < n ? (int)here : n;
	c->before = need(malloc((size_t)c->nbefore + 1));
	if (c->nbefore &&
	    real(&f->base)->pMethods->xRead(real(&f->base), c->before, c->nbefore, at) != SQLITE_OK)
		abort();
	if (bytes) {
		c->after = need(malloc((size_t)c->n + 1));
		memcpy(c->after, bytes, (size_t)c->n);
	}
	c->next = f->change;
	f->change = c;
}

static void
forget(struct lossy_file *f)
{
	while (f->change) {
		struct change *c = f->change;

		f->change = c->next;
		free(c->before);
		free(c->after);
		free(c);
	}
}

/* --- the power goes ------------------------------------------------------------------------------ */

static void
put(struct lossy_file *f, const char *bytes, int n, sqlite3_int64 at)
{
	if (n > 0 && real(&f->base)->pMethods->xWrite(real(&f->base), bytes, n, at) != SQLITE_OK)
		abort();
}

/* Back to the last sync, newest change first. */
static void
undo_all(struct lossy_file *f)
{
	for (struct change *c = f->change; c; c = c->next) {
		put(f, c->before, c->nbefore, c->at);
		if (real(&f->base)->pMethods->xTruncate(real(&f->base), c->size_before) !=
		    SQLITE_OK)
			abort();
	}
}

/* Some of what was written has reached the disk all the same. */
static void
keep_some(struct lossy_file *f, const struct change *c)
{
	if (!c)
		return;
	keep_some(f, c->next); /* the oldest first */
	if (c->cut) {
		if (chance() % 2)
			(void)real(&f->base)->pMethods->xTruncate(real(&f->base), c->at);
		return;
	}
	for (int i = 0; i < c->n; i += SECTOR) {
		int n = c->n - i < SECTOR ? c->n - i : SECTOR;

		if (chance() % 2)
			put(f, c->after + i, n, c->at + i);
	}
}

void
power_loss_strike(void)
{
	if (!below)
		return;
	(void)pthread_mutex_lock(&lock); /* for good: nobody writes any more */
	for (size_t i = 0; i < FILES_MAX; i++) {
		if (opened[i]) {
			undo_all(opened[i]);
			keep_some(opened[i], opened[i]->change);
		}
	}
}

/* --- the layer -------------------------------------------------------------------------------------- */

static int
lossy_close(sqlite3_file *file)
{
	struct lossy_file *f = (struct lossy_file *)file;
	int rc;

	(void)pthread_mutex_lock(&lock);
	for (size_t i = 0; i < FILES_MAX; i++) {
		if (opened[i] == f)
			opened[i] = NULL;
	}
	forget(f);
	rc = real(file)->pMethods->xClose(real(file));
	(void)pthread_mutex_unlock(&lock);
	return rc;
}

static int
lossy_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at)
{
	return real(f)->pMethods->xRead(real(f), to, n, at);
}

static int
lossy_write(sqlite3_file *file, const void *bytes, int n, sqlite3_int64 at)
{
	int rc;

	(void)pthread_mutex_lock(&lock);
	remember((struct lossy_file *)file, at, bytes, n, false);
	rc = real(file)->pMethods->xWrite(real(file), bytes, n, at);
	(void)pthread_mutex_unlock(&lock);
	return rc;
}

static int
lossy_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	int rc;

	(void)pthread_mutex_lock(&lock);
	remember((struct lossy_file *)file, size, NULL, 0, true);
	rc = real(file)->pMethods->xTruncate(real(file), size);
	(void)pthread_mutex_unlock(&lock);
	return rc;
}

static int
lossy_sync(sqlite3_file *file, int flags)
{
	int rc;

	(void)pthread_mutex_lock(&lock);
	rc = real(file)->pMethods->xSync(real(file), flags);
	if (rc == SQLITE_OK)
		forget((struct lossy_file *)file);
	(void)pthread_mutex_unlock(&lock);
	return rc;
}

static int
lossy_size(sqlite3_file *f, sqlite3_int64 *size)
{
	return real(f)->pMethods->xFileSize(real(f), size);
}

static int
lossy_lock(sqlite3_file *f, int level)
{
	return real(f)->pMethods->xLock(real(f), level);
}

static int
lossy_unlock(sqlite3_file *f, int level)
{
	return real(f)->pMethods->xUnlock(real(f), level);
}

static int
lossy_check_lock(sqlite3_file *f, int *out)
{
	return real(f)->pMethods->xCheckReservedLock(real(f), out);
}

static int
lossy_control(sqlite3_file *f, int op, void *arg)
{
	return real(f)->pMethods->xFileControl(real(f), op, arg);
}

static int
lossy_sector(sqlite3_file *f)
{
	(void)f;
	return SECTOR;
}

/* Nothing may be relied upon: neither that bytes behind the end are safe, nor the order. */
static int
lossy_device(sqlite3_file *f)
{
	(void)f;
	return 0;
}

static int
lossy_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **out)
{
	return real(f)->pMethods->xShmMap(real(f), page, size, extend, out);
}

static int
lossy_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
	return real(f)->pMethods->xShmLock(real(f), offset, n, flags);
}

static void
lossy_shm_barrier(sqlite3_file *f)
{
	real(f)->pMethods->xShmBarrier(real(f));
}

static int
lossy_shm_unmap(sqlite3_file *f, int remove)
{
	return real(f)->pMethods->xShmUnmap(real(f), remove);
}

static int
lossy_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *out)
{
	struct lossy_file *f = (struct lossy_file *)file;
	int rc = below->xOpen(below, path, real(file), flags, out);
	size_t i = 0;

	(void)vfs;
	if (rc != SQLITE_OK)
		return rc;
	(void)pthread_mutex_lock(&lock);
	while (i < FILES_MAX && opened[i])
		i++;
	if (i == FILES_MAX)
		abort();
	opened[i] = f;
	f->change = NULL;
	f->base.pMethods = &methods;
	(void)pthread_mutex_unlock(&lock);
	return SQLITE_OK;
}

__attribute__((constructor)) static void
install(void)
{
	const char *text = getenv("AUTOREG_POWER_LOSS");

	if (!text || !slice_to_u64(slice_of(text), UINT64_MAX, &seed))
		return;
	seed = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	below = sqlite3_vfs_find(NULL);
	lossy = *below;
	lossy.zName = "lossy";
	lossy.szOsFile = (int)sizeof(struct lossy_file) + below->szOsFile;
	lossy.xOpen = lossy_open;
	methods = (sqlite3_io_methods){
		.iVersion = 2,
		.xClose = lossy_close,
		.xRead = lossy_read,
		.xWrite = lossy_write,
		.xTruncate = lossy_truncate,
		.xSync = lossy_sync,
		.xFileSize = lossy_size,
		.xLock = lossy_lock,
		.xUnlock = lossy_unlock,
		.xCheckReservedLock = lossy_check_lock,
		.xFileControl = lossy_control,
		.xSectorSize = lossy_sector,
		.xDeviceCharacteristics = lossy_device,
		.xShmMap = lossy_shm_map,
		.xShmLock = lossy_shm_lock,
		.xShmBarrier = lossy_shm_barrier,
		.xShmUnmap = lossy_shm_unmap,
	};
	if (sqlite3_vfs_register(&lossy, 1) != SQLITE_OK)
		abort();
}
