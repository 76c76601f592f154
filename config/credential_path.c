/* SPDX-License-Identifier: Apache-2.0 */
#include "config/credential_path.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum err_code
credential_path(const char *folder, const char *name, char **out, struct err *err)
{
	char *own = NULL, *of_folder = NULL;
	bool found;

	if (asprintf(&own, "%s/%s", folder, name) < 0)
		return err_set(err, ERR_NOMEM, "out of memory");
	if (access(own, F_OK) == 0) {
		*out = own;
		return ERR_OK;
	}
	if (asprintf(&of_folder, "%s/autoreg_%s", folder, name) < 0) {
		free(own);
		return err_set(err, ERR_NOMEM, "out of memory");
	}
	found = access(of_folder, F_OK) == 0;
	*out = found ? of_folder : own;
	free(found ? own : of_folder);
	return ERR_OK;
}
