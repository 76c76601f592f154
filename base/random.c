/* SPDX-License-Identifier: Apache-2.0 */
#include "base/random.h"

#include <errno.h>
#include <sys/random.h>

static enum err_code
system_fill(void *arg, void *out, size_t len, struct err *err)
{
	uint8_t *to = out;

	(void)arg;
	while (len > 0) {
		ssize_t n = getrandom(to, len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, errno, "random numbers");
		to += n;
		len -= (size_t)n;
	}
	return ERR_OK;
}

const struct random *
random_system(void)
{
	static const struct random kernel = { system_fill, NULL };

	return &kernel;
}

enum err_code
random_u64(const struct random *r, uint64_t *out, struct err *err)
{
	uint64_t value;
	enum err_code rc = r->fill(r->arg, &value, sizeof value, err);

	if (rc == ERR_OK)
		*out = value;
	return rc;
}
