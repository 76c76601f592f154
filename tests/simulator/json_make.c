/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulator/json_make.h"

#include "tests/simulator/must.h"

void
json_make_set(json_t *object, const char *name, json_t *value)
{
	if (json_object_set_new(object, name, must_have(value)) != 0)
		must_have(NULL);
}

void
json_make_append(json_t *list, json_t *value)
{
	if (json_array_append_new(list, must_have(value)) != 0)
		must_have(NULL);
}

json_t *
json_make_attributes(const char *type)
{
	return must_have(json_pack("{s:s}", "objectType", type));
}
