/* SPDX-License-Identifier: Apache-2.0 */

#include <assert.h>
#include <string.h>

#include "devices/oa3.h"

/*
 * A product key never comes out, neither in the report nor in a message, wherever its element
 * stands. Each byte of the input adds a piece to a document; the input as it stands is parsed, too.
 */

enum { DOCUMENT_MAX = 64 * 1024 };

static const char product_key[] = "QQQQQ-WWWWW-EEEEE-RRRRR-TTTTT";

static const char *const piece[] = {
	"<ProductKey>QQQQQ-WWWWW-EEEEE-RRRRR-TTTTT</ProductKey>",
	"<ProductKey>QQQQQ-WWWWW<!-- -->-EEEEE-RRRRR-TTTTT",
	"<ProductKey><![CDATA[QQQQQ-WWWWW-EEEEE-RRRRR-TTTTT]]></ProductKey>",
	"<ProductKey/>",
	"</ProductKey>",
	"<HardwareHash>",
	"</HardwareHash>",
	"<ProductKeyID>",
	"</ProductKeyID>",
	"<Key>",
	"</Key>",
	"T0EB\n",
	"&amp;",
	"&other;",
	"<!-- -->",
	"<?pi?>",
	"\xC3\xA9",
	"<",
	"<!DOCTYPE Key>",
};

static bool
has_key(struct slice s)
{
	return s.len > 0 && memmem(s.ptr, s.len, product_key, strlen(product_key)) != NULL;
}

static bool
is_trimmed(struct slice s)
{
	return slice_trim(s).len == s.len;
}

static void
parse(struct slice xml, bool only_in_element)
{
	struct oa3_report r;
	struct err err = { .code = ERR_OK };

	if (oa3_parse(xml, &r, &err)) {
		assert(err.code == ERR_FORMAT || err.code == ERR_LIMIT);
		assert(!has_key(slice_of(err.msg)));
		return;
	}
	assert(is_trimmed(buf_slice(&r.hash)) && is_trimmed(buf_slice(&r.product_id)));
	assert(r.hash.len + r.product_id.len < xml.len);
	assert(!only_in_element ||
	    (!has_key(buf_slice(&r.hash)) && !has_key(buf_slice(&r.product_id))));
	assert(oa3_looks_like(xml) ||
	    (unsigned char)xml.ptr[0] == 0xEF); /* a mark, which text.h drops */
	oa3_report_done(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char document[DOCUMENT_MAX];
	struct slice xml = { document, 0 };

	parse((struct slice){ (const char *)data, size }, false);
	for (size_t i = 0; i < size; i++) {
		const char *p = piece[data[i] % (sizeof piece / sizeof piece[0])];

		if (xml.len + strlen(p) > sizeof document)
			break;
		memcpy(document + xml.len, p, strlen(p));
		xml.len += strlen(p);
	}
	parse(xml, true);
	return 0;
}
