/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/tools/log_event.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/log.h"

enum { NUMBER_SIZE = 24 };

/* number: room for it as text. */
static struct log_field
field_of(const struct log_given *g, char number[NUMBER_SIZE])
{
	(void)snprintf(number, NUMBER_SIZE, "%" PRId64, g->number);
	return (struct log_field){
		.name = log_key_name(g->key),
		.value = slice_of(g->text ? g->text : number),
		.varies = log_key_varies(g->key),
	};
}

void
log_event_put(enum log_class which, const struct log_given *given, size_t n)
{
	struct log_field field[LOG_FIELDS_MAX];
	char number[LOG_FIELDS_MAX][NUMBER_SIZE];
	struct log_record r = log_class_record(which);

	assert(n <= LOG_FIELDS_MAX);
	for (size_t i = 0; i < n; i++) {
		field[r.nfield] = field_of(&given[i], number[i]);
		if (field[r.nfield].value.len > 0)
			r.nfield++;
	}
	r.field = field;
	log_write(&r);
}
