/* SPDX-License-Identifier: Apache-2.0 */
#include "store/device_state.h"

#include <assert.h>
#include <stddef.h>

static const char *const names[NDEVICE_STATE] = {
	[DEVICE_REFUSED] = "refused",
	[DEVICE_HELD] = "held",
	[DEVICE_QUEUED] = "queued",
	[DEVICE_SUBMITTED] = "submitted",
	[DEVICE_REGISTERED] = "registered",
	[DEVICE_READY] = "ready",
	[DEVICE_CLAIMED] = "claimed",
	[DEVICE_FAILED] = "failed",
};

const char *
device_state_name(enum device_state state)
{
	assert((unsigned)state < NDEVICE_STATE);
	return names[state];
}

bool
device_state_parse(struct slice name, enum device_state *out)
{
	for (unsigned i = 0; i < NDEVICE_STATE; i++) {
		if (slice_eq(name, slice_of(names[i]))) {
			*out = (enum device_state)i;
			return true;
		}
	}
	return false;
}
