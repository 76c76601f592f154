/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/entra_json.h"

#include <malloc.h>
#include <stdlib.h>

#include "base/secret.h"

static const struct slice byte_order_mark = { "\xEF\xBB\xBF", 3 };

enum err_code
entra_json_parse(struct slice body, json_t **out, struct err *err)
{
	json_error_t why = { .text = "" };
	bool nomem;
	json_t *doc;

	if (slice_eq(slice_head(body, byte_order_mark.len), byte_order_mark))
		body = slice_from(body, byte_order_mark.len);
	doc = json_loadb(body.len > 0 ? body.ptr : "", body.len, JSON_REJECT_DUPLICATES, &why);
	/* Without memory jansson fails without a reason, at some places. */
	nomem = !doc && (!why.text[0] || json_error_code(&why) == json_error_out_of_memory);
	secret_wipe(&why, sizeof why); /* it quotes what it choked on */
	if (nomem)
		return err_set(err, ERR_NOMEM, "out of memory");
	if (!json_is_object(doc)) {
		json_decref(doc);
		return err_set(err, ERR_FORMAT, "the answer is not a JSON object");
	}
	*out = doc;
	return ERR_OK;
}

struct slice
entra_json_text(const json_t *object, const char *member)
{
	const json_t *value = json_object_get(object, member);

	return (struct slice){ json_string_value(value), json_string_length(value) };
}

static void
wipe_and_free(void *p)
{
	if (p)
		secret_wipe(p, malloc_usable_size(p));
	free(p);
}

void
entra_json_wipe_freed(void)
{
	json_set_alloc_funcs(malloc, wipe_and_free);
}
