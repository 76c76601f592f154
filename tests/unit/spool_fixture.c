/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/spool_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "tests/unit/sandbox.h"

enum { TURNS_MAX = 100 * 1000, TOLD_MAX = 4 * 1024 };

uint64_t __wrap_uv_now(const uv_loop_t *loop);
int __wrap_uv_timer_start(uv_timer_t *timer, uv_timer_cb fn, uint64_t first_ms, uint64_t ms);
int __real_fcntl(int fd, int cmd, ...);
int __wrap_fcntl(int fd, int cmd, ...);
int __real_inotify_init1(int flags);
int __wrap_faccessat(int folder, const char *name, int mode, int flags);
int __wrap_inotify_init1(int flags);
int __real_inotify_add_watch(int fd, const char *path, uint32_t mask);
int __wrap_inotify_add_watch(int fd, const char *path, uint32_t mask);
ssize_t __real_read(int fd, void *to, size_t len);
ssize_t __wrap_read(int fd, void *to, size_t len);

const char *const fixture_customers[3] = { "adatum", "contoso", "fabrikam" };
struct spool_fixture fixture;

static uv_timer_t *look_timer;
static uv_timer_cb look_fn;
static unsigned reads; /* of events */
static struct buf told;

/* --- loop and kernel ---------------------------------------------------------------------------- */

uint64_t
__wrap_uv_now(const uv_loop_t *loop)
{
	(void)loop;
	return fixture.now_ms;
}

int
__wrap_uv_timer_start(uv_timer_t *timer, uv_timer_cb fn, uint64_t first_ms, uint64_t ms)
{
	assert_true(first_ms == ms);
	look_timer = timer;
	look_fn = fn;
	fixture.timer_ms = ms;
	return 0;
}

int
__wrap_fcntl(int fd, int cmd, ...)
{
	va_list ap;
	int arg;

	va_start(ap, cmd);
	arg = va_arg(ap, int);
	va_end(ap);
	if (cmd == F_SETLEASE && fixture.others_files) {
		errno = EACCES;
		return -1;
	}
	return __real_fcntl(fd, cmd, arg);
}

int
__wrap_faccessat(int folder, const char *name, int mode, int flags)
{
	struct stat st;

	assert_int_equal(mode, R_OK);
	assert_int_equal(flags, AT_EACCESS);
	assert_int_equal(fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW), 0);
	if (!fixture.unreadable)
		return 0;
	errno = EACCES;
	return -1;
}

int
__wrap_inotify_init1(int flags)
{
	errno = fixture.init_errno;
	return fixture.init_errno ? -1 : __real_inotify_init1(flags);
}

int
__wrap_inotify_add_watch(int fd, const char *path, uint32_t mask)
{
	if (fixture.watches == 0) {
		errno = ENOSPC;
		return -1;
	}
	if (fixture.watches > 0)
		fixture.watches--;
	return __real_inotify_add_watch(fd, path, mask);
}

ssize_t
__wrap_read(int fd, void *to, size_t len)
{
	static const struct inotify_event overflow = { .wd = -1, .mask = IN_Q_OVERFLOW };
	ssize_t n = __real_read(fd, to, len);

	reads++;
	if (!fixture.events_lost || n <= 0)
		return n;
	fixture.events_lost = false;
	memcpy(to, &overflow, sizeof overflow);
	return sizeof overflow;
}

/* --- the spool's user ----------------------------------------------------------------------------- */

static void
call_back(void *arg)
{
	void (*fn)(void) = fixture.on_callback;

	assert_ptr_equal(arg, &fixture);
	fixture.on_callback = NULL;
	if (fn)
		fn();
}

static void
on_ready(void *arg)
{
	fixture.ready++;
	call_back(arg);
}

static void
on_stranger(void *arg, const char *folder)
{
	buf_addf(&told, "stranger %s\n", folder);
	call_back(arg);
}

static void
on_trouble(void *arg, const struct err *err)
{
	buf_addf(&told, "%s\n", err->msg);
	call_back(arg);
}

struct spool_options
fixture_options(size_t ncustomer)
{
	return (struct spool_options){
		.path = "spool",
		.customer = fixture_customers,
		.ncustomer = ncustomer,
		.rescan_ms = FIXTURE_RESCAN_MS,
		.arg = &fixture,
		.on_ready = on_ready,
		.on_stranger = on_stranger,
		.on_trouble = on_trouble,
	};
}

void
fixture_open(size_t ncustomer)
{
	struct spool_options opt = fixture_options(ncustomer);
	struct err err;

	assert_int_equal(spool_open(&fixture.loop, &opt, &fixture.spool, &err), ERR_OK);
	assert_int_equal(fixture.ready, 0);
}

static void
on_closed(void *arg)
{
	assert_ptr_equal(arg, &fixture);
	fixture.closed++;
}

void
fixture_close(void)
{
	spool_close(fixture.spool, on_closed, &fixture);
	fixture.spool = NULL;
}

void
fixture_settle(void)
{
	unsigned turns = 0, quiet = 0;

	while (quiet < 2) {
		bool busy;

		reads = 0;
		(void)uv_run(&fixture.loop, UV_RUN_NOWAIT);
		busy = uv_loop_alive(&fixture.loop) && uv_backend_timeout(&fixture.loop) == 0;
		quiet = busy || reads > 0 ? 0 : quiet + 1;
		assert_true(++turns < TURNS_MAX);
	}
}

void
fixture_look(void)
{
	fixture.now_ms += FIXTURE_RESCAN_MS;
	look_fn(look_timer);
	fixture_settle();
}

void
fixture_assert_told(const char *want)
{
	assert_string_equal(told.len ? told.ptr : "", want);
	buf_reset(&told);
}

void
fixture_assert_next(const char *customer, const char *name)
{
	struct spool_file f;
	char path[64];

	assert_true(spool_next(fixture.spool, &f));
	assert_string_equal(f.name, name);
	(void)snprintf(path, sizeof path, "spool/%s/%s", customer, name);
	assert_string_equal(f.path, path);
	assert_string_equal(fixture_customers[f.customer], customer);
}

void
fixture_assert_none(void)
{
	struct spool_file f = { .customer = 99 };

	assert_false(spool_next(fixture.spool, &f));
	assert_int_equal(f.customer, 99);
}

int
fixture_begin(void **state)
{
	fixture = (struct spool_fixture){ .now_ms = 1000 * 1000, .watches = -1 };
	buf_init(&told, TOLD_MAX);
	return sandbox_enter(state) || uv_loop_init(&fixture.loop);
}

int
fixture_end(void **state)
{
	if (fixture.spool)
		spool_close(fixture.spool, NULL, NULL);
	(void)uv_run(&fixture.loop, UV_RUN_DEFAULT);
	buf_done(&told);
	return sandbox_leave(state) || uv_loop_close(&fixture.loop);
}
