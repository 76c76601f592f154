/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulator/scenario_maker.h"

static const struct field maker_field[] = {
	KEY("token", maker_plan, token, .kind = FIELD_TEXT),
	KEY("token_header", maker_plan, token_header, .kind = FIELD_TEXT),
	KEY("client_id", maker_plan, client_id, .kind = FIELD_TEXT),
	KEY("client_secret", maker_plan, client_secret, .kind = FIELD_TEXT),
	KEY("token_lifetime", maker_plan, token_lifetime_ms, .kind = FIELD_DURATION, .min = 1000,
	    .max = SCENARIO_MS_MAX),
	KEY("client_certificate", maker_plan, client_certificate, .kind = FIELD_BOOL),
	KEY("late_share", maker_plan, late_share, .kind = FIELD_SHARE),
	KEY("late", maker_plan, late_ms, .kind = FIELD_DURATION, .max = SCENARIO_MS_MAX),
	KEY("failed_nth", maker_plan, failed_nth, .kind = FIELD_NUMBERS),
	{ 0 },
};

bool
scenario_maker_read(struct scenario_fields *r, const yaml_node_t *node, void *out)
{
	const struct maker_plan *plan = out;

	if (!scenario_fields_read(r, node, maker_field, out))
		return false;
	if (plan->token && plan->client_id)
		return scenario_fields_refuse(r, node,
		    "a maker has a fixed token or clients that ask for one");
	if (!plan->client_id != !plan->client_secret)
		return scenario_fields_refuse(r, node,
		    "client_id and client_secret need each other");
	if (plan->token_header && !plan->token)
		return scenario_fields_refuse(r, node, "token_header needs a token");
	return true;
}
