/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/agent_checkup.h"

#include <stdio.h>
#include <string.h>

#include "agent/commands/control_client.h"

enum { TEXT_SIZE = 512, SUBJECT_SIZE = 128 };

void
agent_checkup_ask(const struct config *c, struct checkup *out, json_t **status)
{
	const struct control_request req = { .method = HTTP_GET, .address = "/v1/status" };
	struct check check = { "agent", c->control, CHECK_OK, EXIT_FAILED, NULL, NULL };
	char text[TEXT_SIZE];
	const char *version;
	struct err err;

	check.message = text;
	*status = NULL;
	if (control_client_ask_json(c->control, &req, status, &err) == ERR_OK) {
		version = json_string_value(json_object_get(*status, "version"));
		(void)snprintf(text, sizeof text, "version %s is running", version ? version : "?");
		if (!version || strcmp(version, AUTOREG_VERSION) != 0) {
			check.status = CHECK_WARNING;
			check.advice = "This is version " AUTOREG_VERSION ": restart the agent.";
		}
	} else if (err.code == ERR_CONNECT) {
		check.status = CHECK_WARNING;
		(void)snprintf(text, sizeof text, "none is running");
		check.advice = "Start it: 'systemctl start autoreg', or 'autoreg run'.";
	} else {
		check.status = CHECK_FAILED;
		(void)snprintf(text, sizeof text, "%s", err.msg);
		check.advice = "See that we may use the socket: its group may.";
	}
	checkup_add(out, &check);
}

void
agent_checkup_tokens(const json_t *status, struct checkup *out)
{
	size_t i;
	json_t *p;

	json_array_foreach(json_object_get(status, "partners"), i, p)
	{
		const char *name = json_string_value(json_object_get(p, "name"));
		const char *token = json_string_value(json_object_get(p, "token"));
		const char *why = json_string_value(json_object_get(p, "message"));
		bool refused = token && strcmp(token, "refused") == 0;
		bool absent = why && why[0] != '\0';
		char text[SUBJECT_SIZE];

		(void)snprintf(text, sizeof text, "partner/%s", name ? name : "?");
		checkup_add(out,
		    &(struct check){ "token", text, refused || absent ? CHECK_FAILED : CHECK_OK,
		        EXIT_AUTH,
		        refused || absent ? why
		            : token && strcmp(token, "valid") == 0
		            ? "the agent has one"
		            : "the agent has needed none yet",
		        refused || absent
		            ? "'autoreg status' says more; 'autoreg login' signs in again."
		            : NULL });
	}
}

static const json_t *
failure_of(const json_t *answer, const char *partner)
{
	size_t i;
	json_t *f;

	json_array_foreach(json_object_get(answer, "failed"), i, f)
	{
		const char *name = json_string_value(json_object_get(f, "partner"));

		if (name && strcmp(name, partner) == 0)
			return f;
	}
	return NULL;
}

void
agent_checkup_call(const struct config *c, struct checkup *out)
{
	const struct control_request req = { .method = HTTP_POST,
		.address = "/v1/consent/discover" };
	json_t *answer = NULL;
	struct err err;
	char text[SUBJECT_SIZE];

	if (c->partners.n == 0)
		return;
	if (control_client_ask_json(c->control, &req, &answer, &err)) {
		checkup_add(out,
		    &(struct check){ "call", "partners", CHECK_FAILED,
		        err.code == ERR_BUSY ? EXIT_TEMPORARY : EXIT_FAILED, err.msg, NULL });
		return;
	}
	for (size_t i = 0; i < c->partners.n; i++) {
		const struct partner *p = &c->partners.item[i];
		const json_t *f = failure_of(answer, p->name);

		(void)snprintf(text, sizeof text, "partner/%s", p->name);
		if (f)
			checkup_add(out,
			    &(struct check){ "call", text, CHECK_FAILED, EXIT_AUTH,
			        json_string_value(json_object_get(f, "message")),
			        json_string_value(json_object_get(f, "advice")) });
		else
			checkup_add(out,
			    &(struct check){ "call", text, CHECK_OK, EXIT_DONE,
			        "the agent was given the list of our customers", NULL });
	}
	json_decref(answer);
}
