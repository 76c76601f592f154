/* SPDX-License-Identifier: Apache-2.0 */
#include "partner/batch_look.h"

#include <stdlib.h>
#include <string.h>

#include "channel/answer_json.h"
#include "channel/channel_answer.h"
#include "channel/device_match.h"
#include "partner/look_memory.h"
#include "partner/partner_call.h"
#include "partner/partner_channel.h"
#include "partner/partner_url.h"

/*
 *      +-- further page, or the first because an old token is refused --+
 *      v                                                                |
 *    PAGE --------------------------------------------------------------+---> done
 */
struct batch_look {
	struct channel_op op;
	const struct partner_options *opt;
	struct look_memory *memory;
	const struct batch *batch;
	channel_look_fn *done;
	void *arg;
	char *url;
	struct device_match *match;
	struct look_progress progress;
	bool resumed; /* the page was another look's: no further one has been read */
};

static void
look_free(struct batch_look *l)
{
	if (!l)
		return;
	device_match_free(l->match);
	free(l->progress.there);
	free(l->url);
	free(l);
}

/* Whether the same request may do better another time. */
static bool
may_go_on(const struct batch_look *l, const struct channel_answer *answer)
{
	switch (answer->outcome) {
	case CHANNEL_THROTTLED:
	case CHANNEL_UNSENT:
	case CHANNEL_SERVER:
	case CHANNEL_UNKNOWN:
		return l->progress.page.pages > 0;
	default:
		return false;
	}
}

static void
finish(struct batch_look *l, const struct channel_answer *answer)
{
	channel_look_fn *done = l->done;
	void *arg = l->arg;
	bool *there = l->progress.there;

	l->progress.there = NULL;
	look_free(l);
	done(arg, answer, answer->outcome == CHANNEL_DONE ? there : NULL);
	free(there);
}

/* The page that is to be asked for could not be had. */
static void
give_up_page(struct batch_look *l, const struct channel_answer *answer)
{
	if (may_go_on(l, answer)) {
		look_memory_keep(l->memory, l->batch, &l->progress);
		l->progress.there = NULL;
	}
	finish(l, answer);
}

static void
find(struct batch_look *l, struct slice serial, struct slice product_id)
{
	size_t device;

	if (device_match_find(l->match, DEVICE_SERIAL, serial, &device) ||
	    device_match_find(l->match, DEVICE_SERIAL_NOCASE, serial, &device) ||
	    device_match_find(l->match, DEVICE_PRODUCT_ID, product_id, &device)) {
		l->progress.there[device] = true;
		l->progress.nthere++;
	}
}

/* What an earlier look has found is not there to be found again. */
static void
find_again(struct batch_look *l)
{
	l->progress.nthere = 0;
	for (size_t i = 0; i < l->batch->ndevice; i++) {
		if (l->progress.there[i])
			find(l, l->batch->device[i].serial, l->batch->device[i].product_id);
	}
}

static void
find_item(struct batch_look *l, const json_t *item)
{
	find(l, slice_trim(answer_json_text(item, "serialNumber")),
	    slice_trim(answer_json_text(item, "productKey")));
}

static enum page_end
read_page(struct batch_look *l, struct slice body)
{
	json_t *root = answer_json_read(body);
	const json_t *items = json_object_get(root, "items");
	enum page_end end = PAGE_BAD;

	if (json_is_array(items)) {
		for (size_t i = 0; i < json_array_size(items); i++)
			find_item(l, json_array_get(items, i));
		end = l->progress.nthere == l->batch->ndevice
		    ? PAGE_LAST
		    : page_token_advance(&l->progress.page,
		          answer_json_text(root, "continuationToken"));
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
	        .call = "GET deviceBatches/{batch}/devices",
	        .method = HTTP_GET,
	        .url = l->url,
	        .page = l->progress.page.text,
	        .correlation_id = l->batch->correlation_id,
	    },
	    on_call, l, &l->op.call, err);
}

static bool
has_no_batch(const struct channel_answer *answer)
{
	return answer->outcome == CHANNEL_GONE && strcmp(answer->code, "1000") == 0;
}

/* From the first page again, where what was found is found once more. */
static enum err_code
start_over(struct batch_look *l, struct err *err)
{
	struct device_match *match;

	if (device_match_new(l->batch, &match, err))
		return err->code;
	device_match_free(l->match);
	l->match = match;
	l->progress.nthere = 0;
	memset(&l->progress.page, 0, sizeof l->progress.page);
	l->resumed = false;
	return ERR_OK;
}

static bool
is_refused(const struct channel_answer *answer)
{
	return answer->outcome == CHANNEL_REFUSED || answer->outcome == CHANNEL_GONE;
}

/* The next page, unless it may not be asked for. */
static void
go_on(struct batch_look *l, struct channel_answer *answer)
{
	struct err err;

	if (l->op.pause_ms)
		channel_answer_wait(answer, l->op.pause_ms);
	else if (!call(l, &err))
		return;
	else
		channel_answer_not_begun(answer, &err);
	give_up_page(l, answer);
}

static void
judge_page(struct batch_look *l, struct slice body, struct channel_answer *answer)
{
	switch (read_page(l, body)) {
	case PAGE_MORE:
		l->resumed = false;
		go_on(l, answer);
		return;
	case PAGE_BAD:
		channel_answer_set(answer, CHANNEL_UNKNOWN, NULL,
		    "the service's list of devices cannot be read to its end");
		break;
	case PAGE_LAST:
		break;
	}
	finish(l, answer);
}

static void
on_call(void *arg, const struct channel_answer *given, const struct http_response *rsp)
{
	struct batch_look *l = arg;
	struct channel_answer answer = *given;
	struct err err;

	if (answer.outcome == CHANNEL_DONE) {
		judge_page(l, rsp->body, &answer);
	} else if (l->resumed && is_refused(&answer)) {
		if (!start_over(l, &err)) {
			go_on(l, &answer);
			return;
		}
		channel_answer_not_begun(&answer, &err);
		finish(l, &answer);
	} else {
		if (has_no_batch(&answer) && l->progress.page.pages == 0)
			answer.outcome = CHANNEL_DONE;
		give_up_page(l, &answer);
	}
}

enum err_code
batch_look_start(const struct partner_options *opt, struct look_memory *memory,
    const struct batch *b, channel_look_fn *done, void *arg, struct channel_op **out,
    struct err *err)
{
	struct batch_look *l = calloc(1, sizeof *l);
	enum err_code rc = ERR_NOMEM;

	if (l) {
		l->url =
		    partner_url(opt->base_url, b->tenant, "deviceBatches", b->tag, "devices", NULL);
		l->resumed = look_memory_take(memory, b, &l->progress);
		if (!l->resumed)
			l->progress.there =
			    calloc(b->ndevice > 0 ? b->ndevice : 1, sizeof l->progress.there[0]);
	}
	if (!l || !l->url || !l->progress.there) {
		err_set(err, ERR_NOMEM, "no memory to look for %zu devices", b->ndevice);
		goto out;
	}
	l->opt = opt;
	l->memory = memory;
	l->batch = b;
	l->done = done;
	l->arg = arg;
	if ((rc = device_match_new(b, &l->match, err)))
		goto out;
	find_again(l);
	if ((rc = call(l, err)))
		goto out;
	*out = &l->op;
	l = NULL;
out:
	look_free(l);
	return rc;
}
