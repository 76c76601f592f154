/* SPDX-License-Identifier: Apache-2.0 */
#include "oem/oem_known.h"

#include <stdlib.h>

#include "channel/channel_answer.h"
#include "oem/oem_call.h"
#include "oem/oem_job.h"
#include "oem/oem_service.h"

/* Of the callbacks one is set. */
struct known {
	struct channel_op op;
	void *arg;
	channel_look_fn *looked;
	bool *there;
	channel_link_fn *linked;
	const char *url;
	channel_customers_fn *listed;
};

static void
on_call(void *arg, const struct channel_answer *answer, const struct http_response *rsp)
{
	struct known k = *(struct known *)arg;
	bool done = answer->outcome == CHANNEL_DONE;

	(void)rsp;
	free(arg);
	if (k.looked)
		k.looked(k.arg, answer, done ? k.there : NULL);
	else if (k.linked)
		k.linked(k.arg, answer, done ? k.url : NULL);
	else
		k.listed(k.arg, answer, NULL, 0);
	free(k.there);
}

/* Takes like->there over. */
static enum err_code
start(const struct oem_service *s, const struct known *like, const struct channel_answer *answer,
    struct channel_op **out, struct err *err)
{
	struct known *k = malloc(sizeof *k);
	enum err_code rc;

	if (!k) {
		free(like->there);
		return err_set(err, ERR_NOMEM, "no memory for an answer");
	}
	*k = *like;
	rc = oem_call_skip(s, answer, on_call, k, &k->op.call, err);
	if (rc) {
		free(k->there);
		free(k);
		return rc;
	}
	*out = &k->op;
	return ERR_OK;
}

enum err_code
oem_known_look(const struct oem_service *s, const struct batch *b, channel_look_fn *done, void *arg,
    struct channel_op **out, struct err *err)
{
	struct known k = { .arg = arg, .looked = done };
	struct channel_answer answer;

	oem_job_unasked(b, &answer);
	k.there = calloc(b->ndevice + 1, sizeof *k.there);
	if (!k.there)
		return err_set(err, ERR_NOMEM, "no memory to look for %zu devices", b->ndevice);
	return start(s, &k, &answer, out, err);
}

enum err_code
oem_known_link(const struct oem_service *s, channel_link_fn *done, void *arg,
    struct channel_op **out, struct err *err)
{
	const struct known k = { .arg = arg, .linked = done, .url = s->opt.consent_link };
	struct channel_answer answer;

	channel_answer_init(&answer);
	if (!k.url)
		channel_answer_set(&answer, CHANNEL_GONE,
		    "Put the link that the maker has for its customers into oems.*.consent_link.",
		    "the configuration has no consent_link for this maker");
	return start(s, &k, &answer, out, err);
}

enum err_code
oem_known_customers(const struct oem_service *s, channel_customers_fn *done, void *arg,
    struct channel_op **out, struct err *err)
{
	const struct known k = { .arg = arg, .listed = done };
	struct channel_answer answer;

	channel_answer_init(&answer);
	channel_answer_set(&answer, CHANNEL_GONE, NULL,
	    "the maker's service has no list of customers");
	return start(s, &k, &answer, out, err);
}
