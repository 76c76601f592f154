/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "config/config.h"
#include "config/config_value.h"
#include "config/yaml_tree.h"

/*
 * Where a secret is: {credential: NAME}, {file: PATH} or {env: NAME}. The secret itself in its
 * place is refused, and no message repeats what stands there.
 */

enum { SECRET_KINDS = 3 };

/* The word of a kind that is not SECRET_NONE. Static. */
const char *secret_reference_word(enum secret_kind kind);

/*
 * Reads the value of a key of TYPE_SECRET or TYPE_CERTIFICATE. False if it is refused, which is
 * then told in the context's problems, or if memory is out; *out is untouched then.
 */
bool secret_reference_read(const struct key *k, const struct node *value,
    const struct value_context *c, struct secret_ref *out);

/*
 * Looks at the file that is referred to, for the key of this name; if it is private, nobody but its
 * owner may read it. A credential is looked for if CREDENTIALS_DIRECTORY says
 * where; a variable never, since the daemon has others. Source: sources.md#systemd-credentials
 */
void secret_reference_look(const char *key, const struct secret_ref *ref, bool private,
    struct place at, const struct value_context *c);
