/* SPDX-License-Identifier: Apache-2.0 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "agent/commands/claim_dossier.h"
#include "agent/commands/commands.h"
#include "agent/commands/config_open.h"
#include "agent/commands/control_client.h"
#include "agent/commands/exit_code.h"
#include "agent/commands/failure.h"
#include "agent/tools/json_out.h"
#include "agent/tools/request_target.h"
#include "agent/tools/terminal.h"

/* "claims": the question, the orders about one claim, and its dossier. */

enum { ADDRESS_MAX = 16 * 1024 };

/* --- orders --- */

/* operand: word, serial number and, of some, the text. */
static enum err_code
address_of(const struct options *o, struct buf *out, struct err *err)
{
	buf_add_str(out, "/v1/claims/");
	request_target_escape(out, slice_of(o->operand[1]));
	buf_addf(out, "/%s", o->operand[0]);
	if (o->customer) {
		buf_add_str(out, "?customer=");
		request_target_escape(out, slice_of(o->customer));
	}
	if (o->noperand > 2) {
		buf_addf(out, "%ctext=", o->customer ? '&' : '?');
		request_target_escape(out, slice_of(o->operand[2]));
	}
	return buf_check(out, err);
}

static void
tell(const struct options *o)
{
	static const struct {
		const char *word;
		const char *done;
	} told[] = {
		{ "case", "the number of the case is kept with the claim" },
		{ "note", "the note is kept with the claim" },
		{ "resume", "the service is asked again" },
		{ "stop", "the service is not asked about it any more" },
	};

	for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
		if (strcmp(told[i].word, o->operand[0]) == 0) {
			terminal_put(stdout, slice_of(o->operand[1]));
			printf(": %s\n", told[i].done);
		}
	}
}

static enum err_code
order(const struct options *o, const struct config *c, json_t **answer, struct err *err)
{
	struct control_request req = { .method = HTTP_POST };
	struct buf address;
	enum err_code rc;

	buf_init(&address, ADDRESS_MAX);
	rc = address_of(o, &address, err);
	req.address = address.ptr;
	if (rc == ERR_OK)
		rc = control_client_ask_json(c->control, &req, answer, err);
	buf_done(&address);
	return rc;
}

static int
give_order(const struct options *o, const struct config *c)
{
	json_t *answer;
	struct err err;

	if (order(o, c, &answer, &err))
		return err.code == ERR_CONNECT ? failure_no_daemon(o, &err)
		                               : failure_report(o, &err);
	if (o->json)
		return json_out_print(answer, &err) ? failure_report(o, &err) : EXIT_DONE;
	json_decref(answer);
	tell(o);
	return EXIT_DONE;
}

/* --- the dossier --- */

static int
write_dossier(const struct options *o, const struct config *c)
{
	struct claim_dossier_request req = {
		.config = c,
		.serial = o->operand[1],
		.customer = o->customer,
		.folder = o->output ? o->output : ".",
	};
	char path[CLAIM_DOSSIER_PATH_SIZE];
	struct err err;

	if (claim_dossier_write(&req, path, &err))
		return failure_report(o, &err);
	if (o->json)
		return json_out_print(json_pack("{s:o}", "dossier", json_out_text(slice_of(path))),
		           &err)
		    ? failure_report(o, &err)
		    : EXIT_DONE;
	terminal_put(stdout, slice_of(path));
	putchar('\n');
	return EXIT_DONE;
}

int
cmd_claims(const struct options *o)
{
	struct config *c;
	int code;

	if (o->noperand == 0)
		return cmd_claims_list(o);
	code = config_open(o, &c);
	if (code)
		return code;
	code = strcmp(o->operand[0], "dossier") == 0 ? write_dossier(o, c) : give_order(o, c);
	config_free(c);
	return code;
}
