/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server/api_order.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "agent/records/question.h"
#include "agent/records/records_json.h"
#include "agent/server/api.h"
#include "agent/tools/log_event.h"

enum { HTTP_OK = 200, HTTP_ACCEPTED = 202, HTTP_UNPROCESSABLE = 422 };

const char *
api_order_actor(const struct http_exchange *x, char actor[API_ACTOR_SIZE])
{
	const struct ucred *peer = http_exchange_peer(x);

	(void)snprintf(actor, API_ACTOR_SIZE, "uid %ld", peer ? (long)peer->uid : -1L);
	return actor;
}

static void
note(const struct http_exchange *x, const char *what)
{
	char actor[API_ACTOR_SIZE];

	log_event(LOG_ORDER, LOG_TEXT(ORDER, what),
	    LOG_TEXT(CUSTOMER, http_exchange_parameter(x, "customer")),
	    LOG_TEXT(ACTOR, api_order_actor(x, actor)));
}

static void
fail_or(struct http_exchange *x, const struct err *err, json_t *doc)
{
	if (!err) {
		http_exchange_json(x, HTTP_OK, doc);
		return;
	}
	json_decref(doc);
	http_exchange_fail(x, err);
}

/* NULL: the configuration has no such customer, and *err says so. */
static const struct customer *
find_customer(const struct agent *a, const char *name, struct err *err)
{
	const struct customer *c = config_customer(agent_config(a), slice_of(name));

	if (!c)
		(void)err_set(err, ERR_NOT_FOUND, "the configuration has no customer %s", name);
	return c;
}

/* --- lists --- */

static void
on_list(void *arg, const struct incoming_taken *taken, const struct err *failed)
{
	struct http_exchange *x = arg;
	struct err err;

	if (failed) {
		http_exchange_fail(x, failed);
	} else if (taken->rejected) {
		(void)err_set(&err, ERR_FORMAT, "%s", taken->rejected);
		http_exchange_refuse(x, HTTP_UNPROCESSABLE, &err);
	} else {
		http_exchange_json(x, HTTP_ACCEPTED,
		    json_pack("{s:o, s:I, s:I, s:I, s:I}", "id", records_json_id(taken->id), "rows",
		        (json_int_t)taken->rows, "devices", (json_int_t)taken->devices, "refused",
		        (json_int_t)taken->refused, "duplicates", (json_int_t)taken->duplicates));
	}
}

void
api_order_list(void *arg, struct http_exchange *x)
{
	struct agent *a = api_agent(arg);
	const char *customer = http_exchange_parameter(x, "customer");
	const char *name = http_exchange_parameter(x, "name");
	struct incoming_list list = {
		.path = http_exchange_upload(x),
		.name = name ? name : "list.csv",
		.tag = http_exchange_parameter(x, "group_tag"),
		.source = LIST_FROM_SOCKET,
		.move = true,
	};
	struct err err;

	note(x, "list");
	if (!customer)
		(void)err_set(&err, ERR_USAGE, "a list needs ?customer=NAME");
	else if ((list.customer = find_customer(a, customer, &err)) &&
	    agent_take_list(a, &list, on_list, x, &err) == ERR_OK)
		return;
	http_exchange_fail(x, &err);
}

/* --- the rest --- */

void
api_order_flush(void *arg, struct http_exchange *x)
{
	struct err err;

	note(x, "flush");
	if (agent_flush(api_agent(arg), http_exchange_parameter(x, "customer"), &err))
		http_exchange_fail(x, &err);
	else
		http_exchange_json(x, HTTP_OK, json_pack("{s:b}", "flushed", 1));
}

/* What is wrong with a configuration is its author's to mend, whatever it is. */
static void
refuse_reload(struct http_exchange *x, const struct err *err)
{
	if (err->code == ERR_BUSY || err->code == ERR_CANCELLED)
		http_exchange_fail(x, err);
	else
		http_exchange_refuse(x, HTTP_UNPROCESSABLE, err);
}

static void
on_reloaded(void *arg, const struct err *err)
{
	if (err)
		refuse_reload(arg, err);
	else
		http_exchange_json(arg, HTTP_OK, json_pack("{s:b}", "reloaded", 1));
}

void
api_order_reload(void *arg, struct http_exchange *x)
{
	char actor[API_ACTOR_SIZE];
	struct err err;

	note(x, "reload");
	if (agent_reload(api_agent(arg), api_order_actor(x, actor), on_reloaded, x, &err))
		refuse_reload(x, &err);
}

static void
on_paused(void *arg, uint64_t n, const struct err *err)
{
	(void)n;
	fail_or(arg, err, json_pack("{s:b}", "paused", 1));
}

static void
on_resumed(void *arg, uint64_t n, const struct err *err)
{
	(void)n;
	fail_or(arg, err, json_pack("{s:b}", "paused", 0));
}

void
api_order_pause(void *arg, struct http_exchange *x)
{
	const char *customer = http_exchange_parameter(x, "customer");
	struct agent *a = api_agent(arg);
	char actor[API_ACTOR_SIZE];
	struct err err;

	note(x, "pause");
	if ((customer && !find_customer(a, customer, &err)) ||
	    agent_pause(a, customer, api_order_actor(x, actor), on_paused, x, &err))
		http_exchange_fail(x, &err);
}

void
api_order_resume(void *arg, struct http_exchange *x)
{
	const char *customer = http_exchange_parameter(x, "customer");
	struct agent *a = api_agent(arg);
	char actor[API_ACTOR_SIZE];
	struct err err;

	note(x, "resume");
	if ((customer && !find_customer(a, customer, &err)) ||
	    agent_resume(a, customer, api_order_actor(x, actor), on_resumed, x, &err))
		http_exchange_fail(x, &err);
}

static void
on_retried(void *arg, uint64_t n, const struct err *err)
{
	fail_or(arg, err, json_pack("{s:I}", "queued", (json_int_t)n));
}

typedef enum err_code again_fn(struct agent *a, const struct store_device_query *q,
    const char *actor, agent_done_fn *done, void *arg, struct err *err);

/* The parameters are those that the route allows. */
static void
queue_again(struct api *api, struct http_exchange *x, const char *what, again_fn *again)
{
	static const char *const word[] = { "serial", "customer", "list", "state" };
	const char *customer = http_exchange_parameter(x, "customer");
	struct question q = { .kind = QUESTION_DEVICES };
	struct store_device_query which;
	char actor[API_ACTOR_SIZE];
	struct err err;

	note(x, what);
	if (customer && !find_customer(api_agent(api), customer, &err))
		goto failed;
	for (size_t i = 0; i < sizeof word / sizeof word[0]; i++) {
		if (question_set(&q, word[i], http_exchange_parameter(x, word[i]), &err))
			goto failed;
	}
	which = question_devices(&q);
	if (again(api_agent(api), &which, api_order_actor(x, actor), on_retried, x, &err) == ERR_OK)
		return;
failed:
	http_exchange_fail(x, &err);
}

void
api_order_retry(void *arg, struct http_exchange *x)
{
	queue_again(arg, x, "retry", agent_retry);
}

void
api_order_release(void *arg, struct http_exchange *x)
{
	queue_again(arg, x, "release", agent_release);
}

/* --- images --- */

static void
on_acknowledged(void *arg, uint64_t n, const struct err *err)
{
	fail_or(arg, err, json_pack("{s:I}", "acknowledged", (json_int_t)n));
}

/* One device or one list: whoever means all of them has not looked at any. */
static enum err_code
set_image(struct question *q, const struct http_exchange *x, struct err *err)
{
	static const char *const word[] = { "serial", "customer", "list" };

	for (size_t i = 0; i < sizeof word / sizeof word[0]; i++) {
		if (question_set(q, word[i], http_exchange_parameter(x, word[i]), err))
			return err->code;
	}
	q->serial = slice_trim(q->serial);
	if ((q->serial.len > 0) == (q->list > 0))
		return err_set(err, ERR_USAGE, "an image needs ?serial=SERIAL or ?list=ID");
	return ERR_OK;
}

void
api_order_image(void *arg, struct http_exchange *x)
{
	struct question q = { .kind = QUESTION_DEVICES };
	struct store_device_query which;
	char actor[API_ACTOR_SIZE];
	struct err err;

	note(x, "image");
	if (set_image(&q, x, &err))
		goto failed;
	which = question_devices(&q);
	if (agent_acknowledge_image(api_agent(arg), &which, api_order_actor(x, actor),
	        on_acknowledged, x, &err) == ERR_OK)
		return;
failed:
	http_exchange_fail(x, &err);
}

/* --- claims --- */

static void
on_claim_changed(void *arg, uint64_t n, const struct err *err)
{
	fail_or(arg, err, json_pack("{s:I}", "claims", (json_int_t)n));
}

static void
change_claim(void *arg, struct http_exchange *x, enum store_claim_part part, const char *what)
{
	const struct agent_claim_change change = {
		.part = part,
		.serial = http_exchange_segment(x, 2),
		.customer = http_exchange_parameter(x, "customer"),
		.text = http_exchange_parameter(x, "text"),
	};
	bool has_text = part == CLAIM_NOTE || part == CLAIM_CASE;
	char actor[API_ACTOR_SIZE];
	struct err err;

	note(x, what);
	if (has_text && !change.text)
		(void)err_set(&err, ERR_USAGE, "this needs ?text=TEXT");
	else if (agent_change_claim(api_agent(arg), &change, api_order_actor(x, actor),
	             on_claim_changed, x, &err) == ERR_OK)
		return;
	http_exchange_fail(x, &err);
}

void
api_order_claim_note(void *arg, struct http_exchange *x)
{
	change_claim(arg, x, CLAIM_NOTE, "claim note");
}

void
api_order_claim_case(void *arg, struct http_exchange *x)
{
	change_claim(arg, x, CLAIM_CASE, "claim case");
}

void
api_order_claim_stop(void *arg, struct http_exchange *x)
{
	change_claim(arg, x, CLAIM_STOP, "claim stop");
}

void
api_order_claim_resume(void *arg, struct http_exchange *x)
{
	change_claim(arg, x, CLAIM_RESUME, "claim resume");
}
