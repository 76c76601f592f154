/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/slice.h"

/*
 * Where a device stands, one word each: in the store, in JSON, in reports and metrics the same.
 * The numbers are those in the store's file: never change one.
 */
enum device_state {
	DEVICE_REFUSED = 0,    /* failed the local checks; never sent */
	DEVICE_HELD = 1,       /* waits for something that a person does */
	DEVICE_QUEUED = 2,     /* will be sent when due */
	DEVICE_SUBMITTED = 3,  /* sent or perhaps sent; the service has not settled it */
	DEVICE_REGISTERED = 4, /* the service holds it for this customer */
	DEVICE_READY = 5,      /* registered and profile assigned */
	DEVICE_CLAIMED = 6,    /* another organization holds it */
	DEVICE_FAILED = 7,     /* settled against us, for good */
};

#define NDEVICE_STATE (DEVICE_FAILED + 1)

/* "registered"; static. */
const char *device_state_name(enum device_state state);

/* False if there is none of that name; *out is untouched then. */
bool device_state_parse(struct slice name, enum device_state *out);
