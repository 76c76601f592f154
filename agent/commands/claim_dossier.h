/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "config/config.h"

/*
 * What support, a supplier or a former owner has to be shown of a device that another organization
 * holds: a private folder named like the serial number, with device.csv (the one row, for Partner
 * Center), dossier.txt (for people) and dossier.json (for programs). Blocks on the disk.
 */
struct claim_dossier_request {
	const struct config *config;
	const char *serial;
	const char *customer; /* NULL: whoever's it is */
	const char *folder;   /* where the dossier's own is made */
};

enum { CLAIM_DOSSIER_PATH_SIZE = 4096 };

/*
 * Made from the store in the state folder, read beside a running agent: hashes are nothing for the
 * control socket. path: of the folder that was made.
 *
 * Errors: ERR_NOT_FOUND (it was never claimed), ERR_USAGE (several customers have it), ERR_EXISTS
 * (the folder is there: nothing is overwritten), ERR_LIMIT (the path is too long), ERR_IO, ERR_NOMEM,
 * those of store_open(). No folder is left then.
 */
MUST_USE enum err_code claim_dossier_write(const struct claim_dossier_request *req,
    char path[CLAIM_DOSSIER_PATH_SIZE], struct err *err);
