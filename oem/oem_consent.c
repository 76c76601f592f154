/* SPDX-License-Identifier: Apache-2.0 */
#include "oem/oem_consent.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "channel/channel_answer.h"
#include "oem/oem_answer.h"
#include "oem/oem_call.h"
#include "oem/oem_job.h"
#include "oem/oem_memory.h"
#include "oem/oem_request.h"
#include "oem/oem_service.h"

enum { BODY_MAX = 64 * 1024 };

struct question {
	struct channel_op op;
	const struct oem_service *service;
	channel_consent_fn *done;
	void *arg;
	char *id;
	char *domain;
	struct buf url;
	struct buf body;
};

static void
consent_free(struct question *c)
{
	if (!c)
		return;
	free(c->id);
	free(c->domain);
	buf_done(&c->url);
	buf_done(&c->body);
	free(c);
}

/* --- what is remembered --- */

static void
make_key(char key[OEM_KEY_SIZE], const char *tenant_id)
{
	(void)snprintf(key, OEM_KEY_SIZE, "consent %s", tenant_id);
}

void
oem_consent_forget(const struct oem_service *s, const char *tenant_id)
{
	char key[OEM_KEY_SIZE];

	make_key(key, tenant_id);
	oem_memory_forget(s->memory, key);
}

/* NULL: nothing that is young enough. The id belongs to the domain that it was asked with. */
static const struct channel_answer *
recall(const struct question *c)
{
	const struct oem_options *opt = &c->service->opt;
	const struct oem_note *note;
	char key[OEM_KEY_SIZE];

	make_key(key, c->id);
	note = oem_memory_get(c->service->memory, key);
	if (!note || strcmp(note->text, c->domain) != 0 ||
	    clock_mono_ms(opt->clock) - note->at_ms >= opt->profile->consent.cache_ms)
		return NULL;
	return &note->answer;
}

static void
remember(const struct question *c, const struct channel_answer *answer)
{
	struct oem_note note = {
		.at_ms = clock_mono_ms(c->service->opt.clock),
		.answer = *answer,
	};
	char key[OEM_KEY_SIZE];

	if (strlen(c->domain) >= sizeof note.text)
		return;
	memcpy(note.text, c->domain, strlen(c->domain) + 1);
	make_key(key, c->id);
	oem_memory_keep(c->service->memory, key, &note);
}

/* --- what came --- */

/* Neither yes nor no: who is to act, or to wait, is told, and the rest says nothing of the customer. */
static void
judge_silence(struct channel_answer *answer)
{
	switch (answer->outcome) {
	case CHANNEL_NO_CONSENT:
	case CHANNEL_AUTH:
	case CHANNEL_THROTTLED:
	case CHANNEL_UNSENT:
	case CHANNEL_STOPPED:
		break;
	case CHANNEL_DONE:
		channel_answer_set(answer, CHANNEL_UNSENT,
		    "Compare consent.granted and consent.refused of the profile with the maker's "
		    "document.",
		    "the service's answer (HTTP %u) does not say whether the customer consents",
		    answer->status);
		break;
	default:
		channel_answer_turn(answer, CHANNEL_UNSENT);
		break;
	}
}

static void
judge(const struct question *c, struct channel_answer *answer, const struct http_response *rsp)
{
	enum oem_said said = OEM_SAID_NOTHING;

	if (rsp)
		said = oem_answer_consent(c->service->opt.profile, rsp->status, rsp->body);
	switch (said) {
	case OEM_SAID_GRANTED:
		channel_answer_set(answer, CHANNEL_DONE, NULL, "%s", "");
		answer->code[0] = '\0';
		remember(c, answer);
		return;
	case OEM_SAID_REFUSED:
		channel_answer_set(answer, CHANNEL_NO_CONSENT, NULL,
		    "the service says that the customer has not consented");
		break;
	case OEM_SAID_NOTHING:
		judge_silence(answer);
		break;
	}
	oem_consent_forget(c->service, c->id);
}

static void
finish(struct question *c, const struct channel_answer *answer)
{
	channel_consent_fn *done = c->done;
	void *arg = c->arg;

	consent_free(c);
	done(arg, answer, answer->outcome == CHANNEL_DONE);
}

static void
on_recalled(void *arg, const struct channel_answer *answer, const struct http_response *rsp)
{
	(void)rsp;
	finish(arg, answer);
}

static void
on_call(void *arg, const struct channel_answer *given, const struct http_response *rsp)
{
	struct channel_answer answer = *given;

	judge(arg, &answer, rsp);
	finish(arg, &answer);
}

/* --- start --- */

static enum err_code
ask(struct question *c, struct err *err)
{
	const struct oem_options *opt = &c->service->opt;
	const struct oem_profile *p = opt->profile;
	const struct oem_tenant tenant = { c->id, c->domain };
	bool post = p->consent.verb == OEM_POST;

	if (oem_request_url(p, opt->base_url, p->endpoint.validate, &tenant, NULL, &c->url, err) ||
	    (post && oem_request_validate(p, &tenant, &c->body, err)))
		return err->code;
	return oem_call_start(c->service,
	    &(struct oem_call_request){
	        .call = post ? "POST validate" : "GET validate",
	        .purpose = OEM_CALL_VALIDATE,
	        .method = post ? HTTP_POST : HTTP_GET,
	        .url = c->url.ptr,
	        .tenant = tenant,
	        .body = buf_slice(&c->body),
	    },
	    on_call, c, &c->op.call, err);
}

static enum err_code
start(struct question *c, const struct channel_tenant *tenant, struct err *err)
{
	const struct channel_answer *known;

	c->id = strdup(tenant->id);
	c->domain = strdup(tenant->domain);
	if (!c->id || !c->domain)
		return err_set(err, ERR_NOMEM, "no memory to ask for consent");
	known = recall(c);
	if (known)
		return oem_call_skip(c->service, known, on_recalled, c, &c->op.call, err);
	return ask(c, err);
}

enum err_code
oem_consent_start(const struct oem_service *s, const struct channel_tenant *tenant,
    channel_consent_fn *done, void *arg, struct channel_op **out, struct err *err)
{
	struct question *c = calloc(1, sizeof *c);

	if (!c)
		return err_set(err, ERR_NOMEM, "no memory to ask for consent");
	c->service = s;
	c->done = done;
	c->arg = arg;
	buf_init(&c->url, OEM_URL_MAX);
	buf_init(&c->body, BODY_MAX);
	if (start(c, tenant, err)) {
		consent_free(c);
		return err->code;
	}
	*out = &c->op;
	return ERR_OK;
}
