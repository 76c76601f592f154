/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <jansson.h>

/* JSON that is made without fail (must.h): a value of NULL is memory that was not there. */

void json_make_set(json_t *object, const char *name, json_t *value);
void json_make_append(json_t *list, json_t *value);

/* {"objectType": type} */
json_t *json_make_attributes(const char *type);
