/* SPDX-License-Identifier: Apache-2.0 */
#include "partner/batch_look.h"

#include <stdlib.h>
#include <string.h>

#include "partner/device_match.h"
#include "partner/page_token.h"
#include "partner/partner_answer.h"
#include "partner/partner_call.h"
#include "partner/partner_channel.h"
#include "partner/partner_json.h"
#include "partner/partner_url.h"

/*
 *      +-- further page --+
 *      v                  |
 *    PAGE ----------------+---> done
 */
struct batch_look {
	struct channel_op op;
	const struct partner_options *opt;
	const struct batch *batch;
	channel_look_fn *done;
	void *arg;
	char *url;
	struct device_match *match;
	struct page_token page;
	size_t nthere;
	bool *there; /* by device */
};

static void
look_free(struct batch_look *l)
{
	if (!l)
		return;
	device_match_free(l->match);
	free(l->there);
	free(l->url);
	free(l);
}

static void
finish(struct batch_look *l, const struct channel_answer *answer)
{
	channel_look_fn *done = l->done;
	void *arg = l->arg;
	bool *there = l->there;

	l->there = NULL;
	look_free(l);
	done(arg, answer, answer->outcome == CHANNEL_DONE ? there : NULL);
	free(there);
}

static void
find(struct batch_look *l, const json_t *item)
{
	struct slice serial = slice_trim(partner_json_text(item, "serialNumber"));
	struct slice product_id = slice_trim(partner_json_text(item, "productKey"));
	size_t device;

	if (device_match_find(l->match, DEVICE_SERIAL, serial, &device) ||
	    device_match_find(l->match, DEVICE_SERIAL_NOCASE, serial, &device) ||
	    device_match_find(l->match, DEVICE_PRODUCT_ID, product_id, &device)) {
		l->there[device] = true;
		l->nthere++;
	}
}

static enum page_end
read_page(struct batch_look *l, struct slice body)
{
	json_t *root = partner_json_read(body);
	const json_t *items = json_object_get(root, "items");
	enum page_end end = PAGE_BAD;

	if (json_is_array(items)) {
		for (size_t i = 0; i < json_array_size(items); i++)
			find(l, json_array_get(items, i));
		end = l->nthere == l->batch->ndevice
		    ? PAGE_LAST
		    : page_token_advance(&l->page, partner_json_text(root, "continuationToken"));
	}
	json_decref(root);
	return end;
}

static void on_call(void *arg, const struct channel_answer *answer,
    const struct http_response *rsp);

static enum err_code
call(struct batch_look *l, struct err *err)
{
	return partner_call_start(l->opt,
	    &(struct partner_request){
	        .method = HTTP_GET,
	        .url = l->url,
	        .page = l->page.text,
	        .correlation_id = l->batch->correlation_id,
	    },
	    on_call, l, &l->op.call, err);
}

static bool
has_no_batch(const struct channel_answer *answer)
{
	return answer->outcome == CHANNEL_GONE && strcmp(answer->code, "1000") == 0;
}

static void
on_call(void *arg, const struct channel_answer *given, const struct http_response *rsp)
{
	struct batch_look *l = arg;
	struct channel_answer answer = *given;
	enum page_end end = PAGE_LAST;
	struct err err;

	if (has_no_batch(&answer) && l->page.pages == 0)
		answer.outcome = CHANNEL_DONE;
	else if (answer.outcome == CHANNEL_DONE)
		end = read_page(l, rsp->body);
	if (end == PAGE_BAD)
		partner_answer_set(&answer, CHANNEL_UNKNOWN, NULL,
		    "the service's list of devices cannot be read to its end");
	if (end == PAGE_MORE) {
		if (!call(l, &err))
			return;
		partner_answer_not_begun(&answer, &err);
	}
	finish(l, &answer);
}

enum err_code
batch_look_start(const struct partner_options *opt, const struct batch *b, channel_look_fn *done,
    void *arg, struct channel_op **out, struct err *err)
{
	struct batch_look *l = calloc(1, sizeof *l);
	enum err_code rc = ERR_NOMEM;

	if (l) {
		l->url =
		    partner_url(opt->base_url, b->tenant, "deviceBatches", b->tag, "devices", NULL);
		l->there = calloc(b->ndevice > 0 ? b->ndevice : 1, sizeof l->there[0]);
	}
	if (!l || !l->url || !l->there) {
		err_set(err, ERR_NOMEM, "no memory to look for %zu devices", b->ndevice);
		goto out;
	}
	l->opt = opt;
	l->batch = b;
	l->done = done;
	l->arg = arg;
	if ((rc = device_match_new(b, &l->match, err)) || (rc = call(l, err)))
		goto out;
	*out = &l->op;
	l = NULL;
out:
	look_free(l);
	return rc;
}
