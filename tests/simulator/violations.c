/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulator/violations.h"

#include <stdarg.h>
#include <stdio.h>

#include "tests/simulator/must.h"

void
violations_add(struct violations *v, uint64_t request, const char *kind, const char *fmt, ...)
{
	json_t *list = violations_list(v);
	va_list ap;

	if (json_array_size(list) < VIOLATIONS_MAX) {
		va_start(ap, fmt);
		(void)json_array_append_new(list,
		    must_have(json_pack("{s:I, s:s, s:o}", "request", (json_int_t)request, "kind",
		        kind, "text", must_have(json_vsprintf(fmt, ap)))));
		va_end(ap);
	} else {
		v->dropped++;
	}
	json_decref(list);
}

json_t *
violations_list(struct violations *v)
{
	if (!v->list)
		v->list = must_have(json_array());
	return json_incref(v->list);
}

void
violations_done(struct violations *v)
{
	json_decref(v->list);
	*v = (struct violations){ 0 };
}
