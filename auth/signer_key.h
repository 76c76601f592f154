/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/secret.h"

/*
 * Where a private key is that signs. Only one in a file is ever in our memory; the others work where
 * they are. A plain value; borrowed by whoever is given one, unless it says otherwise.
 */
enum signer_place { SIGNER_FILE, SIGNER_PKCS11, SIGNER_TPM2 };

struct signer_key {
	enum signer_place place;
	const struct secret *pem; /* SIGNER_FILE */
	/* A PKCS#11 URI without a PIN; of a TPM the path of a key file, or "handle:0x81000001". */
	const char *where;
	const struct secret *pin; /* of the token, or what the TPM's key asks for; NULL: none */
};
