/* SPDX-License-Identifier: Apache-2.0 */
#include "partner/customer_page.h"

#include <stdlib.h>
#include <string.h>

#include "base/guid.h"
#include "base/utf8.h"
#include "channel/answer_json.h"

/* Longer names are cut: they are only shown. */
enum { NAME_MAX_BYTES = 256, TEXT_MAX = CUSTOMERS_MAX * (GUID_SIZE + 2 * (NAME_MAX_BYTES + 1)) };

void
customer_page_init(struct customer_page *c)
{
	*c = (struct customer_page){ .n = 0 };
	buf_init(&c->text, TEXT_MAX);
}

void
customer_page_done(struct customer_page *c)
{
	buf_done(&c->text);
	free(c->customer);
	c->customer = NULL;
	c->n = 0;
}

static void
add_text(struct customer_page *c, struct slice text)
{
	buf_add_slice(&c->text, utf8_head(text, NAME_MAX_BYTES));
	buf_add_char(&c->text, '\0');
}

static enum err_code
add(struct customer_page *c, const json_t *item, struct err *err)
{
	const json_t *profile = json_object_get(item, "companyProfile");
	struct slice is = answer_json_text(item, "relationshipToPartner");
	struct slice tenant = answer_json_text(item, "id");
	struct channel_customer *grown;

	if (!guid_is(tenant))
		return ERR_OK;
	if (c->n == CUSTOMERS_MAX)
		return err_set(err, ERR_LIMIT, "the partner has more than %d customers",
		    CUSTOMERS_MAX);
	/* Doubled, whenever there is a power of two of them. */
	if ((c->n & (c->n - 1)) == 0) {
		grown = reallocarray(c->customer, c->n ? 2 * c->n : 1, sizeof *grown);
		if (!grown)
			return err_set(err, ERR_NOMEM, "customers");
		c->customer = grown;
	}
	c->customer[c->n++] =
	    (struct channel_customer){ .granted = slice_eq_nocase(is, slice_of("reseller")) };
	add_text(c, tenant);
	add_text(c, answer_json_text(profile, "domain"));
	add_text(c, answer_json_text(profile, "companyName"));
	return buf_check(&c->text, err);
}

enum err_code
customer_page_read(struct customer_page *c, struct slice body, enum page_end *end, struct err *err)
{
	json_t *root = answer_json_read(body);
	const json_t *items = json_object_get(root, "items");
	enum err_code rc = ERR_OK;

	for (size_t i = 0; rc == ERR_OK && i < json_array_size(items); i++)
		rc = add(c, json_array_get(items, i), err);
	if (rc == ERR_OK && !json_is_array(items))
		*end = PAGE_BAD;
	else if (rc == ERR_OK)
		*end = page_token_advance(&c->page, answer_json_text(root, "continuationToken"));
	json_decref(root);
	return rc;
}

static const char *
next_text(const char **text)
{
	const char *this = *text;

	*text += strlen(this) + 1;
	return this;
}

const struct channel_customer *
customer_page_all(struct customer_page *c)
{
	const char *text = c->text.ptr;

	for (size_t i = 0; i < c->n; i++) {
		c->customer[i].tenant = next_text(&text);
		c->customer[i].domain = next_text(&text);
		c->customer[i].company = next_text(&text);
	}
	return c->customer;
}
