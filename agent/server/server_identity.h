/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <gnutls/gnutls.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"

/*
 * What we show to those who ask over TLS, and whose certificates they have to show: as GnuTLS, which
 * libmicrohttpd brings along, keeps them.
 */
struct server_identity;

/* All PEM, and copied. client_ca may be empty: nobody has to show a certificate. */
struct server_identity_parts {
	struct slice certificate; /* ours, those of its issuers behind it */
	struct slice private_key;
	struct slice client_ca;
};

/*
 * Errors: ERR_FORMAT (no certificate, no key, or they do not belong together; the text says which),
 * ERR_NOMEM; *out is untouched then.
 */
MUST_USE enum err_code server_identity_new(const struct server_identity_parts *parts,
    struct server_identity **out, struct err *err);

/* When our certificate ends, unix seconds. */
int64_t server_identity_not_after_unix_s(const struct server_identity *id);

/* Before the handshake: this is what the session shows and asks for. The identity must outlive it. */
MUST_USE enum err_code server_identity_show(const struct server_identity *id,
    gnutls_session_t session, struct err *err);

/*
 * After the handshake: what the client has shown is what we want of it. Errors: ERR_USAGE, which says
 * what is wrong with it.
 */
MUST_USE enum err_code server_identity_verify(const struct server_identity *id,
    gnutls_session_t session, struct err *err);

/* No session may show it any more. Accepts NULL. */
void server_identity_free(struct server_identity *id);
