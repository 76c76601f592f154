/* SPDX-License-Identifier: Apache-2.0 */

#include <assert.h>
#include <string.h>

#include "auth/device_code.h"
#include "auth/token_answer.h"

/* What a person is shown is short and can be typed; an error leaves the output alone. */

static void
check_text(const char *text, char least)
{
	assert(text[0] != '\0');
	for (; *text != '\0'; text++)
		assert(*text >= least && *text <= '~');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct http_response rsp = { .status = 400, .body = { (const char *)data, size } };
	struct device_code c = { .life_s = UINT64_MAX };
	struct err err;

	if (device_code_parse(rsp.body, &c, &err)) {
		assert(err.code == ERR_FORMAT || err.code == ERR_LIMIT);
		assert(!c.device && c.life_s == UINT64_MAX);
		(void)device_code_news(&rsp);
		return 0;
	}
	check_text(c.user, ' ');
	check_text(c.uri, '!');
	assert(slice_starts_nocase(slice_of(c.uri), slice_of("http")));
	assert(c.life_s > 0 && c.life_s <= DEVICE_CODE_LIFE_MAX_S);
	assert(c.interval_s > 0 && c.interval_s <= DEVICE_CODE_INTERVAL_MAX_S);
	assert(secret_get(c.device).len > 0 && secret_get(c.device).len <= TOKEN_MAX);
	device_code_done(&c);
	return 0;
}
