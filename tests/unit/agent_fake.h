/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <uv.h>

#include "agent/engine/agent.h"
#include "agent/meter/meter.h"

/*
 * An agent that does as it is told, in place of the real one: it notes what was asked of it, and
 * answers at the next turn of the loop.
 */
#define AGENT_FAKE_NOW 1893456000000 /* 2030-01-01T00:00:00Z */

enum { AGENT_FAKE_UNITS_MAX = 128 };

struct agent {
	struct config *config;
	struct store_async *reader;
	struct store_async *writer; /* may be NULL where nobody asks for it */
	struct meter meter;         /* as zeroes, unless a test makes more of it */
	char seen[512];             /* what it was asked to do */
	const char *rejected;       /* lists are none */
	struct err refusal;         /* of what is started; ERR_OK: none */
	struct err failure;         /* of what has been started */
	uv_timer_t later;           /* gives the answers */
	incoming_fn *list_done;
	agent_done_fn *done;
	dispatch_consent_fn *consent_done;
	dispatch_link_fn *link_done;
	discovery_fn *discovered;
	reload_wait_fn *reloaded;
	void *arg;

	/* Units that are under way, in their order; one whose text begins with '!' is refused. */
	struct agent_fake_unit {
		unit_fn *done;
		void *arg;
		char text[16]; /* its beginning */
	} unit[AGENT_FAKE_UNITS_MAX];
	size_t nunit;
	size_t nunit_most;
};

/* *a is zeroed by the caller, who sets config and reader. */
void agent_fake_init(struct agent *a, uv_loop_t *loop);

/* The loop has to run once more. */
void agent_fake_close(struct agent *a);
