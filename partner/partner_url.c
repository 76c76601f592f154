/* SPDX-License-Identifier: Apache-2.0 */
#include "partner/partner_url.h"

#include <stdarg.h>

#include "base/buf.h"
#include "base/percent.h"

enum { URL_MAX = 8 * 1024 };

static void
add_segment(struct buf *url, const char *segment)
{
	buf_add_char(url, '/');
	percent_add(url, slice_of(segment));
}

char *
partner_url(const char *base_url, const char *tenant, ...)
{
	const char *segment;
	struct buf url;
	va_list ap;

	buf_init(&url, URL_MAX);
	buf_add_str(&url, base_url);
	buf_add_str(&url, "/v1/customers");
	add_segment(&url, tenant);
	va_start(ap, tenant);
	while ((segment = va_arg(ap, const char *)) != NULL)
		add_segment(&url, segment);
	va_end(ap);
	return buf_take(&url);
}

char *
partner_url_customers(const char *base_url, unsigned size, bool next)
{
	struct buf url;

	buf_init(&url, URL_MAX);
	buf_addf(&url, "%s/v1/customers?size=%u%s", base_url, size,
	    next ? "&seekOperation=Next" : "");
	return buf_take(&url);
}
