/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/clock.h"
#include "store/store.h"

/*
 * Tests of a store as text: a script of what is done to it, and what it then says of itself. One
 * command a line or up to ';', words between blanks, '-' for an empty one:
 *
 *	begin CUSTOMER [TAG]                opens a list, named after its number
 *	add LINE SERIAL MAKER [TAG [MODEL [PRODUCT-ID [HASH [FAMILY [ORDER]]]]]]
 *	refuse LINE CODE | dup LINE CODE
 *	end ROWS | abort | reported LIST | unreported LIST
 *	unit CUSTOMER FILE SERIAL MAKER [TAG [ORDER [REPLACES [HASH [PRODUCT-ID]]]]]
 *	took LIST:LINE[known] STATE[HELD-FOR]    (what the last unit came to)
 *	taken-back CUSTOMER SERIAL [REQUEST]
 *	claim LANE MAX [BYTES]
 *	accept BATCH TRACKING | resend BATCH [REQUEST] | move BATCH STATE DUE [error]
 *	settle BATCH SERIAL STATE [CLASS [CODE [HELD-FOR [ASK [NAME]]]]] | lose BATCH SERIAL
 *	dissolve BATCH | split BATCH | clamp LATEST
 *	hold SCOPE REASON | unhold SCOPE [REASON] | route CUSTOMER SCOPE... | pause SCOPE UNTIL
 *	retry serial=S customer=C list=N state=S limit=N    (any of them)
 *	change case|note|stop|resume TEXT serial=S customer=C limit=N | ask CUSTOMER UNTIL
 *	image AT serial=S customer=C list=N | counted N    (by the last that counts)
 *	token NAME | forget NAME | login PARTNER ACCOUNT ROLES SINCE | logout PARTNER
 *	warned PARTNER DAYS | link SERVICE URL | event KIND [CUSTOMER [SERIAL]] | cursor READER EVENT
 *	group | endgroup | tick MS | reopen
 *
 * A command is expected to succeed; "!not-found CMD" expects that error instead. Mistakes fail the
 * test that runs.
 */
struct store_script {
	struct store *store;
	struct clock clock;
	int64_t now_unix_ms;
	int64_t set_ms; /* by which somebody has set the clock, of what went by */
	int64_t list;   /* the last that was opened */
	int64_t newest; /* of units as well */
	struct store_unit_taken unit;
	uint64_t counted; /* by the last command that counts devices, or contests */
};

/* On the store in the folder "store"; *ss must stay where it is. */
void store_script_open(struct store_script *ss);
void store_script_close(struct store_script *ss);

void store_script_run(struct store_script *ss, const char *text);
