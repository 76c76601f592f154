/* SPDX-License-Identifier: Apache-2.0 */
#include "config/event_kinds.h"

#include <stddef.h>

const char *const event_kinds[EVENT_KINDS + 1] = {
	"list_received",
	"list_done",
	"device_contested",
	"device_claimed",
	"claim_asked",
	"claim_released",
	"claim_note",
	"claim_case",
	"claim_stopped",
	"claim_resumed",
	"consent_requested",
	"consent_granted",
	"consent_denied",
	"consent_withdrawn",
	"login_done",
	"login_expiring",
	"login_lost",
	"login_renewed",
	"login_forgotten",
	"certificate_expiring",
	"image_acknowledged",
	"unit_superseded",
	"unit_taken_back",
	"paused",
	"resumed",
	"retried",
	"released",
	"reloaded",
	"reload_refused",
	"agent_started",
	"agent_stopped",
	NULL,
};
