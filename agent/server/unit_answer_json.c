/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server/unit_answer_json.h"

#include "agent/records/records_json.h"
#include "agent/tools/json_out.h"

json_t *
unit_answer_json(const struct unit_answer *a)
{
	json_t *serial = records_json_text(a->serial);

	if (a->accepted)
		return json_pack("{s:o, s:b, s:o, s:s, s:b, s:o}", "serial", serial, "accepted", 1,
		    "list", records_json_id(a->taken.list), "state",
		    device_state_name(a->taken.state), "known", (int)a->taken.known, "held_for",
		    records_json_text(a->taken.held_for));
	return json_pack("{s:o, s:b, s:s, s:o, s:o}", "serial", serial, "accepted", 0, "code",
	    a->code, "detail", json_out_text(a->message), "advice", json_out_text(a->advice));
}
