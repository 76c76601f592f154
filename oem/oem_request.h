/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "channel/batch.h"
#include "config/oem_profile.h"

/*
 * What is sent to a maker's service, as its profile says: addresses and bodies. Pure: the same input
 * gives the same bytes, so that a request that is sent again is the same request.
 */

/* For whom. Neither is ever empty but in oem_nobody: asserted. */
struct oem_tenant {
	const char *id;
	const char *domain;
};

/* Whom OEM_DEREGISTER_BLANK_TENANT registers a device for. */
extern const struct oem_tenant oem_nobody;

/*
 * Can this device be sent as the profile wants it: has it the identity, is nothing too long? Asked
 * when a device comes in, so that it is refused alone and early. order: may be empty.
 * Errors: ERR_USAGE (what is missing, or no text), ERR_LIMIT (what is too long, and how long it may
 * be).
 */
MUST_USE enum err_code oem_request_judge(const struct oem_profile *p, const struct batch_device *d,
    struct slice tag, struct slice order, struct err *err);

/*
 * Appends the body that registers the devices of a batch. The reference of each is its id in the
 * store, which stays the same when others leave the batch, so that no result can go to the wrong device.
 * Devices that oem_request_judge() refuses are left out, for one must never stop the others. id: of the
 * request, for profiles that carry it in the body.
 * Errors: ERR_USAGE (no device is left), ERR_LIMIT (out is full), ERR_NOMEM; nothing is appended then.
 */
MUST_USE enum err_code oem_request_register(const struct oem_profile *p,
    const struct oem_tenant *tenant, const struct batch *b, const char *id, struct buf *out,
    struct err *err);

/*
 * The same, to take the first device of a batch back: tenant is oem_nobody with
 * OEM_DEREGISTER_BLANK_TENANT, and the customer's with OEM_DEREGISTER_PATH. Not with
 * OEM_DEREGISTER_NONE.
 */
MUST_USE enum err_code oem_request_release(const struct oem_profile *p,
    const struct oem_tenant *tenant, const struct batch *b, const char *id, struct buf *out,
    struct err *err);

MUST_USE enum err_code oem_request_validate(const struct oem_profile *p,
    const struct oem_tenant *tenant, struct buf *out, struct err *err);

/* Appends a text of the profile with its names filled in. Errors: ERR_USAGE (a name is not known here). */
MUST_USE enum err_code oem_request_fill(const struct oem_profile *p, const char *text,
    const struct oem_tenant *tenant, struct buf *out, struct err *err);

/*
 * Appends base_url and the path with its names filled in, percent-encoded, and the fixed query.
 * operation: NULL where there is none. Errors: ERR_USAGE (the path wants what is not there), ERR_NOMEM.
 */
MUST_USE enum err_code oem_request_url(const struct oem_profile *p, const char *base_url,
    const char *path, const struct oem_tenant *tenant, const char *operation, struct buf *out,
    struct err *err);
