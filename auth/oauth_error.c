/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/oauth_error.h"

#include <string.h>

#include "auth/entra_error.h"
#include "auth/entra_json.h"

static const struct word {
	const char *error;
	enum token_trouble trouble;
	const char *advice;
} words[] = {
	{ "invalid_client", TOKEN_CREDENTIAL,
	    "Put a client secret or certificate that is good there where the configuration says, "
	    "and check client_id." },
	{ "invalid_grant", TOKEN_CREDENTIAL,
	    "Ask whoever runs the service what is wrong with the client's credentials." },
	{ "invalid_request", TOKEN_CONFIG,
	    "Check client_id, scope and token_url in the configuration." },
	{ "invalid_scope", TOKEN_CONFIG,
	    "Check scope in the configuration: the service does not know it, or does not grant it to "
	    "this client." },
	{ "unauthorized_client", TOKEN_CONFIG,
	    "Ask whoever runs the service to let the client have tokens with client credentials." },
	{ "unsupported_grant_type", TOKEN_CONFIG,
	    "Check token_url: this endpoint gives no tokens for client credentials." },
};

static const char other_word[] =
    "Ask whoever runs the service what the error means; client_id and token_url may be wrong.";

static const char no_endpoint[] =
    "Check token_url, and the proxy if there is one: what answers gives no tokens.";

static const char no_trust[] =
    "Check the clock, ca_file and pins in the profile, and the client certificate if there is one.";

static void
judge_word(struct slice error, struct token_result *out)
{
	out->trouble = TOKEN_CONFIG;
	out->advice = error.len > 0 ? other_word : no_endpoint;
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (slice_eq(error, slice_of(words[i].error))) {
			out->trouble = words[i].trouble;
			out->advice = words[i].advice;
		}
	}
}

enum err_code
oauth_error_judge(const struct http_response *rsp, struct token_result *out, struct err *err)
{
	enum err_code rc = entra_error_judge(rsp, out, err);
	json_t *doc = NULL;
	struct err unread;

	if (rc == ERR_NOMEM || out->aadsts > 0 || out->trouble == TOKEN_WAIT)
		return rc;
	if (entra_json_parse(rsp->body, &doc, &unread) == ERR_NOMEM) {
		*out = entra_error_without_answer(&unread);
		*err = unread;
		return err->code;
	}
	judge_word(entra_json_text(doc, "error"), out);
	json_decref(doc);
	return rc;
}

struct token_result
oauth_error_without_answer(const struct err *why)
{
	struct token_result r = entra_error_without_answer(why);

	if (r.trouble == TOKEN_CONFIG)
		r.advice = no_endpoint;
	else if (why->code == ERR_TLS)
		r.advice = no_trust;
	return r;
}
