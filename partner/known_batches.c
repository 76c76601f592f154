/* SPDX-License-Identifier: Apache-2.0 */
#include "partner/known_batches.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct known_batch {
	char *tenant;
	char *name;
};

/* Looked through from end to end: an upload costs a thousand times more. */
struct known_batches {
	size_t n;
	struct known_batch batch[KNOWN_BATCHES_MAX];
};

enum err_code
known_batches_new(struct known_batches **out, struct err *err)
{
	struct known_batches *k = calloc(1, sizeof *k);

	if (!k)
		return err_set(err, ERR_NOMEM, "no memory for the names of batches");
	*out = k;
	return ERR_OK;
}

/* Its index; n if it is not there. */
static size_t
find(const struct known_batches *k, const char *tenant, const char *name)
{
	size_t i = 0;

	while (i < k->n &&
	    (strcmp(k->batch[i].name, name) != 0 || strcmp(k->batch[i].tenant, tenant) != 0))
		i++;
	return i;
}

static void
batch_done(struct known_batch *batch)
{
	free(batch->tenant);
	free(batch->name);
}

bool
known_batches_has(const struct known_batches *k, const char *tenant, const char *name)
{
	return find(k, tenant, name) < k->n;
}

void
known_batches_add(struct known_batches *k, const char *tenant, const char *name)
{
	struct known_batch batch;

	if (k->n == KNOWN_BATCHES_MAX || known_batches_has(k, tenant, name))
		return;
	batch.tenant = strdup(tenant);
	batch.name = strdup(name);
	if (batch.tenant && batch.name)
		k->batch[k->n++] = batch;
	else
		batch_done(&batch);
}

void
known_batches_forget(struct known_batches *k, const char *tenant, const char *name)
{
	size_t i = find(k, tenant, name);

	if (i == k->n)
		return;
	batch_done(&k->batch[i]);
	k->batch[i] = k->batch[--k->n];
}

void
known_batches_free(struct known_batches *k)
{
	if (!k)
		return;
	while (k->n > 0)
		batch_done(&k->batch[--k->n]);
	free(k);
}
