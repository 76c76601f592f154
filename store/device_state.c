/* SPDX-License-Identifier: Apache-2.0 */
#include "store/device_state.h"

#include <assert.h>
#include <stddef.h>

static const struct {
	const char *name;
	bool settled;
} def[NDEVICE_STATE] = {
	[DEVICE_REFUSED] = { "refused", true },
	[DEVICE_HELD] = { "held", false },
	[DEVICE_QUEUED] = { "queued", false },
	[DEVICE_SUBMITTED] = { "submitted", false },
	[DEVICE_REGISTERED] = { "registered", true },
	[DEVICE_READY] = { "ready", true },
	[DEVICE_CLAIMED] = { "claimed", true },
	[DEVICE_FAILED] = { "failed", true },
};

const char *
device_state_name(enum device_state state)
{
	assert((unsigned)state < NDEVICE_STATE);
	return def[state].name;
}

bool
device_state_parse(struct slice name, enum device_state *out)
{
	for (unsigned i = 0; i < NDEVICE_STATE; i++) {
		if (slice_eq(name, slice_of(def[i].name))) {
			*out = (enum device_state)i;
			return true;
		}
	}
	return false;
}

bool
device_state_settled(enum device_state state)
{
	assert((unsigned)state < NDEVICE_STATE);
	return def[state].settled;
}
