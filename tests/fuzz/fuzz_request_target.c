/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/tools/request_target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Written from what was read, a target is read as the same again. */
static void
check_round_trip(const struct request_target *t)
{
	struct request_target again;
	struct buf uri;
	struct err err;

	buf_init(&uri, 16 * 1024 * 1024);
	if (t->nsegment == 0)
		buf_add_char(&uri, '/');
	for (size_t i = 0; i < t->nsegment; i++) {
		buf_add_char(&uri, '/');
		request_target_escape(&uri, slice_of(t->segment[i]));
	}
	for (size_t i = 0; i < t->nparameter; i++) {
		buf_addf(&uri, "%c%s=", i > 0 ? '&' : '?', t->parameter[i].name);
		request_target_escape(&uri, slice_of(t->parameter[i].value));
	}
	assert(uri.failed == ERR_OK);
	assert(request_target_parse(uri.ptr, &again, &err) == ERR_OK);
	assert(again.nparameter == t->nparameter);
	for (size_t i = 0; i < t->nparameter; i++)
		assert(strcmp(again.parameter[i].value, t->parameter[i].value) == 0);
	/* A single empty segment is what the root looks like. */
	if (t->nsegment != 1 || t->segment[0][0] != '\0') {
		assert(again.nsegment == t->nsegment);
		for (size_t i = 0; i < t->nsegment; i++)
			assert(strcmp(again.segment[i], t->segment[i]) == 0);
	}
	request_target_done(&again);
	buf_done(&uri);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *uri = malloc(size + 1);
	struct request_target t;
	struct err err;

	assert(uri);
	if (size > 0)
		memcpy(uri, data, size);
	uri[size] = '\0';
	if (request_target_parse(uri, &t, &err) == ERR_OK) {
		assert(t.nsegment <= TARGET_SEGMENTS_MAX);
		assert(t.nparameter <= TARGET_PARAMETERS_MAX);
		check_round_trip(&t);
		request_target_done(&t);
	} else {
		assert(err.msg[0] != '\0');
	}
	free(uri);
	return 0;
}
