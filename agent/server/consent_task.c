/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server/consent_task.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/sending/consent_record.h"
#include "agent/server/consent_snapshot.h"
#include "agent/tools/json_out.h"
#include "base/clock.h"
#include "channel/channel.h"
#include "store/store_async.h"

/*
 *    start ------> ASK --- check, discover --> READ ----> done
 *      |            |                                      ^
 *      |            +------------- link -------------------+
 *      +-- a maker's link --> NOTE ------------------------+
 */
struct consent_task {
	struct agent *agent;
	struct consent_snapshot *snapshot;
	json_t *doc; /* what is known so far */
	char customer[64];
	consent_task_fn *done;
	void *arg;
};

static void
task_free(struct consent_task *t)
{
	consent_snapshot_free(t->snapshot);
	json_decref(t->doc);
	free(t);
}

static void
finish(struct consent_task *t, const struct err *err)
{
	consent_task_fn *done = t->done;
	void *arg = t->arg;
	json_t *doc = err ? NULL : json_incref(t->doc);

	task_free(t);
	done(arg, doc, err);
}

/* --- how it stands afterwards --- */

static enum err_code
read_store(struct store *s, void *arg, struct err *err)
{
	struct consent_task *t = arg;

	return consent_snapshot_read(t->snapshot, s, err);
}

/* The records go in front of what the task itself has found. */
static void
on_read(void *arg, const struct err *err)
{
	struct consent_task *t = arg;
	json_t *doc;

	if (!err) {
		doc = consent_snapshot_json(t->snapshot);
		if (doc && json_object_update(doc, t->doc)) {
			json_decref(doc);
			doc = NULL;
		}
		json_decref(t->doc);
		t->doc = doc;
	}
	finish(t, err);
}

static void
read_records(struct consent_task *t)
{
	struct err err;

	if (store_async_start(agent_reader(t->agent), read_store, on_read, t, &err))
		finish(t, &err);
}

/* --- asking --- */

static json_t *
answer_json(const struct channel_answer *a)
{
	return json_pack("{s:s, s:s, s:i, s:o, s:o, s:s}", "outcome",
	    channel_outcome_name(a->outcome), "call", a->call, "status", (int)a->status, "code",
	    a->code[0] ? json_out_text(slice_of(a->code)) : json_null(), "message",
	    json_out_text(slice_of(a->message)), "advice", a->advice);
}

static void
on_checked(void *arg, const struct dispatch_consent *c, const struct err *err)
{
	struct consent_task *t = arg;

	if (err) {
		finish(t, err);
		return;
	}
	t->doc = json_pack("{s:o}", "check", answer_json(c->answer));
	read_records(t);
}

static json_t *
link_json(const struct consent_task *t, const char *url)
{
	return json_pack("{s:s, s:o}", "customer", t->customer, "link",
	    json_out_text(slice_of(url)));
}

static void
on_link(void *arg, const char *url, const struct channel_answer *answer, const struct err *failed)
{
	struct consent_task *t = arg;
	struct err err;

	if (failed) {
		err = *failed;
		if (answer && answer->advice[0])
			(void)err_set(&err, failed->code, "%.120s. %.120s", failed->msg,
			    answer->advice);
		finish(t, &err);
		return;
	}
	t->doc = link_json(t, url);
	finish(t, NULL);
}

static json_t *
unconfigured_json(const struct discovery_result *r)
{
	json_t *all = json_array();

	for (size_t i = 0; i < r->ncustomer; i++) {
		const struct discovered *d = &r->customer[i];

		(void)json_array_append_new(all,
		    json_pack("{s:s, s:s, s:o, s:o, s:b}", "partner", d->partner, "tenant",
		        d->tenant, "domain", json_out_text(slice_of(d->domain)), "company",
		        json_out_text(slice_of(d->company)), "granted", d->granted));
	}
	return all;
}

static json_t *
failed_json(const struct discovery_result *r)
{
	json_t *all = json_array();

	for (size_t i = 0; i < r->nfailed; i++)
		(void)json_array_append_new(all,
		    json_pack("{s:s, s:o, s:s}", "partner", r->failed[i].partner, "message",
		        json_out_text(slice_of(r->failed[i].answer.message)), "advice",
		        r->failed[i].answer.advice));
	return all;
}

static void
on_discovered(void *arg, const struct discovery_result *result, const struct err *err)
{
	struct consent_task *t = arg;

	if (err) {
		finish(t, err);
		return;
	}
	t->doc = json_pack("{s:o, s:o}", "unconfigured", unconfigured_json(result), "failed",
	    failed_json(result));
	read_records(t);
}

/* --- a maker's link, which no service has to be asked for --- */

static enum err_code
note_request(struct store *s, void *arg, struct err *err)
{
	const struct consent_task *t = arg;

	return consent_record_request(s,
	    config_customer(agent_config(t->agent), slice_of(t->customer)),
	    clock_unix_ms(clock_system()), err);
}

static void
on_noted(void *arg, const struct err *err)
{
	finish(arg, err);
}

static enum err_code
give_link(struct consent_task *t, struct err *err)
{
	const struct config *c = agent_config(t->agent);
	const struct customer *k = config_customer(c, slice_of(t->customer));
	const struct oem *maker = k->via.kind == VIA_OEM ? config_oem(c, k->via.name) : NULL;

	if (!maker)
		return agent_link(t->agent, t->customer, true, on_link, t, err);
	if (!maker->consent_link)
		return err_set(err, ERR_USAGE,
		    "set consent_link of the maker %s in the configuration", maker->name);
	t->doc = link_json(t, maker->consent_link);
	return store_async_start(agent_writer(t->agent), note_request, on_noted, t, err);
}

static enum err_code
ask(struct consent_task *t, enum consent_wish wish, struct err *err)
{
	switch (wish) {
	case CONSENT_CHECK:
		return agent_check_consent(t->agent, t->customer, on_checked, t, err);
	case CONSENT_LINK:
		return give_link(t, err);
	case CONSENT_DISCOVER:
		break;
	}
	return agent_discover(t->agent, on_discovered, t, err);
}

enum err_code
consent_task_start(struct agent *a, enum consent_wish wish, const char *customer,
    consent_task_fn *done, void *arg, struct err *err)
{
	struct consent_task *t = calloc(1, sizeof *t);

	if (!t)
		return err_set(err, ERR_NOMEM, "consent");
	t->agent = a;
	t->done = done;
	t->arg = arg;
	if (customer)
		(void)snprintf(t->customer, sizeof t->customer, "%s", customer);
	if (consent_snapshot_new(agent_config(a), customer, &t->snapshot, err) ||
	    ask(t, wish, err)) {
		task_free(t);
		return err->code;
	}
	return ERR_OK;
}
