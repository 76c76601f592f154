/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server/api_unit.h"

#include <string.h>

#include "agent/server/api.h"
#include "agent/server/unit_answer_json.h"
#include "agent/server/unit_stream.h"

enum { HTTP_ACCEPTED = 202, HTTP_TOO_LARGE = 413, HTTP_UNPROCESSABLE = 422 };

static void
on_unit(void *arg, const struct unit_answer *answer, const struct err *err)
{
	struct http_exchange *x = arg;

	if (err)
		http_exchange_fail(x, err);
	else if (answer->accepted)
		http_exchange_json(x, HTTP_ACCEPTED, unit_answer_json(answer));
	else
		http_exchange_problem(x, HTTP_UNPROCESSABLE, unit_answer_json(answer));
}

static void
take_one(const struct api *api, struct http_exchange *x)
{
	const struct spill *body = http_exchange_body(x);
	const char *customer = http_exchange_parameter(x, "customer");
	struct err err;

	if (body->file)
		http_exchange_refuse(x, HTTP_TOO_LARGE,
		    &(struct err){ ERR_LIMIT,
		        "one unit is not that long; many are application/x-ndjson" });
	else if (agent_take_unit(api_agent(api), buf_slice(&body->text), customer, on_unit, x,
	             &err))
		http_exchange_fail(x, &err);
}

/* "application/x-ndjson; charset=utf-8" as well. */
static bool
is_ndjson(const struct http_exchange *x)
{
	const char *type = http_exchange_header(x, "Content-Type");

	return type &&
	    slice_eq_nocase(slice_trim(slice_head(slice_of(type), strcspn(type, ";"))),
	        slice_of("application/x-ndjson"));
}

void
api_unit_take(void *arg, struct http_exchange *x)
{
	const struct api *api = arg;

	if (is_ndjson(x))
		unit_stream_start(api_agent(api), x, api_folder(api));
	else
		take_one(api, x);
}
