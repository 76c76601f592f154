/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulator/token_text.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "tests/simulator/json_make.h"
#include "tests/simulator/must.h"

#define HEADER "{\"typ\":\"JWT\",\"alg\":\"RS256\",\"kid\":\"simulator\"}"

enum { SIGNATURE_BYTES = 86 };

/* base64url without padding. */
static char *
encode(const char *text)
{
	size_t len = strlen(text);
	char *out = must_have(malloc((len + 2) / 3 * 4 + 1));

	(void)EVP_EncodeBlock((unsigned char *)out, (const unsigned char *)text, (int)len);
	for (char *c = out; *c; c++)
		*c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
	out[strcspn(out, "=")] = '\0';
	return out;
}

static json_t *
claims(const struct sign_in *s, struct chance *ids, const char *audience, int64_t now_unix_s,
    uint64_t life_s)
{
	char id[GUID_SIZE];

	chance_guid(ids, id);
	return must_have(json_pack("{s:s, s:o, s:I, s:I, s:s, s:o, s:s, s:s, s:s, s:O, s:s}", "aud",
	    audience, "iss", must_have(json_sprintf("https://sts.windows.net/%s/", s->tenant)),
	    "iat", (json_int_t)now_unix_s, "exp", (json_int_t)(now_unix_s + (int64_t)life_s),
	    "appid", s->client_id, "amr",
	    must_have(s->mfa ? json_pack("[s, s]", "pwd", "mfa") : json_pack("[s]", "pwd")), "tid",
	    s->tenant, "upn", s->account, "scp", "user_impersonation", "wids", s->roles, "uti",
	    id));
}

char *
token_text(const struct sign_in *s, struct chance *ids, const char *audience, int64_t now_unix_s,
    uint64_t life_s)
{
	json_t *doc = claims(s, ids, audience, now_unix_s, life_s);
	char *payload = must_have(json_dumps(doc, JSON_COMPACT));
	char *head = encode(HEADER);
	char *body = encode(payload);
	char signature[SIGNATURE_BYTES];
	json_t *text;
	char *out;

	chance_text(ids, signature, sizeof signature);
	text = must_have(json_sprintf("%s.%s.%s", head, body, signature));
	out = must_copy(json_string_value(text));
	json_decref(text);
	free(body);
	free(head);
	free(payload);
	json_decref(doc);
	return out;
}
