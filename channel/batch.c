/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/batch.h"

#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/secret.h"

enum { BLOCK_BYTES = 64 * 1024 };

/* A block of texts. Blocks never move, so that slices into them hold while devices are added. */
struct batch_text {
	struct batch_text *older;
	size_t used;
	size_t size; /* of bytes */
	char bytes[];
};

static bool
add_block(struct batch_text **text, size_t least)
{
	size_t size = least > BLOCK_BYTES ? least : BLOCK_BYTES;
	struct batch_text *block = NULL;
	size_t whole;

	if (checked_add_size(size, sizeof *block, &whole))
		block = malloc(whole);
	if (!block)
		return false;
	*block = (struct batch_text){ .older = *text, .size = size };
	*text = block;
	return true;
}

/* Room for n bytes; NULL if there is no memory. */
static char *
take(struct batch_text **text, size_t n)
{
	char *p;

	if ((!*text || (*text)->size - (*text)->used < n) && !add_block(text, n))
		return NULL;
	p = (*text)->bytes + (*text)->used;
	(*text)->used += n;
	return p;
}

/* Copies s to *end, moves *end behind it and returns the copy. */
static struct slice
copy(char **end, struct slice s)
{
	struct slice there = { *end, s.len };

	if (s.len > 0)
		memcpy(*end, s.ptr, s.len);
	*end += s.len;
	return there;
}

static const char *
copy_terminated(char **end, struct slice s)
{
	struct slice there = copy(end, s);

	*(*end)++ = '\0';
	return there.ptr;
}

enum err_code
batch_new(const struct batch_head *head, struct batch **out, struct err *err)
{
	size_t texts = head->customer.len + head->tenant.len + head->domain.len + head->tag.len +
	    head->order.len;
	struct batch *b = calloc(1, sizeof *b);
	char *end = b ? take(&b->text, texts + 5) : NULL;

	if (!end) {
		free(b);
		return err_set(err, ERR_NOMEM, "no memory for a batch");
	}
	b->id = head->id;
	b->customer = copy_terminated(&end, head->customer);
	b->tenant = copy_terminated(&end, head->tenant);
	b->domain = copy_terminated(&end, head->domain);
	b->tag = copy_terminated(&end, head->tag);
	b->order = copy_terminated(&end, head->order);
	*out = b;
	return ERR_OK;
}

/* Room for one more. It doubles whenever the number of devices is a power of two. */
static bool
grow(struct batch *b)
{
	size_t n = b->ndevice;
	struct batch_device *device;
	size_t bytes;

	if ((n & (n - 1)) != 0)
		return true;
	if (!checked_mul_size(n > 0 ? 2 * n : 1, sizeof *device, &bytes))
		return false;
	device = realloc(b->device, bytes);
	if (!device)
		return false;
	b->device = device;
	return true;
}

enum err_code
batch_add(struct batch *b, const struct batch_device *d, struct err *err)
{
	const struct slice text[] = { d->serial, d->product_id, d->manufacturer, d->model,
		d->hash };
	struct batch_device added = *d;
	size_t bytes = 0;
	char *end = NULL;

	for (size_t i = 0; i < sizeof text / sizeof text[0]; i++) {
		if (!checked_add_size(bytes, text[i].len, &bytes))
			return err_set(err, ERR_NOMEM, "a device with too much text");
	}
	if (grow(b))
		end = take(&b->text, bytes);
	if (!end)
		return err_set(err, ERR_NOMEM, "no memory for device %zu of a batch",
		    b->ndevice + 1);
	added.serial = copy(&end, d->serial);
	added.product_id = copy(&end, d->product_id);
	added.manufacturer = copy(&end, d->manufacturer);
	added.model = copy(&end, d->model);
	added.hash = copy(&end, d->hash);
	b->device[b->ndevice++] = added;
	return ERR_OK;
}

void
batch_free(struct batch *b)
{
	if (!b)
		return;
	while (b->text) {
		struct batch_text *block = b->text;

		b->text = block->older;
		secret_wipe(block->bytes, block->used);
		free(block);
	}
	free(b->device);
	free(b);
}
