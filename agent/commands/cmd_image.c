/* SPDX-License-Identifier: Apache-2.0 */
#include <jansson.h>
#include <stdio.h>

#include "agent/commands/commands.h"
#include "agent/commands/config_open.h"
#include "agent/commands/control_client.h"
#include "agent/commands/exit_code.h"
#include "agent/commands/failure.h"
#include "agent/tools/json_out.h"
#include "agent/tools/request_target.h"

/* "image ack": somebody has looked at it. */

enum { ADDRESS_MAX = 16 * 1024, ANSWER_MAX = 64 * 1024 };

static enum err_code
order(const struct config *c, const char *word, struct slice value, struct buf *answer,
    struct err *err)
{
	struct control_request req = { .method = HTTP_POST };
	struct buf address;
	enum err_code rc;

	buf_init(&address, ADDRESS_MAX);
	buf_addf(&address, "/v1/image?%s=", word);
	request_target_escape(&address, value);
	req.address = address.ptr;
	rc = buf_check(&address, err);
	if (rc == ERR_OK)
		rc = control_client_ask(c->control, &req,
		    &(struct byte_sink){ byte_sink_gather, answer }, err);
	buf_done(&address);
	return rc;
}

/* There are serial numbers of nothing but digits, and those of lists are short ones. */
static enum err_code
acknowledge(const struct config *c, struct slice which, struct buf *answer, struct err *err)
{
	struct err no_list;
	uint64_t list;
	enum err_code rc = order(c, "serial", which, answer, err);

	if (rc != ERR_NOT_FOUND || !slice_to_u64(which, INT64_MAX, &list) || list == 0)
		return rc;
	rc = order(c, "list", which, answer, &no_list);
	if (rc && rc != ERR_NOT_FOUND)
		*err = no_list;
	return rc;
}

static int
tell(const struct options *o, const struct buf *text)
{
	json_t *answer = json_loadb(text->ptr ? text->ptr : "", text->len, 0, NULL);
	json_int_t n = json_integer_value(json_object_get(answer, "acknowledged"));
	struct err err;

	if (o->json)
		return json_out_print(answer, &err) ? failure_report(o, &err) : EXIT_DONE;
	printf("the image of %" JSON_INTEGER_FORMAT " device%s is acknowledged\n", n,
	    n == 1 ? "" : "s");
	json_decref(answer);
	return EXIT_DONE;
}

int
cmd_image(const struct options *o)
{
	struct config *c;
	struct buf answer;
	struct err err;
	int code = config_open(o, &c);

	if (code)
		return code;
	buf_init(&answer, ANSWER_MAX);
	if (acknowledge(c, slice_trim(slice_of(o->operand[1])), &answer, &err) == ERR_OK)
		code = tell(o, &answer);
	else
		code =
		    err.code == ERR_CONNECT ? failure_no_daemon(o, &err) : failure_report(o, &err);
	buf_done(&answer);
	config_free(c);
	return code;
}
