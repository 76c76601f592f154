/* SPDX-License-Identifier: Apache-2.0 */
#include "base/secret.h"

#include <stdlib.h>
#include <string.h>

#include "base/checked.h"

struct secret {
	size_t len;
	char bytes[];
};

enum err_code
secret_new(const void *bytes, size_t len, struct secret **out, struct err *err)
{
	struct secret *s = NULL;
	size_t size;

	if (checked_add_size(sizeof *s, len, &size))
		s = malloc(size);
	if (!s)
		return err_set(err, ERR_NOMEM, "out of memory");
	s->len = len;
	if (len > 0)
		memcpy(s->bytes, bytes, len);
	*out = s;
	return ERR_OK;
}

struct slice
secret_get(const struct secret *s)
{
	return (struct slice){ s->bytes, s->len };
}

void
secret_free(struct secret *s)
{
	if (!s)
		return;
	secret_wipe(s, sizeof *s + s->len);
	free(s);
}

void
secret_wipe(void *p, size_t len)
{
	explicit_bzero(p, len);
}
