/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/oa3.h"

#include <expat.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"

enum element { ELEMENT_OTHER, ELEMENT_PRODUCT_KEY, ELEMENT_PRODUCT_ID, ELEMENT_HASH };

struct reading {
	XML_Parser parser;
	unsigned depth;       /* 1 in the root, 2 in its children */
	enum element element; /* the child we are in */
	unsigned seen;        /* bits of enum element */
	const char *refusal;  /* why we stopped the parser; static */
	struct buf product_id;
	struct buf hash;
	bool had_product_key;
};

/* --- memory for expat, which copies the document, and so the key ------------------------------ */

static void
wipe_free(void *p)
{
	if (p)
		secret_wipe(p, malloc_usable_size(p));
	free(p);
}

static void *
wipe_realloc(void *p, size_t n)
{
	void *grown = malloc(n);

	if (grown && p) {
		size_t had = malloc_usable_size(p);

		memcpy(grown, p, had < n ? had : n);
		wipe_free(p);
	}
	return grown;
}

/* --- handlers --------------------------------------------------------------------------------- */

static void
refuse(struct reading *r, const char *why)
{
	r->refusal = why;
	(void)XML_StopParser(r->parser, XML_FALSE);
}

static enum element
element_of(const char *name)
{
	static const struct {
		const char *name;
		enum element element;
	} known[] = {
		{ "ProductKey", ELEMENT_PRODUCT_KEY },
		{ "ProductKeyID", ELEMENT_PRODUCT_ID },
		{ "HardwareHash", ELEMENT_HASH },
	};

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		if (strcmp(name, known[i].name) == 0)
			return known[i].element;
	}
	return ELEMENT_OTHER;
}

static void XMLCALL
on_start(void *arg, const XML_Char *name, const XML_Char **attribute)
{
	struct reading *r = arg;

	(void)attribute;
	r->depth++;
	if (r->depth == 1 && strcmp(name, "Key") != 0)
		refuse(r, "the root element is not Key");
	if (r->depth != 2)
		return;
	r->element = element_of(name);
	if (r->element != ELEMENT_OTHER && r->seen & 1u << r->element)
		refuse(r, "the same element twice");
	r->seen |= 1u << r->element;
}

static void XMLCALL
on_end(void *arg, const XML_Char *name)
{
	struct reading *r = arg;

	(void)name;
	if (r->depth == 2)
		r->element = ELEMENT_OTHER;
	r->depth--;
}

static void XMLCALL
on_text(void *arg, const XML_Char *text, int len)
{
	struct reading *r = arg;
	struct slice s = { text, (size_t)len };

	if (r->depth != 2)
		return; /* a product key inside something else must not get through */
	switch (r->element) {
	case ELEMENT_OTHER:
		break;
	case ELEMENT_PRODUCT_KEY:
		r->had_product_key |= slice_trim(s).len > 0;
		break;
	case ELEMENT_PRODUCT_ID:
		buf_add_slice(&r->product_id, s);
		break;
	case ELEMENT_HASH:
		buf_add_slice(&r->hash, s);
		break;
	}
}

/* Entities can be declared only in a document type. */
static void XMLCALL
on_doctype(void *arg, const XML_Char *name, const XML_Char *sysid, const XML_Char *pubid,
    int internal)
{
	(void)name;
	(void)sysid;
	(void)pubid;
	(void)internal;
	refuse(arg, "a document type");
}

/* --- the document ----------------------------------------------------------------------------- */

static enum err_code
parse(struct reading *r, struct slice xml, struct err *err)
{
	XML_SetUserData(r->parser, r);
	XML_SetElementHandler(r->parser, on_start, on_end);
	XML_SetCharacterDataHandler(r->parser, on_text);
	XML_SetStartDoctypeDeclHandler(r->parser, on_doctype);
	if (XML_Parse(r->parser, xml.ptr, (int)xml.len, XML_TRUE) != XML_STATUS_OK) {
		enum XML_Error why = XML_GetErrorCode(r->parser);

		if (why == XML_ERROR_NO_MEMORY)
			return err_set(err, ERR_NOMEM, "out of memory");
		return err_set(err, ERR_FORMAT, "line %lu, column %lu: %s",
		    XML_GetCurrentLineNumber(r->parser), XML_GetCurrentColumnNumber(r->parser) + 1,
		    r->refusal ? r->refusal : XML_ErrorString(why));
	}
	if (buf_check(&r->product_id, err) || buf_check(&r->hash, err))
		return err->code;
	return ERR_OK;
}

static enum err_code
report_of(const struct reading *r, struct oa3_report *out, struct err *err)
{
	struct oa3_report report = { .had_product_key = r->had_product_key };

	buf_init(&report.product_id, OA3_MAX);
	buf_init(&report.hash, OA3_MAX);
	buf_add_slice(&report.product_id, slice_trim(buf_slice(&r->product_id)));
	buf_add_slice(&report.hash, slice_trim(buf_slice(&r->hash)));
	if (buf_check(&report.product_id, err) || buf_check(&report.hash, err)) {
		oa3_report_done(&report);
		return err->code;
	}
	*out = report;
	return ERR_OK;
}

enum err_code
oa3_parse(struct slice xml, struct oa3_report *out, struct err *err)
{
	static const XML_Memory_Handling_Suite wiping = { malloc, wipe_realloc, wipe_free };
	struct reading r = { .depth = 0 };
	enum err_code rc;

	if (xml.len > OA3_MAX)
		return err_set(err, ERR_LIMIT, "longer than %d bytes", OA3_MAX);
	buf_init(&r.product_id, OA3_MAX);
	buf_init(&r.hash, OA3_MAX);
	/* The name overrides what the declaration says, which was true before decoding. */
	r.parser = XML_ParserCreate_MM("UTF-8", &wiping, NULL);
	if (!r.parser) {
		rc = err_set(err, ERR_NOMEM, "out of memory");
		goto out;
	}
	rc = parse(&r, xml, err);
	if (!rc)
		rc = report_of(&r, out, err);
out:
	if (r.parser)
		XML_ParserFree(r.parser);
	buf_done(&r.hash);
	buf_done(&r.product_id);
	return rc;
}

void
oa3_report_done(struct oa3_report *r)
{
	if (r->hash.ptr)
		buf_done(&r->hash);
	if (r->product_id.ptr)
		buf_done(&r->product_id);
}

static bool
starts(struct slice s, const char *prefix)
{
	return slice_eq(slice_head(s, strlen(prefix)), slice_of(prefix));
}

/* What follows the piece that s begins with, from begin to end; empty if it does not end. */
static struct slice
behind(struct slice s, const char *begin, const char *end)
{
	size_t from = strlen(begin);
	const char *at = memmem(s.ptr + from, s.len - from, end, strlen(end));
	size_t taken = at ? (size_t)(at - s.ptr) + strlen(end) : s.len;

	return slice_from(s, taken);
}

bool
oa3_looks_like(struct slice head)
{
	static const char root[] = "<Key";
	struct slice s = slice_trim(head);

	for (;;) {
		if (starts(s, "<?"))
			s = slice_trim(behind(s, "<?", "?>"));
		else if (starts(s, "<!--"))
			s = slice_trim(behind(s, "<!--", "-->"));
		else
			break;
	}
	return starts(s, root) && s.len > strlen(root) &&
	    strchr(" \t\r\n/>", s.ptr[strlen(root)]) != NULL;
}
