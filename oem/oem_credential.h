/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "auth/token_source.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/random.h"
#include "base/secret.h"
#include "config/config.h"
#include "config/oem_profile.h"
#include "http/http_call.h"

/*
 * How we prove to a maker's service who we are: a token, a certificate, or a certificate beside a
 * token that is asked for. What a request has to carry is the same object for all requests.
 *
 * A token goes into the profile's auth_header, bare, or into Authorization if there is none.
 *
 * Thread: the loop's.
 */
struct http_loop;
struct oem_credential;
struct uv_loop_s;

/* What struct oem_auth refers to, as far as it is there, and ca_file of the profile; copied. */
struct oem_secrets {
	const struct secret *token;
	const struct secret *certificate; /* PEM; with OEM_MTLS also PKCS#12 */
	const struct secret *private_key; /* OEM_MTLS */
	struct signer_key signing_key;    /* OEM_OAUTH2 */
	const struct secret *client_secret;
	const struct secret *tls_certificate; /* PEM or PKCS#12 */
	const struct secret *tls_private_key;
	const struct secret *ca; /* PEM; there has to be one if the profile names a file */
};

struct oem_credential_options {
	struct uv_loop_s *loop; /* as in struct token_options */
	struct http_loop *http;
	const struct clock *clock;
	const struct random *random;
	const struct oem_auth *auth; /* borrowed, as is profile */
	const struct oem_profile *profile;
	const char *base_url; /* of the service; read during new */
	struct oem_secrets secrets;
};

/*
 * A token endpoint on the service's own host has to fulfil what the profile wants of TLS as well;
 * elsewhere it is only shown our certificate.
 *
 * Errors: ERR_NOMEM, ERR_FORMAT (a certificate or key is none, or they do not belong together; a token
 * that no header takes; OEM_HEADER with a profile that names none), ERR_USAGE (token_url or base_url
 * may not be called); *out is untouched then.
 */
MUST_USE enum err_code oem_credential_new(const struct oem_credential_options *opt,
    struct oem_credential **out, struct err *err);

/* Nobody may wait, and no call be in flight. Accepts NULL. */
void oem_credential_free(struct oem_credential *c);

/* For http_request.tls; NULL: nothing special. Lives as long as the credential. */
const struct http_tls *oem_credential_tls(const struct oem_credential *c);

/* The token that the configuration has; NULL: none. */
const struct secret *oem_credential_token(const struct oem_credential *c);

/* Where tokens that are asked for come from; NULL: none are. */
struct token_source *oem_credential_tokens(const struct oem_credential *c);

/*
 * Until when all of our certificates are good, that of an assertion included, unix seconds; 0: there
 * is none.
 */
int64_t oem_credential_not_after_unix_s(const struct oem_credential *c);
