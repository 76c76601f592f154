/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"
#include "store/store.h"

/*
 * May a device be delivered? Yes only if all that has to be so is so; else the one reason that
 * matters most is told, with what to do about it. Pure: what is known comes in as arguments.
 *
 * A device that is started before it is registered has to be reset: hence a yes or a no for each
 * serial number before the box is closed. Source: sources.md#images
 */

/* Why it may or may not; of several the first counts. The words are a contract with scripts. */
enum gate_cause {
	GATE_UNKNOWN,      /* there is no such device */
	GATE_CLAIMED,      /* another organization holds it */
	GATE_HELD,         /* a person is waited for; two customers that have it are as well */
	GATE_FAILED,       /* refused, or settled against us */
	GATE_TAG,          /* its group tag is not one of the customer's */
	GATE_WAITS,        /* for us or the service: it goes on by itself */
	GATE_IMAGE,        /* nobody has acknowledged the image */
	GATE_ALREADY_HERE, /* may: but nobody here can see which tag it has */
	GATE_GOOD,         /* may */
};

/* What is certain of a device, whatever its customer's gate needs. */
struct gate_facts {
	bool accepted;   /* it is in our store, and will be sent */
	bool sent;       /* the service has accepted it */
	bool registered; /* the service holds it for this customer */
};
struct gate_facts gate_facts_of(const struct store_gate_device *d);

/* "claimed"; static. */
const char *gate_cause_word(enum gate_cause cause);
bool gate_cause_may_ship(enum gate_cause cause);

enum { GATE_REASON_SIZE = 512 };

struct gate_verdict {
	enum gate_cause cause;
	const struct store_gate_device *device; /* that it is about; NULL: there is none */
	char reason[GATE_REASON_SIZE];          /* a sentence without its full stop, cut to fit */
	const char *advice; /* "": none. Static, or the configuration's; of a hold in the reason */
};

/*
 * device: all of one serial number, whoever their customers are; the verdict borrows from them and
 * from the configuration. All of them must be fit, or none may go: nobody can tell two boxes with one
 * number apart.
 */
void gate_rules_judge(const struct config *c, const struct store_gate_device *device, size_t n,
    struct gate_verdict *out);
