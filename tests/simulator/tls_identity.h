/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/* What a TLS server shows: PEM texts, owned. */
struct tls_identity {
	char *certificate;
	char *key;
	char *ca;        /* who signed it; NULL if that is not known */
	char *client_ca; /* whose certificates clients are asked for; NULL: none */
};

/*
 * A certificate for 127.0.0.1 and localhost, good for a day before and after now, and the CA that
 * signed it. Nothing of it is kept anywhere.
 */
void tls_identity_make(struct tls_identity *out);

/* Errors: ERR_IO. *out is untouched then. */
MUST_USE enum err_code tls_identity_load(const char *certificate_path, const char *key_path,
    struct tls_identity *out, struct err *err);

/* Clients are asked for a certificate of this CA (PEM). Errors: ERR_IO. */
MUST_USE enum err_code tls_identity_ask(struct tls_identity *t, const char *client_ca_path,
    struct err *err);

/* A zeroed one may be freed as well. */
void tls_identity_done(struct tls_identity *t);
