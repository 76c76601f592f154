/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/intake/list_abort.h"

#include "store/store.h"
#include "store/store_async.h"

struct piece {
	int64_t list;
	bool more;
};

static enum err_code
forget_some(struct store *s, void *arg, struct err *err)
{
	struct piece *p = arg;

	return store_list_abort(s, p->list, &p->more, err);
}

enum err_code
list_abort(struct store_async *writer, int64_t list, struct err *err)
{
	struct piece p = { list, true };

	while (p.more) {
		enum err_code rc = store_async_wait(writer, forget_some, &p, err);

		if (rc)
			return rc == ERR_NOT_FOUND ? ERR_OK : rc;
	}
	return ERR_OK;
}
