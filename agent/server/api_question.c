/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server/api_question.h"

#include <stdlib.h>

#include "agent/records/question.h"
#include "agent/server/api.h"
#include "agent/server/status_page.h"
#include "agent/server/status_snapshot.h"
#include "agent/tools/spill.h"
#include "http/http_loop.h"
#include "store/store_async.h"

enum { HTTP_OK = 200, PAGE_MAX = 16 * 1024 * 1024 };

/* --- records --- */

/* A question that the store has been asked. */
struct inquiry {
	struct http_exchange *x; /* has the texts of the question */
	struct question question;
	struct spill body;
};

static enum err_code
put(void *arg, struct slice bytes, struct err *err)
{
	return spill_add(arg, bytes, err);
}

static enum err_code
work(struct store *s, void *arg, struct err *err)
{
	struct inquiry *i = arg;
	const struct byte_sink sink = { put, &i->body };

	return question_answer(&i->question, s, i->body.folder, &sink, err);
}

static void
on_answered(void *arg, const struct err *err)
{
	struct inquiry *i = arg;
	bool csv = i->question.kind == QUESTION_REPORT && i->question.form == REPORT_CSV;

	if (err)
		http_exchange_fail(i->x, err);
	else
		http_exchange_answer(i->x, HTTP_OK,
		    csv ? "text/csv; charset=utf-8" : "application/json", &i->body);
	spill_done(&i->body);
	free(i);
}

static void
inquire(const struct api *api, struct http_exchange *x, const struct question *q)
{
	struct inquiry *i = calloc(1, sizeof *i);
	struct err err;

	if (!i) {
		http_exchange_fail(x, &(struct err){ ERR_NOMEM, "out of memory" });
		return;
	}
	i->x = x;
	i->question = *q;
	spill_init(&i->body, api_folder(api));
	if (store_async_start(agent_reader(api_agent(api)), work, on_answered, i, &err))
		on_answered(i, &err);
}

/* The parameters are those that the route allows. */
static void
ask(const struct api *api, struct http_exchange *x, struct question q)
{
	static const char *const word[] = { "serial", "customer", "list", "state", "limit",
		"format", "all", "after", "kind" };
	struct err err;

	for (size_t i = 0; i < sizeof word / sizeof word[0]; i++) {
		if (question_set(&q, word[i], http_exchange_parameter(x, word[i]), &err)) {
			http_exchange_fail(x, &err);
			return;
		}
	}
	question_note_customers(&q, agent_config(api_agent(api)));
	inquire(api, x, &q);
}

/* The third part of the path says which. */
static void
ask_for_one(const struct api *api, struct http_exchange *x, struct question q, const char *word)
{
	struct err err;

	if (question_set(&q, word, http_exchange_segment(x, 2), &err))
		http_exchange_fail(x, &err);
	else
		ask(api, x, q);
}

void
api_question_lists(void *arg, struct http_exchange *x)
{
	ask(arg, x, (struct question){ .kind = QUESTION_LISTS });
}

void
api_question_list(void *arg, struct http_exchange *x)
{
	ask_for_one(arg, x, (struct question){ .kind = QUESTION_LISTS }, "list");
}

void
api_question_report(void *arg, struct http_exchange *x)
{
	ask_for_one(arg, x, (struct question){ .kind = QUESTION_REPORT }, "list");
}

void
api_question_claims(void *arg, struct http_exchange *x)
{
	ask(arg, x, (struct question){ .kind = QUESTION_CLAIMS });
}

void
api_question_claim(void *arg, struct http_exchange *x)
{
	ask_for_one(arg, x, (struct question){ .kind = QUESTION_CLAIMS, .all = true }, "serial");
}

void
api_question_devices(void *arg, struct http_exchange *x)
{
	ask(arg, x, (struct question){ .kind = QUESTION_DEVICES });
}

void
api_question_device(void *arg, struct http_exchange *x)
{
	ask_for_one(arg, x, (struct question){ .kind = QUESTION_DEVICES }, "serial");
}

void
api_question_trail(void *arg, struct http_exchange *x)
{
	ask(arg, x, (struct question){ .kind = QUESTION_EVENTS });
}

/* --- how things stand --- */

struct status_inquiry {
	struct http_exchange *x;
	struct status_snapshot *snapshot;
	void (*answer)(struct http_exchange *x, const struct status_snapshot *s);
};

static enum err_code
count(struct store *s, void *arg, struct err *err)
{
	struct status_inquiry *i = arg;

	return status_snapshot_count(i->snapshot, s, err);
}

static void
on_counted(void *arg, const struct err *err)
{
	struct status_inquiry *i = arg;

	if (err)
		http_exchange_fail(i->x, err);
	else
		i->answer(i->x, i->snapshot);
	status_snapshot_free(i->snapshot);
	free(i);
}

static void
ask_status(const struct api *api, struct http_exchange *x,
    void (*answer)(struct http_exchange *x, const struct status_snapshot *s))
{
	struct agent *a = api_agent(api);
	struct status_inquiry *i = calloc(1, sizeof *i);
	struct err err;

	if (!i) {
		http_exchange_fail(x, &(struct err){ ERR_NOMEM, "out of memory" });
		return;
	}
	i->x = x;
	i->answer = answer;
	if (status_snapshot_new(agent_config(a), &i->snapshot, &err) ||
	    status_snapshot_ask_agent(i->snapshot, a, &err) ||
	    store_async_start(agent_reader(a), count, on_counted, i, &err))
		on_counted(i, &err);
}

static void
answer_status(struct http_exchange *x, const struct status_snapshot *s)
{
	http_exchange_json(x, HTTP_OK, status_snapshot_json(s));
}

static void
answer_page(struct http_exchange *x, const struct status_snapshot *s)
{
	struct buf page;
	struct err err;

	buf_init(&page, PAGE_MAX);
	status_page_write(s, &page);
	if (buf_check(&page, &err))
		http_exchange_fail(x, &err);
	else
		http_exchange_text(x, HTTP_OK, "text/html; charset=utf-8", buf_slice(&page));
	buf_done(&page);
}

void
api_question_status(void *arg, struct http_exchange *x)
{
	ask_status(arg, x, answer_status);
}

void
api_question_page(void *arg, struct http_exchange *x)
{
	ask_status(arg, x, answer_page);
}

void
api_question_health(void *arg, struct http_exchange *x)
{
	(void)arg;
	http_exchange_text(x, HTTP_OK, "text/plain", slice_of("ok\n"));
}

void
api_question_version(void *arg, struct http_exchange *x)
{
	(void)arg;
	http_exchange_json(x, HTTP_OK,
	    json_pack("{s:s, s:s, s:s, s:s}", "version", AUTOREG_VERSION, "commit", AUTOREG_COMMIT,
	        "curl", http_loop_curl_version(), "openssl", http_loop_tls_version()));
}
