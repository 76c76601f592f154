/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <openssl/types.h>
#include <stdbool.h>

#include "auth/signer_key.h"
#include "base/err.h"
#include "base/slice.h"

/*
 * Signs with a certificate's private key, wherever that is (RSA, SHA-256). Always on a thread of
 * libuv's pool, because a token may take seconds, and one signature after the other, so that a key that
 * hangs takes one thread and not the pool.
 *
 * Each signature is checked with the certificate's public key before it is handed out: a key outside may
 * be another one's, or salt as it likes. A key outside is opened for the first signature; one that was
 * lost since (a token pulled out, a resource manager restarted) is opened again, once for each
 * signature. What only a person can mend is not tried again for the life of the signer: tokens lock
 * themselves when a wrong PIN is repeated.
 *
 * Thread: the loop's.
 */
struct signer;
struct signer_job;
struct uv_loop_s;

struct signer_options {
	struct uv_loop_s *loop; /* outlives the signer; turns until all that it has begun is over */
	const X509 *certificate; /* read during new */
	struct signer_key key;   /* copied */
	bool pss;                /* RSASSA-PSS, a salt of 32 bytes; else PKCS #1 v1.5 */
};

/*
 * Looks at keys in files only. Errors: ERR_FORMAT (no key, none that will do, not the certificate's, no
 * URI), ERR_NOMEM; *out is untouched then.
 */
MUST_USE enum err_code signer_new(const struct signer_options *opt, struct signer **out,
    struct err *err);

/* No signature may be under way. A token is closed on the pool, later. Accepts NULL. */
void signer_free(struct signer *s);

/*
 * signature: empty on error; borrowed until the callback returns. err: NULL, or ERR_FORMAT (a person has
 * to mend it), ERR_NOT_FOUND (the token or TPM is not there), ERR_IO (it does not sign), ERR_NOMEM,
 * ERR_CANCELLED.
 */
typedef void signer_fn(void *arg, struct slice signature, const struct err *err);

/*
 * Signs the text, which is copied.
 *
 * If it returns ERR_OK the callback runs exactly once, later, on the loop thread, never inside start
 * or cancel; otherwise never. The job is gone when the callback runs. Errors: ERR_NOMEM.
 */
MUST_USE enum err_code signer_start(struct signer *s, struct slice text, signer_fn *done, void *arg,
    struct signer_job **out, struct err *err);

/*
 * A wish: idempotent, and it ends in the callback with ERR_CANCELLED. What the pool has begun cannot be
 * stopped: the callback comes when that is over.
 */
void signer_cancel(struct signer_job *job);
