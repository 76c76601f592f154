/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/service_life.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uv.h>

#include "agent/commands/service_text.h"
#include "agent/meter/meter.h"
#include "agent/tools/log_event.h"
#include "base/buf.h"
#include "base/clock.h"

enum {
	STATUS_MS = 1000,
	FEEDS = 3, /* in the time that the watchdog allows */
	STATUS_MAX = 1024,
};

struct service_life {
	struct agent *agent;
	const struct service_manager *manager;
	uv_timer_t status;
	uv_timer_t watchdog;
	unsigned handles;
	uint64_t told_ms;      /* of the loop's time: when the status was last looked at */
	char told[STATUS_MAX]; /* what it was */
	bool reloading;        /* the manager thinks so */
	const char *dead;      /* why the watchdog is not fed; NULL: it is */
};

static bool tell(const struct service_life *l, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* A manager that is not reached now is told the next time. */
static bool
tell(const struct service_life *l, const char *fmt, ...)
{
	char lines[STATUS_MAX + 64];
	struct err err;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(lines, sizeof lines, fmt, ap);
	va_end(ap);
	if (service_manager_tell(l->manager, lines, &err) == ERR_OK)
		return true;
	log_event(LOG_MANAGER_NOT_TOLD, LOG_TEXT(ERROR, err.msg));
	return false;
}

/* --- what it is doing -------------------------------------------------------------------------- */

static void
describe(const struct service_life *l, struct buf *out)
{
	struct agent_config_status config;
	struct agent_work work;

	agent_config_status(l->agent, &config);
	agent_work(l->agent, &work);
	if (l->dead)
		buf_addf(out, "dying: %s; ", l->dead);
	if (config.reading)
		buf_addf(out, "reading the configuration again");
	else
		service_text_add(out, &work, config.refused, clock_unix_ms(clock_system()));
}

static void
tell_status(struct service_life *l)
{
	struct buf text;

	l->told_ms = uv_now(l->status.loop);
	buf_init(&text, STATUS_MAX - 1);
	describe(l, &text);
	if (!text.failed && strcmp(text.ptr, l->told) != 0 && tell(l, "STATUS=%s", text.ptr))
		(void)snprintf(l->told, sizeof l->told, "%s", text.ptr);
	buf_done(&text);
}

static void
on_status(uv_timer_t *timer)
{
	tell_status(timer->data);
}

/* The manager compares this with its own clock, to tell this reload from an earlier one. */
static uint64_t
monotonic_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void
follow_reload(struct service_life *l)
{
	struct agent_config_status config;

	agent_config_status(l->agent, &config);
	if (config.reading && !l->reloading)
		l->reloading = tell(l, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, monotonic_us());
	else if (!config.reading && l->reloading)
		l->reloading = !tell(l, "READY=1");
}

void
service_life_touch(struct service_life *l)
{
	uint64_t since_ms;

	if (!l || l->manager->fd < 0)
		return;
	follow_reload(l);
	if (uv_is_active((uv_handle_t *)&l->status))
		return;
	since_ms = uv_now(l->status.loop) - l->told_ms;
	(void)uv_timer_start(&l->status, on_status, since_ms < STATUS_MS ? STATUS_MS - since_ms : 0,
	    0);
}

/* --- whether it lives --------------------------------------------------------------------------- */

static void
on_watchdog(uv_timer_t *timer)
{
	struct service_life *l = timer->data;
	const char *dead = agent_pulse(l->agent);

	if (!dead && tell(l, "WATCHDOG=1"))
		meter_ping(agent_meter(l->agent));
	if (!dead == !l->dead)
		return;
	l->dead = dead;
	if (dead)
		log_event(LOG_NOT_ALIVE, LOG_TEXT(REASON, dead));
	else
		log_event(LOG_ALIVE_AGAIN);
	tell_status(l);
}

/* --- life ------------------------------------------------------------------------------------------ */

static void
add_timer(struct service_life *l, struct uv_loop_s *loop, uv_timer_t *timer)
{
	(void)uv_timer_init(loop, timer);
	timer->data = l;
	l->handles++;
}

enum err_code
service_life_open(struct uv_loop_s *loop, struct agent *a, const struct service_manager *m,
    struct service_life **out, struct err *err)
{
	uint64_t feed_ms = m->watchdog_ms / FEEDS;
	struct service_life *l;

	if (service_manager_tell(m, "READY=1", err))
		return err->code;
	l = calloc(1, sizeof *l);
	if (!l)
		return err_set(err, ERR_NOMEM, "service manager");
	l->agent = a;
	l->manager = m;
	add_timer(l, loop, &l->status);
	add_timer(l, loop, &l->watchdog);
	uv_update_time(loop); /* opening took its time, and the loop has not turned yet */
	if (m->fd >= 0)
		tell_status(l);
	if (feed_ms > 0)
		(void)uv_timer_start(&l->watchdog, on_watchdog, feed_ms, feed_ms);
	*out = l;
	return ERR_OK;
}

static void
on_closed(uv_handle_t *handle)
{
	struct service_life *l = handle->data;

	if (--l->handles == 0)
		free(l);
}

void
service_life_close(struct service_life *l)
{
	if (!l)
		return;
	(void)tell(l, "STOPPING=1\nSTATUS=stopping: what is on its way gets a few seconds to end");
	uv_close((uv_handle_t *)&l->status, on_closed);
	uv_close((uv_handle_t *)&l->watchdog, on_closed);
}
