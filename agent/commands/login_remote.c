/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/login_remote.h"

#include <jansson.h>
#include <time.h>

#include "agent/commands/control_client.h"
#include "agent/commands/failure.h"
#include "agent/commands/login_report.h"
#include "agent/tools/request_target.h"
#include "base/buf.h"

enum { ANSWER_MAX = 64 * 1024, ADDRESS_MAX = 1024 };

/* The answer is the caller's to give back. */
static enum err_code
ask(const struct config *c, enum http_method method, const char *path, const char *partner,
    json_t **out, struct err *err)
{
	struct buf address, text;
	json_t *answer;
	enum err_code rc;

	buf_init(&address, ADDRESS_MAX);
	buf_init(&text, ANSWER_MAX);
	buf_add_str(&address, path);
	request_target_escape(&address, slice_of(partner));
	if ((rc = buf_check(&address, err)) ||
	    (rc = control_client_ask(c->control,
	         &(struct control_request){ .method = method, .address = address.ptr },
	         &(struct byte_sink){ byte_sink_gather, &text }, err)))
		goto out;
	answer = json_loadb(text.ptr ? text.ptr : "", text.len, 0, NULL);
	if (answer)
		*out = answer;
	else
		rc = err_set(err, ERR_FORMAT, "the agent's answer is no JSON");
out:
	buf_done(&address);
	buf_done(&text);
	return rc;
}

/* A person needs seconds. */
static void
pause_a_second(void)
{
	(void)nanosleep(&(struct timespec){ .tv_sec = 1 }, NULL);
}

/* *state is replaced by what follows it. */
static enum err_code
follow(const struct config *c, const char *partner, json_t **state, struct err *err)
{
	while (login_report_is_waiting(*state)) {
		json_t *next;

		pause_a_second();
		if (ask(c, HTTP_GET, "/v1/login/", partner, &next, err))
			return err->code;
		json_decref(*state);
		*state = next;
	}
	return ERR_OK;
}

bool
login_remote_in(const struct options *o, const struct config *c, const char *partner, int *code)
{
	json_t *state = NULL;
	struct err err;
	enum err_code rc = ask(c, HTTP_POST, "/v1/login/", partner, &state, &err);

	if (rc == ERR_CONNECT)
		return false;
	if (rc == ERR_OK && login_report_is_waiting(state))
		login_report_prompt(state);
	if (rc == ERR_OK)
		rc = follow(c, partner, &state, &err);
	if (rc)
		json_decref(state);
	*code = rc ? failure_report(o, &err) : login_report_end(o, state);
	return true;
}

bool
login_remote_out(const struct options *o, const struct config *c, const char *partner, int *code)
{
	json_t *answer = NULL;
	struct err err;
	enum err_code rc = ask(c, HTTP_POST, "/v1/logout/", partner, &answer, &err);

	if (rc == ERR_CONNECT)
		return false;
	json_decref(answer);
	*code = rc ? failure_report(o, &err) : login_report_signed_out(o, partner);
	return true;
}
