/* SPDX-License-Identifier: Apache-2.0 */

#include <assert.h>
#include <string.h>

#include "auth/entra_error.h"

/*
 * Whatever is answered, somebody is told one line of what happened and what to do. The body is
 * tried with statuses that mean different things.
 */

static void
judge(unsigned status, struct slice body)
{
	const struct http_response rsp = { .status = status, .body = body, .retry_after_ms = 5000 };
	struct token_result r = { .access = NULL };
	struct err err = { .code = ERR_OK };
	enum err_code rc = entra_error_judge(&rsp, &r, &err);

	assert(rc == ERR_FORMAT && err.code == rc && strlen(err.msg) < sizeof err.msg);
	assert(strncmp(err.msg, "token request: status ", 22) == 0);
	for (const char *p = err.msg; *p; p++)
		assert((unsigned char)*p >= ' ' && *p != 0x7f);
	assert(!r.access && r.advice && r.advice[0]);
	assert(r.trouble <= TOKEN_ADMIN); /* nobody has stopped it */
	assert(r.retry_after_ms == (r.trouble == TOKEN_WAIT ? 5000 : -1));
	if (status == 429 || status >= 500)
		assert(r.trouble == TOKEN_WAIT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned status[] = { 302, 400, 401, 429, 503 };

	for (size_t i = 0; i < sizeof status / sizeof status[0]; i++)
		judge(status[i], (struct slice){ (const char *)data, size });
	return 0;
}
