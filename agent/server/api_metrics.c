/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server/api_metrics.h"

#include <stdlib.h>

#include "agent/server/api.h"
#include "agent/server/metrics_page.h"
#include "base/clock.h"
#include "store/store_async.h"

enum { HTTP_OK = 200, PAGE_MAX = 16 * 1024 * 1024 };

struct scrape {
	struct http_exchange *x;
	enum metrics_form form;
	struct metric_facts *facts;
};

static enum err_code
read_facts(struct store *s, void *arg, struct err *err)
{
	struct scrape *c = arg;

	return metric_facts_read(c->facts, s, err);
}

static void
answer(const struct scrape *c)
{
	struct buf page;
	struct err err;

	buf_init(&page, PAGE_MAX);
	metrics_page_write(c->facts, c->form, &page);
	if (buf_check(&page, &err))
		http_exchange_fail(c->x, &err);
	else
		http_exchange_text(c->x, HTTP_OK, metrics_page_type(c->form), buf_slice(&page));
	buf_done(&page);
}

static void
on_read(void *arg, const struct err *err)
{
	struct scrape *c = arg;

	if (err)
		http_exchange_fail(c->x, err);
	else
		answer(c);
	metric_facts_free(c->facts);
	free(c);
}

void
api_metrics(void *arg, struct http_exchange *x)
{
	const struct api *api = arg;
	struct agent *a = api_agent(api);
	struct scrape *c = calloc(1, sizeof *c);
	struct err err;

	if (!c) {
		http_exchange_fail(x, &(struct err){ ERR_NOMEM, "out of memory" });
		return;
	}
	c->x = x;
	c->form = metrics_page_form(http_exchange_header(x, "Accept"));
	if (metric_facts_new(a, &c->facts, &err)) {
		on_read(c, &err);
		return;
	}
	c->facts->started_unix_ms = api_started_unix_ms(api);
	c->facts->certificate_until_unix_ms = api_certificate_until_unix_ms(api);
	c->facts->now_unix_ms = clock_unix_ms(clock_system());
	if (store_async_start(agent_reader(a), read_facts, on_read, c, &err))
		on_read(c, &err);
}
