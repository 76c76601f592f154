/* SPDX-License-Identifier: Apache-2.0 */
#include "partner/customer_listing.h"

#include <stdlib.h>

#include "channel/channel_answer.h"
#include "partner/customer_page.h"
#include "partner/partner_call.h"
#include "partner/partner_channel.h"
#include "partner/partner_url.h"

enum { PAGE_CUSTOMERS = 500 };

/*
 *      +-- further page --+
 *      v                  |
 *    PAGE ----------------+---> done
 */
struct customer_listing {
	struct channel_op op;
	const struct partner_options *opt;
	channel_customers_fn *done;
	void *arg;
	char *url;
	struct customer_page pages;
};

static void
listing_free(struct customer_listing *l)
{
	customer_page_done(&l->pages);
	free(l->url);
	free(l);
}

static void
finish(struct customer_listing *l, const struct channel_answer *answer)
{
	struct customer_listing last = *l;
	bool whole = answer->outcome == CHANNEL_DONE;

	free(l);
	last.done(last.arg, answer, whole ? customer_page_all(&last.pages) : NULL,
	    whole ? last.pages.n : 0);
	customer_page_done(&last.pages);
	free(last.url);
}

static void on_call(void *arg, const struct channel_answer *answer,
    const struct http_response *rsp);

static enum err_code
call(struct customer_listing *l, struct err *err)
{
	char *url =
	    partner_url_customers(l->opt->base_url, PAGE_CUSTOMERS, l->pages.page.pages > 0);

	if (!url)
		return err_set(err, ERR_NOMEM, "no memory to list the customers");
	free(l->url);
	l->url = url;
	return partner_call_start(l->opt,
	    &(struct partner_request){
	        .call = "GET customers",
	        .method = HTTP_GET,
	        .url = url,
	        .page = l->pages.page.text,
	    },
	    on_call, l, &l->op.call, err);
}

static void
on_call(void *arg, const struct channel_answer *given, const struct http_response *rsp)
{
	struct customer_listing *l = arg;
	struct channel_answer answer = *given;
	enum page_end end = PAGE_LAST;
	struct err err;

	if (answer.outcome == CHANNEL_DONE && customer_page_read(&l->pages, rsp->body, &end, &err))
		channel_answer_set(&answer,
		    err.code == ERR_NOMEM ? CHANNEL_STOPPED : CHANNEL_UNKNOWN, NULL, "%s", err.msg);
	else if (end == PAGE_BAD)
		channel_answer_set(&answer, CHANNEL_UNKNOWN, NULL,
		    "the service's list of customers cannot be read to its end");
	if (end == PAGE_MORE) {
		if (!call(l, &err))
			return;
		channel_answer_not_begun(&answer, &err);
	}
	finish(l, &answer);
}

enum err_code
customer_listing_start(const struct partner_options *opt, channel_customers_fn *done, void *arg,
    struct channel_op **out, struct err *err)
{
	struct customer_listing *l = calloc(1, sizeof *l);

	if (!l)
		return err_set(err, ERR_NOMEM, "no memory to list the customers");
	l->opt = opt;
	l->done = done;
	l->arg = arg;
	customer_page_init(&l->pages);
	if (call(l, err)) {
		listing_free(l);
		return err->code;
	}
	*out = &l->op;
	return ERR_OK;
}
