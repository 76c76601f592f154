/* SPDX-License-Identifier: Apache-2.0 */
#include "partner/consent_check.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "channel/answer_json.h"
#include "channel/channel_answer.h"
#include "partner/partner_call.h"
#include "partner/partner_channel.h"
#include "partner/partner_url.h"

enum { SHOWN_MAX = 40 };

struct consent_check {
	struct channel_op op;
	channel_consent_fn *done;
	void *arg;
	char *url;
};

/* A relationship of another kind is a clear no; an answer that names none is no answer. */
static void
read_relationship(struct slice body, struct channel_answer *answer)
{
	json_t *root = answer_json_read(body);
	struct slice is = answer_json_text(root, "relationshipToPartner");
	struct slice shown = utf8_head(is, SHOWN_MAX);

	if (is.len == 0)
		channel_answer_set(answer, CHANNEL_UNKNOWN, NULL,
		    "the service's answer does not say what the customer is to the partner");
	else if (!slice_eq_nocase(is, slice_of("reseller")))
		channel_answer_set(answer, CHANNEL_NO_CONSENT, NULL,
		    "the customer's relationship to the partner is \"" SLICE_FMT
		    "\" and has to be \"reseller\"",
		    SLICE_ARG(shown));
	json_decref(root);
}

static void
on_call(void *arg, const struct channel_answer *given, const struct http_response *rsp)
{
	struct consent_check c = *(struct consent_check *)arg;
	struct channel_answer answer = *given;

	free(arg);
	free(c.url);
	if (answer.outcome == CHANNEL_DONE)
		read_relationship(rsp->body, &answer);
	else if (answer.outcome == CHANNEL_GONE)
		channel_answer_turn(&answer, CHANNEL_NO_CONSENT);
	c.done(c.arg, &answer, answer.outcome == CHANNEL_DONE);
}

enum err_code
consent_check_start(const struct partner_options *opt, const char *tenant, channel_consent_fn *done,
    void *arg, struct channel_op **out, struct err *err)
{
	struct consent_check *c = calloc(1, sizeof *c);
	enum err_code rc = ERR_NOMEM;

	if (c)
		c->url = partner_url(opt->base_url, tenant, NULL);
	if (!c || !c->url) {
		err_set(err, ERR_NOMEM, "no memory to ask for consent");
		goto out;
	}
	c->done = done;
	c->arg = arg;
	rc = partner_call_start(opt,
	    &(struct partner_request){
	        .call = "GET customers/{customer}",
	        .method = HTTP_GET,
	        .url = c->url,
	    },
	    on_call, c, &c->op.call, err);
	if (!rc) {
		*out = &c->op;
		c = NULL;
	}
out:
	if (c)
		free(c->url);
	free(c);
	return rc;
}
