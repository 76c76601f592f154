/* SPDX-License-Identifier: Apache-2.0 */
#include "partner/relationship_link.h"

#include <stdlib.h>
#include <string.h>

#include "channel/answer_json.h"
#include "channel/channel_answer.h"
#include "partner/partner_call.h"
#include "partner/partner_channel.h"
#include "partner/partner_url.h"

struct relationship_link {
	struct channel_op op;
	channel_link_fn *done;
	void *arg;
	char *url;
};

static bool
may_be_opened(struct slice url)
{
	const struct slice scheme = slice_of("https://");

	if (url.len <= scheme.len || url.len >= RELATIONSHIP_LINK_SIZE ||
	    !slice_starts_nocase(url, scheme))
		return false;
	for (size_t i = 0; i < url.len; i++) {
		if (url.ptr[i] <= ' ' || url.ptr[i] > '~')
			return false;
	}
	return true;
}

bool
relationship_link_read(struct slice body, char out[RELATIONSHIP_LINK_SIZE])
{
	json_t *root = answer_json_read(body);
	struct slice url = answer_json_text(root, "url");
	bool good = may_be_opened(url);

	if (good) {
		memcpy(out, url.ptr, url.len);
		out[url.len] = '\0';
	}
	json_decref(root);
	return good;
}

static void
on_call(void *arg, const struct channel_answer *given, const struct http_response *rsp)
{
	struct relationship_link l = *(struct relationship_link *)arg;
	struct channel_answer answer = *given;
	char url[RELATIONSHIP_LINK_SIZE] = "";

	free(arg);
	free(l.url);
	if (answer.outcome == CHANNEL_DONE && !relationship_link_read(rsp->body, url))
		channel_answer_set(&answer, CHANNEL_UNKNOWN, NULL,
		    "the service's answer has no link for customers");
	l.done(l.arg, &answer, answer.outcome == CHANNEL_DONE ? url : NULL);
}

enum err_code
relationship_link_start(const struct partner_options *opt, channel_link_fn *done, void *arg,
    struct channel_op **out, struct err *err)
{
	struct relationship_link *l = calloc(1, sizeof *l);
	enum err_code rc = ERR_NOMEM;

	if (l)
		l->url = partner_url(opt->base_url, "relationshiprequests", NULL);
	if (!l || !l->url) {
		err_set(err, ERR_NOMEM, "no memory to ask for the link");
		goto out;
	}
	l->done = done;
	l->arg = arg;
	rc = partner_call_start(opt,
	    &(struct partner_request){
	        .call = "GET customers/relationshiprequests",
	        .method = HTTP_GET,
	        .url = l->url,
	    },
	    on_call, l, &l->op.call, err);
	if (!rc) {
		*out = &l->op;
		l = NULL;
	}
out:
	if (l)
		free(l->url);
	free(l);
	return rc;
}
