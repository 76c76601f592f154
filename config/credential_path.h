/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/*
 * The file of a systemd credential in the folder that CREDENTIALS_DIRECTORY names: under the
 * credential's own name, or as "autoreg_NAME", which LoadCredential=autoreg:FOLDER makes of a file
 * in that folder. If there is neither, *out is the first. Source: sources.md#systemd-credentials
 *
 * *out is the caller's to free. Errors: ERR_NOMEM; *out is untouched then.
 */
MUST_USE enum err_code credential_path(const char *folder, const char *name, char **out,
    struct err *err);
