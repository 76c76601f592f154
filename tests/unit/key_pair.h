/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/secret.h"

/*
 * Keys with certificates that they have signed themselves, as PEM, made when a test needs them: no
 * private key has to lie in the repository. Mistakes fail the test that runs.
 */
struct key_pair {
	struct secret *certificate;
	struct secret *key;
};

struct key_wish {
	unsigned bits;          /* of an RSA key; 0: an elliptic curve */
	const char *passphrase; /* protects the key; NULL: nothing does */
	const char *name;       /* NULL: "autoreg test" */
	long valid_s;           /* from now; 0: an hour. Less: it is over */
};
struct key_pair key_pair_make(const struct key_wish *wish);

/* bits: of an RSA key; 0: an elliptic curve. passphrase: protects the key; NULL: nothing does. */
struct key_pair key_pair_new(unsigned bits, const char *passphrase);
void key_pair_done(struct key_pair *p);

/* Both in one PKCS#12. passphrase: NULL: none. The caller frees it. */
struct secret *key_pair_pkcs12(const struct key_pair *p, const char *passphrase);
