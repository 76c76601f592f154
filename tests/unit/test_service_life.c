/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/service_life.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <uv.h>

#include <cmocka.h>

#include "agent/meter/meter.h"
#include "base/buf.h"

/*
 * The agent, its manager, and time, as the test wants them. What the manager is told is kept, each time
 * with a bar behind it.
 */
static struct {
	struct agent_config_status config;
	const char *dead;
	struct meter meter;
	bool deaf; /* the manager */
	struct buf told;
	uint64_t now_ms;
	uv_timer_t *status, *watchdog; /* that run; NULL: they do not */
	uv_timer_cb on_status, on_watchdog;
	uint64_t status_ms, watchdog_ms;
} world;

void __wrap_agent_config_status(const struct agent *a, struct agent_config_status *out);
void __wrap_agent_work(const struct agent *a, struct agent_work *out);
const char *__wrap_agent_pulse(struct agent *a);
struct meter *__wrap_agent_meter(struct agent *a);
enum err_code __wrap_service_manager_tell(const struct service_manager *m, const char *lines,
    struct err *err);
uint64_t __wrap_uv_now(const uv_loop_t *loop);
int __wrap_uv_is_active(const uv_handle_t *handle);
int __wrap_uv_timer_start(uv_timer_t *timer, uv_timer_cb cb, uint64_t after_ms, uint64_t repeat_ms);

void
__wrap_agent_config_status(const struct agent *a, struct agent_config_status *out)
{
	(void)a;
	*out = world.config;
}

void
__wrap_agent_work(const struct agent *a, struct agent_work *out)
{
	(void)a;
	memset(out, 0, sizeof *out);
}

const char *
__wrap_agent_pulse(struct agent *a)
{
	(void)a;
	return world.dead;
}

struct meter *
__wrap_agent_meter(struct agent *a)
{
	(void)a;
	return &world.meter;
}

/* Of a time nothing but that it is there. */
enum err_code
__wrap_service_manager_tell(const struct service_manager *m, const char *lines, struct err *err)
{
	const char *number = strstr(lines, "_USEC=");
	size_t len = number ? (size_t)(number - lines) + strlen("_USEC=") : strlen(lines);

	(void)m;
	if (world.deaf)
		return err_set(err, ERR_IO, "it does not hear");
	buf_add_slice(&world.told, (struct slice){ lines, len });
	buf_add_char(&world.told, '|');
	return ERR_OK;
}

uint64_t
__wrap_uv_now(const uv_loop_t *loop)
{
	(void)loop;
	return world.now_ms;
}

int
__wrap_uv_is_active(const uv_handle_t *handle)
{
	return handle == (const uv_handle_t *)world.status;
}

int
__wrap_uv_timer_start(uv_timer_t *timer, uv_timer_cb cb, uint64_t after_ms, uint64_t repeat_ms)
{
	if (repeat_ms) {
		world.watchdog = timer;
		world.on_watchdog = cb;
		world.watchdog_ms = repeat_ms;
	} else {
		world.status = timer;
		world.on_status = cb;
		world.status_ms = after_ms;
	}
	return 0;
}

/* --- */

static void
assert_told(const char *want)
{
	assert_string_equal(world.told.ptr ? world.told.ptr : "", want);
	buf_reset(&world.told);
	buf_add_str(&world.told, "");
}

static void
let_status_be_told(void)
{
	uv_timer_t *timer = world.status;

	assert_non_null(timer);
	world.status = NULL;
	world.now_ms += world.status_ms;
	world.on_status(timer);
}

static struct service_life *
open_life(uv_loop_t *loop, const struct service_manager *m)
{
	struct service_life *l = NULL;
	struct err err;

	memset(&world, 0, sizeof world);
	buf_init(&world.told, 4096);
	world.now_ms = 5000;
	assert_int_equal(uv_loop_init(loop), 0);
	assert_int_equal(service_life_open(loop, NULL, m, &l, &err), ERR_OK);
	return l;
}

static void
close_life(struct service_life *l, uv_loop_t *loop)
{
	service_life_close(l);
	assert_int_equal(uv_run(loop, UV_RUN_DEFAULT), 0);
	assert_int_equal(uv_loop_close(loop), 0);
	buf_done(&world.told);
}

#define IDLE "STATUS=0 customers, nothing queued|"
#define STOPPING "STOPPING=1\nSTATUS=stopping: what is on its way gets a few seconds to end|"

static void
status_is_told_when_it_has_changed(void **state)
{
	const struct service_manager m = { .fd = 3 };
	struct service_life *l;
	uv_loop_t loop;

	(void)state;
	l = open_life(&loop, &m);
	assert_told("READY=1|" IDLE);
	assert_null(world.watchdog); /* nobody wants to hear it */

	service_life_touch(l); /* a second after the last look at the earliest, and once */
	assert_int_equal(world.status_ms, 1000);
	service_life_touch(l);
	let_status_be_told();
	assert_told("");

	world.now_ms += 400;
	world.config.refused = true;
	service_life_touch(l);
	assert_int_equal(world.status_ms, 600);
	world.deaf = true;
	let_status_be_told();
	world.deaf = false;
	world.now_ms += 2000;
	service_life_touch(l);
	assert_int_equal(world.status_ms, 0);
	let_status_be_told();
	assert_non_null(strstr(world.told.ptr, "STATUS="));
	assert_null(strstr(world.told.ptr, IDLE));
	buf_reset(&world.told);
	close_life(l, &loop);
}

static void
reloads_are_told(void **state)
{
	const struct service_manager m = { .fd = 3 };
	struct service_life *l;
	uv_loop_t loop;

	(void)state;
	l = open_life(&loop, &m);
	assert_told("READY=1|" IDLE);
	world.config.reading = true;
	world.deaf = true;
	service_life_touch(l);
	assert_told("");
	world.deaf = false;
	service_life_touch(l);
	service_life_touch(l);
	assert_told("RELOADING=1\nMONOTONIC_USEC=|");
	let_status_be_told();
	assert_told("STATUS=reading the configuration again|");
	world.config.reading = false;
	service_life_touch(l);
	service_life_touch(l);
	assert_told("READY=1|");
	let_status_be_told();
	assert_told(IDLE);
	close_life(l, &loop);
}

static void
the_watchdog_is_fed_by_the_living(void **state)
{
	const struct service_manager m = { .fd = 3, .watchdog_ms = 3000 };
	struct service_life *l;
	uv_loop_t loop;

	(void)state;
	l = open_life(&loop, &m);
	assert_told("READY=1|" IDLE);
	assert_int_equal(world.watchdog_ms, 1000);
	world.on_watchdog(world.watchdog);
	assert_told("WATCHDOG=1|");
	world.dead = "the store";
	world.on_watchdog(world.watchdog);
	assert_told("STATUS=dying: the store; 0 customers, nothing queued|");
	world.on_watchdog(world.watchdog);
	assert_told("");
	world.dead = NULL;
	world.on_watchdog(world.watchdog);
	assert_told("WATCHDOG=1|" IDLE);
	world.deaf = true;
	world.on_watchdog(world.watchdog);
	world.deaf = false;
	assert_int_equal(world.meter.pings, 2); /* that were heard */
	service_life_close(l);
	assert_told(STOPPING);
	assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
	assert_int_equal(uv_loop_close(&loop), 0);
	buf_done(&world.told);
}

static void
a_manager_that_does_not_hear_of_the_start(void **state)
{
	const struct service_manager m = { .fd = 3 };
	struct service_life *l = NULL;
	struct err err;
	uv_loop_t loop;

	(void)state;
	memset(&world, 0, sizeof world);
	world.deaf = true;
	assert_int_equal(uv_loop_init(&loop), 0);
	assert_int_equal(service_life_open(&loop, NULL, &m, &l, &err), ERR_IO);
	assert_null(l);
	assert_int_equal(uv_loop_close(&loop), 0);
	service_life_touch(NULL);
	service_life_close(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status_is_told_when_it_has_changed),
		cmocka_unit_test(reloads_are_told),
		cmocka_unit_test(the_watchdog_is_fed_by_the_living),
		cmocka_unit_test(a_manager_that_does_not_hear_of_the_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
