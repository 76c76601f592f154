/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/proxy_setting.h"

#include <stdlib.h>
#include <string.h>

#include "agent/engine/secret_source.h"
#include "base/buf.h"
#include "devices/base64.h"

enum { CREDENTIAL_MAX = 1024 };

/* Basic, which is what proxies know; it travels to the proxy only. */
static enum err_code
encode(struct slice credential, struct secret **out, struct err *err)
{
	static const char scheme[] = { 'B', 'a', 's', 'i', 'c', ' ' };
	char value[sizeof scheme + BASE64_ENCODED_LEN(CREDENTIAL_MAX)];
	enum err_code rc;

	if (credential.len > CREDENTIAL_MAX || !memchr(credential.ptr, ':', credential.len))
		return err_set(err, ERR_FORMAT, "it is not of the form user:password");
	memcpy(value, scheme, sizeof scheme);
	base64_encode((const uint8_t *)credential.ptr, credential.len, value + sizeof scheme);
	rc = secret_new(value, sizeof scheme + BASE64_ENCODED_LEN(credential.len), out, err);
	secret_wipe(value, sizeof value);
	return rc;
}

static enum err_code
read_credential(const struct secret_ref *ref, struct secret **out, struct err *err)
{
	struct secret *credential = NULL;
	enum err_code rc;

	if (ref->kind == SECRET_NONE)
		return ERR_OK;
	if ((rc = secret_source_read(ref, &credential, err)) == ERR_OK)
		rc = encode(secret_get(credential), out, err);
	secret_free(credential);
	return rc ? err_wrap(err, "http: proxy_credential") : ERR_OK;
}

static enum err_code
join(const struct text_list *list, char **out, struct err *err)
{
	struct buf all;

	if (list->n == 0)
		return ERR_OK;
	buf_init(&all, SIZE_MAX);
	for (size_t i = 0; i < list->n; i++)
		buf_addf(&all, "%s%s", i > 0 ? "," : "", list->item[i]);
	if (buf_check(&all, err)) {
		buf_done(&all);
		return err->code;
	}
	*out = buf_take(&all);
	return ERR_OK;
}

enum err_code
proxy_setting_read(const struct http_settings *s, struct http_proxy **out, struct err *err)
{
	struct http_proxy *p = calloc(1, sizeof *p);
	enum err_code rc = ERR_OK;

	if (!p)
		return err_set(err, ERR_NOMEM, "proxy");
	if (s->proxy && !(p->url = strdup(strcmp(s->proxy, CONFIG_OFF) == 0 ? "" : s->proxy)))
		rc = err_set(err, ERR_NOMEM, "proxy");
	if (rc || (rc = join(&s->no_proxy, &p->direct, err)) ||
	    (rc = read_credential(&s->proxy_credential, &p->authorization, err)))
		goto out;
	*out = p;
	p = NULL;
out:
	http_proxy_free(p);
	return rc;
}
