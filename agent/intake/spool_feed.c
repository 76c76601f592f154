/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/intake/spool_feed.h"

#include <stdlib.h>
#include <uv.h>

#include "agent/intake/spool.h"
#include "agent/tools/log_event.h"

enum { PAUSE_MS = 5000 };

struct spool_feed {
	struct spool_feed_options opt;
	struct spool *spool;
	const char **customer; /* names, by their place in the configuration */
	uv_timer_t pause;
	bool given;   /* a list is on its way */
	bool waiting; /* one could not be taken */
	bool closing;
	unsigned open; /* parts that are not closed yet */
	void (*closed)(void *arg);
	void *closed_arg;
};

static void give(struct spool_feed *f);

static void
finish(struct spool_feed *f)
{
	void (*closed)(void *arg) = f->closed;
	void *arg = f->closed_arg;

	if (f->open > 0 || f->given)
		return;
	free(f->customer);
	free(f);
	closed(arg);
}

static void
on_pause_over(uv_timer_t *pause)
{
	struct spool_feed *f = pause->data;

	f->waiting = false;
	spool_again(f->spool);
	give(f);
}

static void
wait(struct spool_feed *f)
{
	f->waiting = true;
	(void)uv_timer_start(&f->pause, on_pause_over, PAUSE_MS, 0);
}

static void
on_taken(void *arg, const struct incoming_taken *taken, const struct err *err)
{
	struct spool_feed *f = arg;

	(void)taken;
	f->given = false;
	if (f->closing)
		finish(f);
	else if (err)
		wait(f);
	else
		give(f);
}

static void
give(struct spool_feed *f)
{
	struct spool_file file;
	struct err err;

	while (!f->given && !f->waiting && spool_next(f->spool, &file)) {
		const struct incoming_list list = {
			.customer = &f->opt.config->customers.item[file.customer],
			.path = file.path,
			.name = file.name,
			.source = LIST_FROM_SPOOL,
			.move = true,
		};

		f->given = true;
		if (f->opt.take(f->opt.arg, &list, on_taken, f, &err)) {
			log_event(LOG_LIST_NOT_TAKEN_IN, LOG_TEXT(CUSTOMER, list.customer->name),
			    LOG_TEXT(FILE, file.path), LOG_TEXT(ERROR, err.msg));
			f->given = false;
			wait(f);
		}
	}
}

static void
on_ready(void *arg)
{
	give(arg);
}

static void
on_stranger(void *arg, const char *folder)
{
	(void)arg;
	log_event(LOG_SPOOL_STRANGER, LOG_TEXT(FOLDER, folder));
}

static void
on_trouble(void *arg, const struct err *err)
{
	(void)arg;
	log_event(LOG_SPOOL_TROUBLE, LOG_TEXT(ERROR, err->msg));
}

static enum err_code
open_spool(struct spool_feed *f, struct err *err)
{
	const struct customer_list *c = &f->opt.config->customers;
	const struct spool_options opt = {
		.path = f->opt.config->spool,
		.customer = f->customer,
		.ncustomer = c->n,
		.arg = f,
		.on_ready = on_ready,
		.on_stranger = on_stranger,
		.on_trouble = on_trouble,
	};

	for (size_t i = 0; i < c->n; i++)
		f->customer[i] = c->item[i].name;
	return spool_open(f->opt.loop, &opt, &f->spool, err);
}

enum err_code
spool_feed_open(const struct spool_feed_options *opt, struct spool_feed **out, struct err *err)
{
	struct spool_feed *f = calloc(1, sizeof *f);
	enum err_code rc;

	if (f)
		f->customer = calloc(opt->config->customers.n + 1, sizeof *f->customer);
	if (!f || !f->customer) {
		free(f);
		return err_set(err, ERR_NOMEM, "spool");
	}
	f->opt = *opt;
	if ((rc = open_spool(f, err))) {
		free(f->customer);
		free(f);
		return rc;
	}
	(void)uv_timer_init(opt->loop, &f->pause);
	f->pause.data = f;
	*out = f;
	return ERR_OK;
}

static void
on_spool_closed(void *arg)
{
	struct spool_feed *f = arg;

	f->open--;
	finish(f);
}

static void
on_pause_closed(uv_handle_t *pause)
{
	on_spool_closed(pause->data);
}

void
spool_feed_close(struct spool_feed *f, void (*closed)(void *arg), void *arg)
{
	f->closing = true;
	f->closed = closed;
	f->closed_arg = arg;
	f->open = 2;
	spool_close(f->spool, on_spool_closed, f);
	uv_close((uv_handle_t *)&f->pause, on_pause_closed);
}
