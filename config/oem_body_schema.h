/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "config/config_schema.h"

/* The part of a maker's profile that is about bodies: what stands where in requests and answers. */
extern const struct section oem_body_schema_request; /* struct oem_envelope */
extern const struct section oem_body_schema_result;  /* struct oem_result */
extern const struct section oem_body_schema_refusal; /* struct oem_refusal */
extern const struct section oem_body_schema_error;   /* struct oem_error */

/* What can be sent, a section each: the keys are in the order of enum oem_value. */
extern const struct section oem_body_schema_fields;

/* The words of enum oem_class. */
extern const char *const oem_body_schema_class[];
