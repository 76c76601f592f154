/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <jansson.h>

#include "tests/simulator/simulator.h"

/*
 * How Partner Center's answers look: headers, byte order mark, times, the four forms of errors.
 * Where the services vary, chance or the scenario decides. Functions take JSON over.
 * Source: sources.md#partner-json
 */

/* A status without a body, with the headers that all answers have. */
void forms_empty(struct simulator *sim, struct exchange *x, unsigned status);

/* A JSON body. */
void forms_json(struct simulator *sim, struct exchange *x, unsigned status, json_t *doc);

/* {"totalCount", "items", "continuationToken", "links", "attributes"}; token and links may be
 * NULL. */
void forms_collection(struct simulator *sim, struct exchange *x, size_t total, json_t *items,
    const char *token, json_t *links);

/*
 * Form A, an error of the service. data: NULL for none.
 * The code is text or a number, as in the reference or as the scenario asks.
 */
void forms_error(struct simulator *sim, struct exchange *x, unsigned status, unsigned code,
    const char *description, const char *source, json_t *data);

/* Form B, the gateway's 429. */
void forms_throttled(struct simulator *sim, struct exchange *x, uint64_t retry_after_s,
    enum retry_form form);

/* The header that says when to come again. */
void forms_retry_after(struct simulator *sim, struct exchange *x, uint64_t retry_after_s,
    enum retry_form form);

/* Form C, a token that is not accepted. */
void forms_bad_token(struct exchange *x);

/* A moment of simulator_now_ms() as text in one of the three forms. */
json_t *forms_time(struct simulator *sim, uint64_t ms);

/* Where a collection goes on, as the opaque text of a continuation token, and back. */
void forms_token(size_t offset, char out[32]);
bool forms_token_read(const char *token, size_t *offset);
