/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_proxy.h"

#include <stdlib.h>

void
http_proxy_free(struct http_proxy *p)
{
	if (!p)
		return;
	free(p->url);
	free(p->direct);
	secret_free(p->authorization);
	free(p);
}
