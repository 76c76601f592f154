/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <jansson.h>

#include "store/store.h"

/*
 * Records of the store in the JSON shapes that scripts rely on: the names of the members never
 * change. What is not there is null. Texts are changed as by terminal_put().
 *
 * All return a value that is the caller's, or NULL if there was no memory.
 */
json_t *records_json_list(const struct store_list *l);
json_t *records_json_device(const struct store_device *d);
json_t *records_json_claim(const struct store_claim *c);

json_t *records_json_event(const struct store_event *e);

/* {"registered":2}: states that no device is in are left out. */
json_t *records_json_states(const uint64_t states[NDEVICE_STATE]);

/* A list's id is text, because programs lose digits of large numbers. */
json_t *records_json_id(int64_t id);

/* RFC 3339 in UTC; 0: null. */
json_t *records_json_time(int64_t unix_ms);

/* Empty: null. */
json_t *records_json_text(struct slice text);
