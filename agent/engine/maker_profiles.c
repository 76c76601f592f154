/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/maker_profiles.h"

#include <stdlib.h>

#include "config/problems.h"

static enum err_code
load(const struct oem *oem, struct oem_profile **out, struct err *err)
{
	struct problems problems = { .n = 0 };
	enum err_code rc = oem_profile_load(oem->profile, out, &problems, err);

	if (rc == ERR_FORMAT && problems.n > 0)
		rc = err_set(err, ERR_FORMAT, "%s:%zu: %s", oem->profile, problems.item[0].at.line,
		    problems.item[0].message);
	return rc;
}

enum err_code
maker_profiles_load(const struct config *c, struct oem_profile ***out, struct err *err)
{
	struct oem_profile **profile = calloc(c->oems.n + 1, sizeof(struct oem_profile *));
	enum err_code rc = ERR_OK;

	if (!profile)
		return err_set(err, ERR_NOMEM, "profiles");
	for (size_t i = 0; rc == ERR_OK && i < c->oems.n; i++)
		rc = load(&c->oems.item[i], &profile[i], err);
	if (rc) {
		maker_profiles_free(profile, c->oems.n);
		return rc;
	}
	*out = profile;
	return ERR_OK;
}

void
maker_profiles_free(struct oem_profile **profile, size_t n)
{
	for (size_t i = 0; profile && i < n; i++)
		oem_profile_free(profile[i]);
	free(profile);
}
