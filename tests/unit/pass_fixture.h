/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "devices/list_pass.h"

/*
 * A pass under test, and a record of all that it tells. Events may come on any thread, where a
 * failed assertion of cmocka can only end the program: that will do.
 */
enum event { ON_NOTHING, ON_FINDING, ON_DEVICE, ON_REFUSED, ON_BATCH_END, NEVENT };

struct record {
	struct buf log; /* a line for each event but the last */
	uint32_t ndevice;
	enum event fails;  /* this event does, */
	unsigned fails_at; /* at this time */
	unsigned nevent[NEVENT];
	bool failed; /* then nothing more may come */
};

struct pass_fixture {
	struct record record;
	struct list_events events;
	struct list_pass_options options;
	struct list_pass *pass;
};

void pass_fixture_init(struct pass_fixture *f, unsigned threads);
void pass_fixture_done(struct pass_fixture *f);

/* Reads a list without error, and asserts what holds after every list. */
void pass_fixture_read(struct pass_fixture *f, const char *path);

/* Appends a line for each list to the log. */
void pass_fixture_log_summaries(struct pass_fixture *f);

/*
 * A folder of their own for lists, so that their names in messages are short: what a group begins
 * and ends with. Lists are called a.csv, b.csv and c.csv.
 */
int enter_list_folder(void **state);
int leave_list_folder(void **state);
void write_list(const char *name, struct slice content);
