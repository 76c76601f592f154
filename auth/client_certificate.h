/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "base/secret.h"

/*
 * The certificate that we show a service which wants one of its clients, read and checked. In whatever
 * form it came, it is PEM afterwards. A plain value that owns what it points to.
 */
struct client_certificate {
	struct secret *certificate; /* ours, then what came with it, up to its authority */
	struct secret *private_key;
	int64_t not_after_unix_s; /* until when it is good; it may be over */
};

/*
 * certificate: PEM, of several the first is ours; or PKCS#12. private_key: PEM; NULL: it is in
 * certificate. Nothing may need a passphrase. Any kind of key.
 * Errors: ERR_FORMAT (it is none, or the two do not belong together), ERR_NOMEM; *out is untouched
 * then.
 */
MUST_USE enum err_code client_certificate_read(const struct secret *certificate,
    const struct secret *private_key, struct client_certificate *out, struct err *err);

/* Until when the first certificate of a PEM is good. Errors: ERR_FORMAT; *out is untouched then. */
MUST_USE enum err_code client_certificate_end(const struct secret *certificate, int64_t *out_unix_s,
    struct err *err);

/* Wipes; accepts a zeroed one, and leaves one. */
void client_certificate_done(struct client_certificate *c);
