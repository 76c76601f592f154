/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "config/config.h"
#include "config/config_value.h"
#include "config/yaml_tree.h"

/*
 * Where a secret is: {credential: NAME}, {file: PATH} or {env: NAME}. The secret itself in its
 * place is refused, and no message repeats what stands there.
 *
 * A private key that signs may also stay where it is: {pkcs11: URI} or {tpm2: PATH}, where instead of
 * the path of a key file there may be the handle of a persistent key, "handle:0x81000001". A URI with
 * the PIN in it is refused. Source: sources.md#pkcs11-uri, sources.md#tpm2-keys
 */

enum { SECRET_KINDS = 5 };

/* What a URI looks like, for JSON Schema; the reader asks for the same. */
#define SECRET_REFERENCE_PKCS11 "^pkcs11:(?!.*pin-(value|source)=)[!-~]+$"

/* The word of a kind that is not SECRET_NONE. Static. */
const char *secret_reference_word(enum secret_kind kind);

/*
 * Reads the value of a key of TYPE_SECRET, TYPE_CERTIFICATE or TYPE_SIGNING_KEY. False if it is refused, which is
 * then told in the context's problems, or if memory is out; *out is untouched then.
 */
bool secret_reference_read(const struct key *k, const struct node *value,
    const struct value_context *c, struct secret_ref *out);

/* Does the key that is referred to sign where it is, so that it cannot be read? */
bool secret_reference_is_outside(const struct secret_ref *ref);

/*
 * Looks at the file that is referred to, for the key of this name; if it is private, nobody but its
 * owner may read it. A credential is looked for if CREDENTIALS_DIRECTORY says
 * where; a variable never, since the daemon has others. Source: sources.md#systemd-credentials
 */
void secret_reference_look(const char *key, const struct secret_ref *ref, bool private,
    struct place at, const struct value_context *c);
