/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "channel/batch.h"

/*
 * Finds the devices of a batch that a service speaks of. Each device is found once: what
 * has the same serial number a second time is the next device that has it.
 */
struct device_match;

enum device_key {
	DEVICE_SERIAL,        /* exactly */
	DEVICE_SERIAL_NOCASE, /* ASCII letters without case */
	DEVICE_PRODUCT_ID,    /* the same */
};

/* b must outlive it. Errors: ERR_NOMEM; *out is untouched then. */
MUST_USE enum err_code device_match_new(const struct batch *b, struct device_match **out,
    struct err *err);

/* The first device not found yet that has this value, of which there is one if value is empty. */
bool device_match_find(struct device_match *m, enum device_key key, struct slice value,
    size_t *device);

/* Marks a device, found in another way, as found. False: it was. */
bool device_match_take(struct device_match *m, size_t device);

/* What an entry of an answer says of its device. */
struct device_sighting {
	struct slice serial; /* may be empty, as may be product_id */
	struct slice product_id;
	size_t device; /* SIZE_MAX: not known */
};

/*
 * Finds the devices that are not known: by serial number exactly, then without case, then by product
 * id, each for all entries, so that none takes what another names better.
 */
void device_match_all(struct device_match *m, struct device_sighting *sighting, size_t n);

/* Accepts NULL. */
void device_match_free(struct device_match *m);
