/* SPDX-License-Identifier: Apache-2.0 */
#include <jansson.h>
#include <stdio.h>

#include "agent/commands/ask.h"
#include "agent/commands/commands.h"
#include "agent/commands/config_open.h"
#include "agent/commands/exit_code.h"
#include "agent/commands/failure.h"
#include "agent/commands/status_text.h"
#include "agent/tools/json_out.h"

enum { STATUS_MAX = 16 * 1024 * 1024 };

static enum err_code
print(const struct options *o, const struct buf *text, struct err *err)
{
	json_t *status = json_loadb(text->ptr ? text->ptr : "", text->len, 0, NULL);
	enum err_code rc;

	if (o->json)
		return json_out_print(status, err);
	rc = status_text_print(status, stdout, err);
	json_decref(status);
	return rc;
}

int
cmd_status(const struct options *o)
{
	struct config *c;
	struct buf text;
	struct err err;
	int code = config_open(o, &c);

	if (code)
		return code;
	buf_init(&text, STATUS_MAX);
	if (ask_status(c, &(struct byte_sink){ byte_sink_gather, &text }, &err) ||
	    print(o, &text, &err))
		code = failure_report(o, &err);
	buf_done(&text);
	config_free(c);
	return code;
}
