/* SPDX-License-Identifier: Apache-2.0 */
#include "oem/oem_rate.h"

#include <stdlib.h>

/* When the last requests left, as many as may leave in an interval: a ring. */
struct oem_rate {
	uint64_t *left_ms;
	size_t most;
	size_t n;    /* how many are in it */
	size_t next; /* where the next one goes; once it is full, the oldest */
	uint64_t interval_ms;
};

enum err_code
oem_rate_new(size_t most, uint64_t interval_ms, struct oem_rate **out, struct err *err)
{
	struct oem_rate *r = calloc(1, sizeof *r);

	if (r)
		r->left_ms = calloc(most + 1, sizeof r->left_ms[0]);
	if (!r || !r->left_ms) {
		oem_rate_free(r);
		return err_set(err, ERR_NOMEM, "no memory to count requests");
	}
	r->most = most;
	r->interval_ms = interval_ms;
	*out = r;
	return ERR_OK;
}

void
oem_rate_free(struct oem_rate *r)
{
	if (!r)
		return;
	free(r->left_ms);
	free(r);
}

int64_t
oem_rate_take(struct oem_rate *r, uint64_t now_ms)
{
	uint64_t age_ms = now_ms - r->left_ms[r->next];

	if (r->most == 0)
		return 0;
	if (r->n == r->most && age_ms < r->interval_ms)
		return (int64_t)(r->interval_ms - age_ms);
	r->left_ms[r->next] = now_ms;
	r->next = (r->next + 1) % r->most;
	if (r->n < r->most)
		r->n++;
	return 0;
}
